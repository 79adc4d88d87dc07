"""What witnesses say of this log: their lines kept, and how far the quorum's word reaches.

A checkpoint that enough witnesses cosigned vouches for every leaf before its size. Lines are
weighed against the policy as it stands now. `checkpoint.witnessed`, beside `checkpoint`, is
the newest that meets the quorum. Asks nobody: that is `witnesses`.
"""

import threading
from dataclasses import dataclass

from central.data_folder import DataFolder
from central.pki.policy_file import PolicyFile
from central.store import Store, cosignatures, envelopes
from edge import clock, durable
from edge.evidence.policy import TrustPolicy
from edge.evidence.quorum import quorum_of, with_cosignatures

_LOOK_BACK = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Whether a leaf is witnessed: `witnesses` of `known`, and whether that is the quorum.

    `size` is that of the checkpoint which says so; 0 where no witness said anything.
    """

    met: bool
    witnesses: int
    known: int
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedCheckpoint:
    """A checkpoint with every line that holds. `met` asks for at least one of them."""

    size: int
    text: str
    witnesses: int
    met: bool


class WitnessedLog:
    """For any thread."""

    def __init__(self, folder: DataFolder, store: Store, policy: PolicyFile) -> None:
        self._folder = folder
        self._store = store
        self._policy = policy
        self._changed = threading.Condition()
        self._weighed_by: TrustPolicy | None = None
        self._newest: tuple[WitnessedCheckpoint, ...] = ()
        self.expecting = 0
        """How many witnesses answered when they were asked last."""
        self.asked = 0
        """How many are being asked; 0 where nobody asks."""

    @property
    def policy(self) -> TrustPolicy:
        return self._policy.current()

    def keep(self, size: int, witness: str, lines: str) -> bool:
        """Keep those of `lines` that hold over the checkpoint of `size`; whether any does."""
        with self._store.read() as connection:
            plain = envelopes.checkpoint_at(connection, size)
        if plain is None:
            return False
        held = with_cosignatures(plain, [lines], self.policy).removeprefix(plain)
        if not held:
            return False
        with self._changed:
            with self._store.write() as connection:
                cosignatures.add(
                    connection, size=size, witness=witness, lines=held, received=clock.now()
                )
            self._weigh()
            self._publish()
            self._changed.notify_all()
        return True

    def mark(self, index: int) -> Mark:
        """What vouches for leaf `index`: the quorum's newest word, or else the best there is."""
        known = len({each.name for each in self.policy.witnesses})
        covering = [each for each in self._now() if each.size > index]
        best = next((each for each in covering if each.met), None)
        best = best or max(covering, key=lambda each: each.witnesses, default=None)
        if best is None:
            return Mark(met=False, witnesses=0, known=known)
        return Mark(met=best.met, witnesses=best.witnesses, known=known, size=best.size)

    def newest(self) -> WitnessedCheckpoint | None:
        """The newest checkpoint that meets the quorum."""
        return next((each for each in self._now() if each.met), None)

    def covering(self, index: int, *, wait: float = 0.0) -> WitnessedCheckpoint | None:
        """The newest checkpoint over leaf `index` that meets the quorum.

        Waits up to `wait` seconds for all witnesses that answer now to agree; not at all where
        nobody is being asked.
        """
        deadline = clock.monotonic() + wait
        with self._changed:
            while True:
                found = self.newest()
                found = found if found is not None and found.size > index else None
                complete = found is not None and found.witnesses >= self.expecting
                left = deadline - clock.monotonic()
                if complete or left <= 0 or not self.asked:
                    return found
                self._changed.wait(left)

    def own_newest(self, witness: str) -> str | None:
        """The newest checkpoint that `witness` cosigned, with its line."""
        with self._store.read() as connection:
            found = cosignatures.newest_of(connection, witness)
            plain = None if found is None else envelopes.checkpoint_at(connection, found.size)
        if found is None or plain is None:
            return None
        return with_cosignatures(plain, found.lines, self.policy)

    def _now(self) -> tuple[WitnessedCheckpoint, ...]:
        if self._weighed_by is not self.policy:
            with self._changed:
                self._weigh()
        return self._newest

    def _weigh(self) -> None:
        """Newest first, down to the first that meets the quorum."""
        policy = self.policy
        found: list[WitnessedCheckpoint] = []
        with self._store.read() as connection:
            for each in cosignatures.newest(connection, limit=_LOOK_BACK):
                plain = envelopes.checkpoint_at(connection, each.size)
                if plain is None:
                    continue  # of an index that was set back: the log says so by itself
                found.append(_weighed(plain, each, policy))
                if found[-1].met:
                    break
        self._newest, self._weighed_by = tuple(found), policy

    def _publish(self) -> None:
        newest = self.newest()
        if newest is not None:
            durable.replace(self._folder.witnessed_checkpoint, newest.text.encode())


def _weighed(
    plain: str, cosigned: cosignatures.CosignedSize, policy: TrustPolicy
) -> WitnessedCheckpoint:
    text = with_cosignatures(plain, cosigned.lines, policy)
    by = quorum_of(text, policy)
    count = len(by.stations) + len(by.outsiders)
    return WitnessedCheckpoint(
        size=cosigned.size, text=text, witnesses=count, met=by.met and count > 0
    )
