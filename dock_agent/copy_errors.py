"""What can go wrong between a docked camera and the station's vault, beyond `errors`.

`errors` holds what the agent reacts to by itself (SourceError, SourceChangedError,
VanishedError, StationDiskError, StoppingError); these are the cases that a person has to
see. None of them means that bytes were thrown away: what was copied stays in the vault.
"""

from dock_agent.errors import AgentError


class AnnouncementMalformedError(AgentError):
    """A file in the announcement folder that says nothing usable."""

    code = "ANNOUNCEMENT_MALFORMED"


class VaultFailedError(AgentError):
    """The vault's disk refused a write, a sync or a read; `facts["errno"]` says how."""

    code = "VAULT_FAILED"


class ReadbackMismatchError(AgentError):
    """The disk gave back other bytes than were written; the copy is kept aside."""

    code = "READBACK_MISMATCH"


class VaultDamagedError(AgentError):
    """A file in the vault does not hold what its name says; the good copy is kept too."""

    code = "VAULT_DAMAGED"
