"""Checkpoints out to witnesses, cosignatures in: in the background, the latest only.

After each commit, and at most once in a pause, every witness that is behind gets one
`add-checkpoint` request (C2SP tlog-witness) over the newest checkpoint. A checkpoint is
published whether or not anyone answers. What is known of a witness is asked of it again after
a start: it says at what size it is. A witness that is ahead of this log, or that finds it
forked, is a problem that does not go away by asking.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from central.log.reader import LogReader
from central.log.witnessed import WitnessedLog
from edge import clock
from edge.evidence.checkpoint import Checkpoint, parse_checkpoint
from edge.evidence.note import split_note
from edge.evidence.witness import Request

_LOG = logging.getLogger(__name__)
_TICK_S = 5.0
_MOST_TRIES = 4
_FIRST_REST_S, _LONGEST_REST_S = 2.0, 300.0
STALE = "text/x.tlog.size"
SILENT = "WITNESS_SILENT"
_RESTORED = b"RESTORED_STATE"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness said: status and content type as in HTTP."""

    status: int
    kind: str
    body: bytes


class SilentWitnessError(Exception):
    """No answer this time."""


class Witness(Protocol):
    """Someone who can be asked. `name` is unique among them."""

    @property
    def name(self) -> str: ...

    async def ask(self, request: bytes) -> Answer:
        """Raises SilentWitnessError."""


@dataclass(slots=True)
class Standing:
    """How far one witness is; `problem` is a code, or None while all is well."""

    size: int = 0
    problem: str | None = None
    answered: bool = False
    failures: int = 0
    rest_until: float = float("-inf")
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Witnessing:
    """One thread with a loop of its own. `wake` from any thread; `start`, then `stop`."""

    def __init__(
        self,
        witnessed: WitnessedLog,
        reader: LogReader,
        witnesses: Callable[[], Sequence[Witness]],
        *,
        pause: float,
    ) -> None:
        self._witnessed = witnessed
        self._reader = reader
        self._witnesses = witnesses
        self._pause = pause
        self.standings: dict[str, Standing] = {}
        self._loop = asyncio.new_event_loop()
        self._woken = asyncio.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="witnesses")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask nobody any more; what was answered is kept."""
        self._stopping = True
        self.wake()
        self._thread.join()

    def wake(self) -> None:
        """There is a new checkpoint: a listener for `LogWriter.listen`."""
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:
            _LOG.debug("a commit after the end is witnessed after the next start")

    def heard(self, name: str) -> None:
        """A witness is there: one that was silent is asked at once. From any thread."""
        standing = self.standings.get(name)
        if standing is not None and standing.problem == SILENT:
            standing.rest_until = float("-inf")
            self.wake()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._rounds())
        finally:
            self._loop.close()

    async def _rounds(self) -> None:
        while not self._stopping:
            self._ask_who_is_behind()
            try:
                await asyncio.wait_for(self._woken.wait(), _TICK_S)
            except TimeoutError:
                continue
            if not self._stopping:
                await asyncio.sleep(self._pause)
            self._woken.clear()
        self._witnessed.asked = 0
        tasks = [each.task for each in self.standings.values() if each.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask_who_is_behind(self) -> None:
        newest = self._reader.checkpoint()
        if newest is None:
            return
        size = _read(newest).size
        witnesses = self._witnesses()
        self._witnessed.asked = len(witnesses)
        for witness in witnesses:
            standing = self.standings.setdefault(witness.name, Standing())
            busy = standing.task is not None and not standing.task.done()
            if busy or standing.size == size or clock.monotonic() < standing.rest_until:
                continue
            standing.task = self._loop.create_task(self._catch_up(witness, standing))

    async def _catch_up(self, witness: Witness, standing: Standing) -> None:
        try:
            problem = await self._converse(witness, standing)
        except SilentWitnessError as silent:
            problem = SILENT
            _LOG.info("witness %s: %s", witness.name, silent)
        except Exception:  # noqa: BLE001 - one witness must not end the others
            problem = "WITNESS_FAILED"
            _LOG.exception("witness %s", witness.name)
        self._note(witness.name, standing, problem)

    def _note(self, name: str, standing: Standing, problem: str | None) -> None:
        if problem is not None and problem != standing.problem:
            _LOG.warning("%s: witness %s, at size %d", problem, name, standing.size)
        standing.problem = problem
        standing.answered = problem is None
        standing.failures = 0 if problem is None else standing.failures + 1
        rest = min(_FIRST_REST_S * 2 ** min(standing.failures, 9), _LONGEST_REST_S)
        standing.rest_until = clock.monotonic() + (0.0 if problem is None else rest)
        self._witnessed.expecting = sum(each.answered for each in self.standings.values())
        if problem is None:
            self._woken.set()  # there may be a newer checkpoint by now

    async def _converse(self, witness: Witness, standing: Standing) -> str | None:
        """Ask until the newest checkpoint is cosigned; a problem's code where it is not."""
        for _ in range(_MOST_TRIES):
            newest = self._reader.checkpoint() or ""
            size = _read(newest).size
            if standing.size > size:
                return "LOG_BEHIND_WITNESS"
            answer = await witness.ask(self._request(standing.size, size, newest))
            if answer.status == 200:
                lines = answer.body.decode("utf-8", "replace")
                if not await asyncio.to_thread(self._witnessed.keep, size, witness.name, lines):
                    return "COSIGNATURE_BAD"
                standing.size = size
                return None
            problem = await self._next(witness, standing, answer)
            if problem is not None:
                return problem
        return "WITNESS_STALE"

    async def _next(self, witness: Witness, standing: Standing, answer: Answer) -> str | None:
        """After a refusal: None where asking again may help."""
        if answer.status == 409 and answer.kind == STALE and answer.body.strip().isdigit():
            standing.size = int(answer.body)
            return None
        if answer.status == 409 and answer.body.startswith(_RESTORED):
            return await self._remind(witness, standing)
        _LOG.warning("witness %s: %d %r", witness.name, answer.status, answer.body[:300])
        if answer.status == 422 or answer.body.startswith((b"expected root", b"CHECKPOINT_")):
            return "WITNESS_FOUND_FORK"
        return "WITNESS_REFUSED"

    async def _remind(self, witness: Witness, standing: Standing) -> str | None:
        """Show a witness that forgot the newest checkpoint which it cosigned itself."""
        own = await asyncio.to_thread(self._witnessed.own_newest, witness.name)
        if own is None:
            return "WITNESS_RESTORED"
        answer = await witness.ask(Request(0, (), own).to_bytes())
        if answer.status == 409 and answer.kind == STALE and answer.body.strip().isdigit():
            standing.size = int(answer.body)
            return None
        return None if answer.status == 200 else "WITNESS_RESTORED"

    def _request(self, old: int, new: int, note: str) -> bytes:
        growth = self._reader.growth(old, new) if 0 < old < new else None
        return Request(old, growth.path if growth else (), note).to_bytes()


def _read(note: str) -> Checkpoint:
    return parse_checkpoint(split_note(note)[0])
