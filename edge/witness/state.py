"""What a witness remembers: the newest state of each log that it cosigned. Values only.

`suspect` means that the memory may be older than what was signed: for one log, or, of the whole
memory, for every log that it does not know. A suspect log is not cosigned until its memory was
shown to be newer, or an operator accepted it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import EvidenceError
from edge.evidence.instant import Instant
from edge.evidence.witness import Seen
from edge.witness.errors import StateBadError

STATE_LIMIT = 64 << 20
_FORMAT = "liuhen-witness-state/v1"
_MOST_HISTORY = 1000


@dataclass(frozen=True, slots=True)
class LogMemory:
    """The newest cosigned state of one log, and when (POSIX seconds)."""

    seen: Seen
    seconds: int
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is stored. Immutable: each change is a new memory.

    `history` are the rare acts (created, restored, recalled, accepted), newest last.
    """

    vkeys: tuple[str, ...]
    logs: Mapping[str, LogMemory] = field(default_factory=dict)
    suspect: bool = False
    history: tuple[Mapping[str, str], ...] = ()

    def is_suspect(self, origin: str) -> bool:
        """Whether more may have been signed for this log than is known here."""
        known = self.logs.get(origin)
        return self.suspect if known is None else known.suspect

    def cosigned(self, origin: str, seen: Seen, seconds: int) -> Self:
        """After a cosignature."""
        return replace(self, logs={**self.logs, origin: LogMemory(seen, seconds)})

    def restored(self, at: Instant) -> Self:
        """After signs that this memory is an older copy: nothing in it is certain now."""
        logs = {origin: replace(log, suspect=True) for origin, log in self.logs.items()}
        return replace(self, logs=logs, suspect=True).noted(at, "restored", "")

    def recalled(self, origin: str, seen: Seen, seconds: int, at: Instant) -> Self:
        """After being shown an own cosignature that is newer than this memory."""
        known = self.is_suspect(origin)
        before = self if known else self.restored(at)
        return before.cosigned(origin, seen, seconds).noted(at, "recalled", origin)

    def accepted(self, origin: str, at: Instant) -> Self:
        """After an operator vouched for this memory of one log."""
        log = replace(self.logs.get(origin, LogMemory(Seen(), 0)), suspect=False)
        return replace(self, logs={**self.logs, origin: log}).noted(at, "accepted", origin)

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        logs = {
            origin: {
                "size": log.seen.size,
                "root": str(log.seen.root),
                "seconds": log.seconds,
                "suspect": log.suspect,
            }
            for origin, log in self.logs.items()
        }
        history = [dict(act) for act in self.history]
        wire = {"format": _FORMAT, "vkeys": list(self.vkeys), "logs": logs}
        return encode({**wire, "suspect": self.suspect, "history": history})

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what `to_bytes` wrote. Raises StateBadError."""
        try:
            wire = decode(raw, limit=STATE_LIMIT)
            if wire["format"] != _FORMAT:
                raise StateBadError("state", expected=_FORMAT, found=repr(wire["format"]))
            logs = {origin: _log(entry) for origin, entry in wire["logs"].items()}
            vkeys, history = tuple(wire["vkeys"]), tuple(wire["history"])
            return cls(vkeys, logs, bool(wire["suspect"]), history)
        except (EvidenceError, KeyError, TypeError, AttributeError) as bad:
            raise StateBadError("state", expected=f"a {_FORMAT}", found=repr(bad)) from bad

    def noted(self, at: Instant, act: str, origin: str) -> Self:
        """With one more act in its history."""
        entry = {"at": str(at), "act": act, "log": origin}
        return replace(self, history=(*self.history, entry)[-_MOST_HISTORY:])


def _log(entry: Mapping[str, Any]) -> LogMemory:
    seen = Seen(entry["size"], Digest.parse(entry["root"]))
    return LogMemory(seen, entry["seconds"], bool(entry["suspect"]))
