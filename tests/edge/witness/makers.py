"""A log that can be forked, and requests about it, for the tests of the witness."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.evidence.checkpoint import Checkpoint, NoteSigner, NoteVerifier, sign_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.merkle import consistency_path, leaf_hash, root_of
from edge.evidence.signers import Ed25519Signer
from edge.evidence.witness import Request
from edge.witness.keys import WitnessKeys
from edge.witness.store import Answer, WitnessStore

ORIGIN = "log.test/one"
LEAVES = [leaf_hash(bytes([i])) for i in range(40)]


@dataclass
class Log:
    origin: str = ORIGIN
    leaves: list[Digest] = field(default_factory=lambda: list(LEAVES))
    signer: Ed25519Signer = field(default_factory=Ed25519Signer.generate)

    @property
    def verifier(self) -> NoteVerifier:
        return NoteVerifier.parse(NoteSigner(self.origin, self.signer).vkey)

    def note(self, size: int) -> str:
        checkpoint = Checkpoint(self.origin, size, root_of(self.leaves[:size]))
        return sign_checkpoint(checkpoint, NoteSigner(self.origin, self.signer))

    def request(self, old: int, new: int, own: str = "") -> bytes:
        """From `old` to `new`; `own` are signature lines to add to the checkpoint."""
        path = consistency_path(old, new, self.leaves) if 0 < old <= new else []
        return Request(old, tuple(path), self.note(new) + own).to_bytes()

    def forked(self, at: int) -> "Log":
        """The same log with another leaf at `at`, and all else as it was."""
        leaves = [*self.leaves[:at], leaf_hash(b"forged"), *self.leaves[at + 1 :]]
        return Log(self.origin, leaves, self.signer)


@dataclass
class Bench:
    """A witness with its files, and a log that it knows."""

    folder: Path
    keys: WitnessKeys
    logs: tuple[Log, ...]

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def log(self) -> Log:
        return self.logs[0]

    def open(self) -> WitnessStore:
        known = {log.origin: log.verifier for log in self.logs}
        return WitnessStore.open(self.state, self.keys, known)

    def open_and(self, use: Callable[[WitnessStore], Answer]) -> Answer:
        """Open, use, close."""
        store = self.open()
        try:
            return use(store)
        finally:
            store.close()

    def ask(self, *steps: tuple[int, int]) -> list[Answer]:
        """Open, ask for each step, close."""
        store = self.open()
        try:
            return [store.answer(self.log.request(old, new)) for old, new in steps]
        finally:
            store.close()


def bench(folder: Path, *, mldsa: bool = False) -> Bench:
    keys = WitnessKeys.generate("witness.test/w", mldsa=mldsa)
    made = Bench(folder, keys, (Log(), Log("log.test/two")))
    WitnessStore.create(made.state, keys)
    return made
