"""Ended segments on their way to the disk and to their names, beside the encoder.

A sync may take seconds on an SD card; frames must not wait for it. Promise: in order, one at a
time; what could not be synced is published as far as it was written; the first fault is raised
where the reel asks next. Until a segment is published its bytes count as `pending`.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from edge.capture.errors import CaptureError, DiskError
from edge.capture.segment import Segment
from edge.capture.spool import Spool
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A published segment; times in microseconds since the recording began."""

    path: Path
    start: Instant
    start_us: int
    first_frame_us: int
    last_frame_us: int
    frames: int
    size: int
    heard_ms: int
    filled_ms: int
    fault: CaptureError | None


class Finisher:
    """Takes ended segments; `tell` is called from its thread once each is published."""

    def __init__(self, spool: Spool, tell: Callable[[Ended], None]) -> None:
        self.ended: list[Ended] = []
        self.faults: list[CaptureError] = []
        self._spool = spool
        self._tell = tell
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="finisher")
        self._waiting: deque[tuple[int, Future[None]]] = deque()

    def take(self, segment: Segment, draft: Ended) -> None:
        """Sync and publish, soon."""
        self._waiting.append((draft.size, self._worker.submit(self._publish, segment, draft)))

    @property
    def pending(self) -> int:
        """Bytes that are not counted as used by the spool yet, or only just."""
        return sum(size for size, _ in self._waiting)

    def settle(self) -> None:
        """Take in what is done. Raises the first fault there was."""
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()[1].result()
        if self.faults:
            raise self.faults[0]

    def close(self) -> None:
        """Wait for all that was taken; `ended` and `faults` are complete then."""
        self._worker.shutdown()
        while self._waiting:
            self._waiting.popleft()[1].result()

    def _publish(self, segment: Segment, draft: Ended) -> None:
        fault = draft.fault
        try:
            segment.seal()
        except CaptureError as failure:
            fault = fault or failure
        if fault is not None:
            self.faults.append(fault)
        try:
            path = self._spool.publish(segment.path)
        except OSError as failure:  # it stays where it is; the next start publishes it
            expected = f"to publish {segment.path.name}"
            self.faults.append(DiskError(expected=expected, found=str(failure)))
            return
        ended = replace(draft, path=path, fault=fault)
        self.ended.append(ended)
        self._tell(ended)
