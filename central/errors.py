"""What central refuses or cannot do.

Each error says what was expected and what was found; `code` and `facts` are for programs,
the message is for people. Broken proofs are `edge.evidence` errors and pass through as they
are. Refusals that are ordinary answers (an envelope that intake does not take) are values,
not exceptions.
"""

from typing import ClassVar


class CentralError(Exception):
    """Base of everything that central itself raises."""

    code: ClassVar[str] = "CENTRAL_ERROR"

    def __init__(self, *, expected: str, found: str, **facts: str | int) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.facts: dict[str, str | int] = facts


class ConfigError(CentralError):
    """The configuration file cannot be used as it is."""

    code = "CONFIG_INVALID"


class AlreadyInitialisedError(CentralError):
    """`init` or `enrol` would overwrite keys that exist."""

    code = "ALREADY_INITIALISED"


class NotInitialisedError(CentralError):
    """A key, certificate or folder that `init` makes is missing."""

    code = "NOT_INITIALISED"


class DataFolderInUseError(CentralError):
    """Another process holds the data folder."""

    code = "DATA_FOLDER_IN_USE"


class GuardMissingError(CentralError):
    """The database lacks a table or a trigger that protects evidence."""

    code = "STORE_GUARD_MISSING"


class LogInconsistentError(CentralError):
    """Log, group files and database contradict each other."""

    code = "LOG_INCONSISTENT"


class LogRolledBackError(LogInconsistentError):
    """Something signed or indexed earlier is no longer in the group files."""

    code = "LOG_ROLLED_BACK"


class LogClosedError(CentralError):
    """The writer was closed or stopped after a failure."""

    code = "LOG_CLOSED"


class BrokerNotFoundError(CentralError):
    """No Mosquitto on this machine."""

    code = "BROKER_NOT_FOUND"


class BrokerFailedError(CentralError):
    """Mosquitto ended or never answered."""

    code = "BROKER_FAILED"


class BrokerRefusedError(CentralError):
    """The broker does not take central's certificate or session."""

    code = "BROKER_REFUSED"
