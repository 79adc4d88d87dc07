"""Keys whose service has ended: revoked by the root, and the epoch keys that they introduced.

A value that grows with each key event of the log. What such a key signed before stays what it
was; a verifier draws the line by log index. Intake draws it at the time when it learns of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from edge.evidence.envelope import Verified
from edge.evidence.keys import TrustedKeys
from edge.evidence.statement import KeyEvent


@dataclass(frozen=True, slots=True)
class Revoked:
    """Revoked keyids, and who introduced which epoch key."""

    keyids: frozenset[str] = frozenset()
    introduced: Mapping[str, str] = field(default_factory=dict)

    def covers(self, keyid: str) -> bool:
        """Whether this key, or the identity that introduced it, is revoked."""
        return keyid in self.keyids or self.introduced.get(keyid) in self.keyids

    def with_event(self, verified: Verified) -> Self:
        """After a key event."""
        event = verified.statement.predicate
        if not isinstance(event, KeyEvent) or event.action == "enrol":
            return self
        keyid = str(event.keyid)
        if event.action == "revoke":
            return type(self)(self.keyids | {keyid}, self.introduced)
        return type(self)(self.keyids, {**self.introduced, keyid: verified.key.public.keyid})

    def joined(self, other: Self) -> Self:
        """Everything that either knows."""
        return type(self)(self.keyids | other.keyids, {**other.introduced, **self.introduced})


def learned(keys: TrustedKeys, verified: Verified) -> TrustedKeys:
    """The trusted keys after an event: a revocation adds none, and takes none away.

    Raises what `TrustedKeys.with_key_event` raises.
    """
    event = verified.statement.predicate
    if isinstance(event, KeyEvent) and event.action == "revoke":
        return keys
    return keys.with_key_event(verified)
