"""The keys that central trusts: from the policy's roots, through key events in the log.

Enrolments signed by the root lie in a folder; they become leaves of the log (its first
ones) and count from then on. Epoch keys are learned from the stations' chains. On opening,
every key event is read from the log again and verified again, so a row added to the
database by hand adds no trust.
"""

from pathlib import Path

from central.errors import ConfigError, LogInconsistentError
from central.log.revoked import Revoked, learned
from central.log.writer import Entry, LogWriter
from central.store import Store, envelopes
from edge import clock
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, Verified, verify
from edge.evidence.errors import EvidenceError
from edge.evidence.keys import TrustedKeys
from edge.evidence.policy import TrustPolicy
from edge.evidence.statement import KeyEvent

_EVENT = KeyEvent.TYPE


class Keyring:
    """Trusted keys that grow. `keys` is replaced whole, so any thread may read it."""

    def __init__(self, policy: TrustPolicy) -> None:
        self._roots = policy.trusted_keys()
        self.keys: TrustedKeys = self._roots
        self.revoked = Revoked()

    @classmethod
    def from_log(cls, policy: TrustPolicy, store: Store) -> "Keyring":
        """All keys of the log so far; raises as `reload` does."""
        ring = cls(policy)
        ring.reload(store)
        return ring

    def reload(self, store: Store) -> None:
        """Begin again from the roots.

        Raises LogInconsistentError where a logged key event does not verify.
        """
        keys, revoked = self._roots, Revoked()
        with store.read() as connection:
            for logged in envelopes.of_type(connection, _EVENT):
                try:
                    verified = verify(Envelope.parse(logged.raw), keys)
                    keys, revoked = learned(keys, verified), revoked.with_event(verified)
                except EvidenceError as bad:
                    raise LogInconsistentError(
                        expected=f"a valid key event in leaf {logged.index}",
                        found=f"{bad.code}: {bad}",
                        leaf=logged.index,
                    ) from bad
        self.keys, self.revoked = keys, revoked

    def with_event(self, verified: Verified) -> TrustedKeys:
        """The keys as they would be with this event; raises as `TrustedKeys` does."""
        return learned(self.keys, verified)

    def learn(self, verified: Verified) -> None:
        """Act on an event that is in the log."""
        self.keys, self.revoked = self.with_event(verified), self.revoked.with_event(verified)


class Enrolments:
    """The folder of root-signed key events (*.json), read again whenever it changes."""

    def __init__(self, folder: Path, ring: Keyring, log: LogWriter) -> None:
        self._folder = folder
        self._ring = ring
        self._log = log
        self._seen: set[Digest] = set()
        self._changed = -1

    def take(self) -> int:
        """Log and trust what is new in the folder; how many that were.

        Raises ConfigError naming the file that is no root-signed enrolment or revocation.
        """
        changed = self._folder.stat().st_mtime_ns
        if changed == self._changed:
            return 0
        taken = [self._read(path) for path in sorted(self._folder.glob("*.json"))]
        new = [verified for verified in taken if verified.envelope.digest not in self._seen]
        now = clock.now()
        self._log.append([Entry(raw_envelope=each.envelope.raw, received=now) for each in new])
        for verified in new:
            self._ring.learn(verified)
            self._seen.add(verified.envelope.digest)
        self._changed = changed
        return len(new)

    def _read(self, path: Path) -> Verified:
        try:
            verified = verify(Envelope.parse(path.read_bytes()), self._ring.keys)
            self._ring.with_event(verified)
        except EvidenceError as bad:
            raise _no_enrolment(path, f"{bad.code}: {bad}") from bad
        event = verified.statement.predicate
        if not isinstance(event, KeyEvent) or event.action == "epoch":
            raise _no_enrolment(path, verified.statement.type)
        return verified


def _no_enrolment(path: Path, found: str) -> ConfigError:
    return ConfigError(expected=f"a root-signed enrolment in {path}", found=found, file=str(path))
