"""What can go wrong between a camera and its announcement."""

from typing import ClassVar

Fact = str | int


class HookError(Exception):
    """Base of the family: `code` for programs, the message for people."""

    code: ClassVar[str] = "HOOK_ERROR"

    def __init__(self, *, expected: str, found: str, **facts: Fact) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.facts: dict[str, Fact] = {"expected": expected, "found": found, **facts}


class AnnouncementError(HookError):
    """An announcement file that does not say what it must."""

    code = "ANNOUNCEMENT_MALFORMED"


class ProfileError(HookError):
    """A profile file that cannot be used; it is named, and none of it is applied."""

    code = "PROFILE_MALFORMED"


class WriteBlockError(HookError):
    """The kernel did not make the camera's disk read-only: it is not mounted."""

    code = "WRITE_BLOCK_FAILED"


class MountError(HookError):
    """The camera's file system could not be mounted or unmounted."""

    code = "MOUNT_FAILED"


class BayUnknownError(HookError):
    """A camera on a port that no bay is mapped to."""

    code = "BAY_UNKNOWN"
