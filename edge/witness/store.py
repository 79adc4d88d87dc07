"""A witness: decides, remembers, and only then answers (C2SP tlog-witness).

For a station over MQTT as for anyone over HTTP: `answer` takes the bytes of a request and gives
status, content type and body. Requests are taken one after the other, so that two of them never
see the same memory. Does not ask logs for anything: it is asked.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from edge import clock
from edge.evidence.checkpoint import Checkpoint, open_checkpoint
from edge.evidence.instant import Instant
from edge.evidence.note import NoteVerifier
from edge.evidence.witness import Cosigned, Refused, Request, Seen, decide
from edge.witness.errors import StateBadError
from edge.witness.folder import StateFolder
from edge.witness.keys import WitnessKeys
from edge.witness.state import LogMemory, Memory

Answer = tuple[int, str, bytes]
"""Status as in HTTP, content type, body."""

_BEFORE_MEMORY = {400, 403, 404}


class WitnessStore:
    """Open with `open`, once `create` has made the state; safe for many threads."""

    def __init__(
        self, folder: StateFolder, keys: WitnessKeys, logs: Mapping[str, NoteVerifier]
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._logs = dict(logs)
        self._mutex = threading.Lock()
        self.memory, genuine = folder.read()
        if self.memory.vkeys != keys.vkeys:
            expected = f"state of {', '.join(self.memory.vkeys)}"
            raise StateBadError("key", expected=expected, found=", ".join(keys.vkeys))
        self._store(self.memory if genuine else self.memory.restored(clock.now()))

    @classmethod
    def create(cls, state: Path, keys: WitnessKeys) -> None:
        """Make the state of new keys. Raises FileExistsError where there is one.

        Only for keys that never signed: with older ones it would be forgetting.
        """
        born = {"at": str(clock.now()), "act": "created", "log": ""}
        StateFolder.create(state, Memory(keys.vkeys, history=(born,))).close()

    @classmethod
    def open(cls, state: Path, keys: WitnessKeys, logs: Mapping[str, NoteVerifier]) -> Self:
        """Raises StateMissingError, StateBadError, StateBusyError."""
        folder = StateFolder(state)
        try:
            return cls(folder, keys, logs)
        except BaseException:
            folder.close()
            raise

    def close(self) -> None:
        """Let go of the state."""
        self._folder.close()

    def answer(self, raw: bytes) -> Answer:
        """Answer one `add-checkpoint`.

        Raises OSError where it cannot remember; then nobody has anything signed.

        1. What does not depend on memory is refused first. 2. An own cosignature newer than
        the memory is remembered again. 3. A suspect memory cosigns nothing. 4. Nor does a
        clock that went back. 5. The decision is stored, then told.
        """
        with self._mutex:
            now = clock.now()
            decision = self._decide(raw, now)
            if isinstance(decision, Refused) and decision.status in _BEFORE_MEMORY:
                return _told(decision)  # 1
            checkpoint = self._recall(Request.parse(raw).note, now)  # 2
            origin = checkpoint.origin
            if self.memory.is_suspect(origin):
                return _told(_restored_state(origin, self._known(origin)))  # 3
            decision = self._decide(raw, now)
            if isinstance(decision, Refused):
                return _told(decision)
            if _seconds(now) < self._known(origin).seconds:
                return _told(Refused(503, "CLOCK_BEHIND", f"clock before last answer: {now}"))  # 4
            self._store(self.memory.cosigned(origin, decision.seen, _seconds(now)))  # 5
            return 200, "text/plain; charset=utf-8", decision.line.encode()

    def accept_restored(self, origin: str) -> None:
        """An operator vouches that nothing newer was signed for this log."""
        with self._mutex:
            self._store(self.memory.accepted(origin, clock.now()))

    def _decide(self, raw: bytes, now: Instant) -> Cosigned | Refused:
        seen = {origin: log.seen for origin, log in self.memory.logs.items()}
        return decide(raw, cosigner=self._keys, logs=self._logs, seen=seen, seconds=_seconds(now))

    def _recall(self, note: str, now: Instant) -> Checkpoint:
        checkpoint = open_checkpoint(note, self._logs[note.partition("\n")[0]])
        times = [verifier.time_of(note) for verifier in self._keys.verifiers]
        signed = max((seconds for seconds in times if seconds is not None), default=None)
        if signed is not None and checkpoint.size > self._known(checkpoint.origin).seen.size:
            seen = Seen(checkpoint.size, checkpoint.root)
            self._store(self.memory.recalled(checkpoint.origin, seen, signed, now))
        return checkpoint

    def _known(self, origin: str) -> LogMemory:
        return self.memory.logs.get(origin, LogMemory(Seen(), 0))

    def _store(self, memory: Memory) -> None:
        self._folder.write(memory)
        self.memory = memory


def _restored_state(origin: str, known: LogMemory) -> Refused:
    body = (
        f"RESTORED_STATE: expected a checkpoint of {origin} above size {known.seen.size} with this "
        "witness's own cosignature, or its operator's word; found neither"
    )
    return Refused(409, "RESTORED_STATE", body)


def _told(refusal: Refused) -> Answer:
    body = refusal.body if refusal.body.endswith("\n") else f"{refusal.body}\n"
    return refusal.status, refusal.content_type, body.encode()


def _seconds(now: Instant) -> int:
    return now.ms // 1000
