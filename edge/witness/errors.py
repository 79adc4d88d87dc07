"""What keeps a witness from starting. A refused request is no error: it is an answer."""

from typing import ClassVar


class WitnessError(Exception):
    """`facts` has ``expected`` and ``found``; the message reads the same."""

    code: ClassVar[str] = "WITNESS_BAD"

    def __init__(self, what: str, *, expected: str, found: str) -> None:
        self.facts = {"what": what, "expected": expected, "found": found}
        super().__init__(f"{what}: expected {expected}, found {found}")


class StateMissingError(WitnessError):
    """There is no state: a witness that starts from nothing would forget what it signed."""

    code = "STATE_MISSING"


class StateBadError(WitnessError):
    """The state cannot be read, or belongs to another key."""

    code = "STATE_BAD"


class StateBusyError(WitnessError):
    """Another process answers from this state."""

    code = "STATE_BUSY"


class KeyFileError(WitnessError):
    """The key file, or the list of logs, is not one."""

    code = "KEY_FILE_BAD"
