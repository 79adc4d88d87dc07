"""What can go wrong while a station records: a code for programs, a message for people.

One class for each thing that a caller may do differently. Nothing here decides what
happens next; the table of codes is in README.md.
"""

Fact = str | int


class CaptureError(Exception):
    """The family. `code` is stable; `facts` always hold `expected` and `found`."""

    code: str = "CAPTURE_ERROR"

    def __init__(self, *, expected: str, found: str, code: str = "", **facts: Fact) -> None:
        super().__init__(f"expected {expected}, found {found}")
        if code:
            self.code = code
        self.expected = expected
        self.found = found
        self.facts: dict[str, Fact] = {"expected": expected, "found": found, **facts}


class ConfigError(CaptureError):
    """The operator has to change a file; the recorder does not start."""

    code = "CONFIG_BAD"


class CameraError(CaptureError):
    """No picture: a recording goes on with sound alone."""

    code = "CAMERA_UNAVAILABLE"


class MicrophoneError(CaptureError):
    """No sound: a recording goes on with the picture alone."""

    code = "MICROPHONE_UNAVAILABLE"


class NothingToRecordError(CaptureError):
    """Neither picture nor sound: there is no recording."""

    code = "NOTHING_TO_RECORD"


class SpoolError(CaptureError):
    """The spool cannot be used by this process; the recorder does not start."""

    code = "SPOOL_BAD"


class SpoolFullError(CaptureError):
    """No room under the spool's limit or on its disk: recording stops, nothing is removed."""

    code = "SPOOL_FULL"


class DiskError(CaptureError):
    """A write failed: what was written before is kept as it is."""

    code = "DISK_FAILED"


class EncoderError(CaptureError):
    """The codec of the configuration does not work here: what was written before stays."""

    code = "ENCODER_FAILED"
