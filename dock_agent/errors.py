"""What can go wrong at a station: a code for programs, expected and found for people.

One class for each thing that a caller may do differently; `code` says which case it
was. The table of codes is in README.md. Nothing here decides what happens next.
"""

Fact = str | int


class AgentError(Exception):
    """The family. `code` is stable; `facts` always hold `expected` and `found`."""

    code: str = "AGENT_ERROR"

    def __init__(self, *, expected: str, found: str, code: str = "", **facts: Fact) -> None:
        super().__init__(f"expected {expected}, found {found}")
        if code:
            self.code = code
        self.expected = expected
        self.found = found
        self.facts: dict[str, Fact] = {
            "expected": expected,
            "found": found,
            **facts,
        }


class ConfigError(AgentError):
    """The operator has to change a file; the agent does not start."""

    code = "CONFIG_BAD"


class IdentityError(AgentError):
    """The station's key cannot be used safely; the agent does not start."""

    code = "IDENTITY_BAD"


class AlreadyRunningError(AgentError):
    """Another agent holds this data folder."""

    code = "AGENT_ALREADY_RUNNING"


class LedgerError(AgentError):
    """The ledger refuses to be what the agent needs; nothing more may be sealed."""

    code = "LEDGER_BAD"


class StationDiskError(AgentError):
    """The station's own disk takes no more bytes: wait, tell a person, try again."""

    code = "DISK_FULL"


class SourceError(AgentError):
    """One file on a camera cannot be taken as it is; the others can."""

    code = "SOURCE_UNREADABLE"


class SourceChangedError(SourceError):
    """The file differed between two reads, or from its inventory."""

    code = "SOURCE_CHANGED"


class VanishedError(AgentError):
    """The camera is gone; what was not read stays on it until it is docked again."""

    code = "CAMERA_VANISHED"


class StoppingError(AgentError):
    """Somebody asked the agent to end; the work resumes at the next start."""

    code = "AGENT_STOPPING"


class ReceiptError(AgentError):
    """A receipt proves nothing; the row it claims to answer stays as it was."""

    code = "RECEIPT_REFUSED"


class ForkError(ReceiptError):
    """Two signed statements of central's log cannot both be true."""

    code = "CHECKPOINT_FORK"


class RollbackError(ReceiptError):
    """Central's log is shorter than what it has signed."""

    code = "CHECKPOINT_ROLLBACK"


class BrokerError(AgentError):
    """The broker cannot be reached or refuses this station: try again later."""

    code = "BROKER_UNREACHABLE"


class UploadError(AgentError):
    """Central did not take the bytes this time: try again later."""

    code = "UPLOAD_UNREACHABLE"


class UploadRefusedError(UploadError):
    """Central said no for good: a person has to look, then `retry`."""

    code = "UPLOAD_REFUSED"
