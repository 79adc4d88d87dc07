"""One reader, several consumers, a few reused buffers.

Promise: every consumer sees every piece once, in order; a buffer is reused only when all
have let go of it, so memory is bounded whoever is slowest; the first failure of a consumer
stops the reader at its next buffer. `Serial` does the same in one thread, for files so
small that threads cost more than they bring. Knows nothing of what the pieces are.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Protocol, Self

from dock_agent.direct_io import aligned_buffer
from edge.evidence.segments import SEGMENT_SIZE

SLOTS = 6
Consumer = Callable[[memoryview, int], None]
Done = Callable[[int, int], None]


class Pieces(Protocol):
    """Where a reader gets buffers and hands over pieces."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def buffer(self) -> memoryview:
        """A free buffer of one segment; raises the failure of a consumer."""

    def submit(self, length: int, offset: int) -> None:
        """Hand over the first `length` bytes of the buffer taken last."""


@dataclass(slots=True)
class _Slot:
    view: memoryview
    length: int = 0
    offset: int = 0
    holders: int = 0


class Ring:
    """Consumers in threads of their own. `done` is called once a piece, in order."""

    def __init__(self, consumers: Sequence[Consumer], done: Done) -> None:
        memory = aligned_buffer(SLOTS * SEGMENT_SIZE)
        self._free: SimpleQueue[_Slot] = SimpleQueue()
        for at in range(0, SLOTS * SEGMENT_SIZE, SEGMENT_SIZE):
            self._free.put(_Slot(memory[at : at + SEGMENT_SIZE]))
        self._queues: list[SimpleQueue[_Slot | None]] = [SimpleQueue() for _ in consumers]
        self._threads = [
            threading.Thread(target=self._serve, args=pair, daemon=True)
            for pair in zip(consumers, self._queues, strict=True)
        ]
        self._done = done
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._taken: _Slot | None = None

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the consumers; raise their failure unless the reader has its own."""
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()
        if error is None and self._failure is not None:
            raise self._failure

    def buffer(self) -> memoryview:
        if self._taken is None:
            self._taken = self._free.get()
        if self._failure is not None:
            raise self._failure
        return self._taken.view

    def submit(self, length: int, offset: int) -> None:
        slot = self._taken
        if slot is None:
            message = "expected a buffer to be taken before it is submitted, found none"
            raise RuntimeError(message)
        self._taken = None
        slot.length, slot.offset, slot.holders = length, offset, len(self._queues)
        for queue in self._queues:
            queue.put(slot)

    def _serve(self, consumer: Consumer, queue: SimpleQueue[_Slot | None]) -> None:
        while (slot := queue.get()) is not None:
            try:
                if self._failure is None:
                    consumer(slot.view[: slot.length], slot.offset)
                self._release(slot)
            except BaseException as failure:  # noqa: BLE001 - raised again by the reader
                self._fail(failure, slot)

    def _release(self, slot: _Slot) -> None:
        """The last one to let go reports the piece.

        In order: whoever is last at piece k reports it before it goes on to k + 1, and
        k + 1 has no last one before that.
        """
        with self._lock:
            slot.holders -= 1
            last = slot.holders == 0
        if last:
            try:
                if self._failure is None:
                    self._done(slot.length, slot.offset)
            finally:
                self._free.put(slot)

    def _fail(self, failure: BaseException, slot: _Slot) -> None:
        with self._lock:
            if self._failure is None:
                self._failure = failure
            still_held = slot.holders > 0
        if still_held:
            self._release(slot)


class Serial:
    """The same in the reader's own thread, with one buffer."""

    def __init__(self, consumers: Sequence[Consumer], done: Done) -> None:
        self._consumers = consumers
        self._done = done
        self._view = aligned_buffer(SEGMENT_SIZE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to wait for: each piece was consumed when it was submitted."""

    def buffer(self) -> memoryview:
        return self._view

    def submit(self, length: int, offset: int) -> None:
        for consumer in self._consumers:
            consumer(self._view[:length], offset)
        self._done(length, offset)
