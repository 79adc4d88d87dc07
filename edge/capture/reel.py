"""The segments of one recording, one after another, without a gap.

Promise: a segment ends only when the frame that begins the next one is there, so between
two segments lies one step of the camera and nothing else. A recording begins with its first
picture; where none comes in time it begins with the sound that was held. A segment that
could not be ended well is published as far as it was written. Never waits for a sync.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from edge.capture.errors import CaptureError
from edge.capture.feed import Block, Frame
from edge.capture.finisher import Ended, Finisher
from edge.capture.segment import Picture, Segment, Sound
from edge.capture.spool import Spool
from edge.evidence.instant import Instant

FIRST_PICTURE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What every segment of a recording shares. `wall` turns a time into a moment."""

    picture: Picture | None
    sound: Sound | None
    seconds: int
    note: str
    wall: Callable[[float], Instant]


class Reel:
    """Takes frames and blocks, and leaves segments in the spool."""

    def __init__(self, spool: Spool, track: Track, tell: Callable[[Ended], None]) -> None:
        self.longest_step = 0.0
        self._spool = spool
        self._track = track
        self._picture = track.picture
        self._finisher = Finisher(spool, tell)
        self._segment: Segment | None = None
        self._began: float | None = None
        self._held: deque[Block] = deque()
        self._last_frame: float | None = None

    def take(self, item: Frame | Block) -> None:
        """Add one item. Raises CaptureError where nothing more can be added."""
        segment = self._see(item) if isinstance(item, Frame) else self._hear(item)
        if segment is not None:
            self._finisher.settle()
            self._spool.check_room(segment.size + self._finisher.pending)

    def picture_lost(self) -> None:
        """The camera is gone: the next segment has no picture."""
        self._picture = None

    def finish(self) -> list[Ended]:
        """End the current segment; answers all that have their names now."""
        self._end_segment()
        self._finisher.close()
        return self._finisher.ended

    @property
    def faults(self) -> list[CaptureError]:
        """What went wrong with segments that ended."""
        return self._finisher.faults

    def _see(self, frame: Frame) -> Segment:
        if self._last_frame is not None:
            self.longest_step = max(self.longest_step, frame.at - self._last_frame)
        self._last_frame = frame.at
        self._held.clear()
        if self._picture is None:  # it is late, or back
            self._picture = self._track.picture
            self._end_segment()
        segment = self._at(frame.at)
        segment.see(frame)
        return segment

    def _hear(self, block: Block) -> Segment | None:
        if self._segment is None and self._picture is not None:
            self._held.append(block)
            if block.at - self._held[0].at < FIRST_PICTURE_SECONDS:
                return None
            self._picture = None
            while len(self._held) > 1:
                held = self._held.popleft()
                self._at(held.at).hear(held)
            self._held.clear()
        segment = self._segment if self._picture else self._at(block.at)
        if segment is not None:
            segment.hear(block)
        return segment

    def _at(self, at: float) -> Segment:
        """The segment for what was taken at `at`: the current one, or the next."""
        if self._segment and at - self._segment.start < self._track.seconds:
            return self._segment
        self._end_segment()
        if self._began is None:
            self._began = at
        self._spool.check_room(self._finisher.pending)
        path = self._spool.begin(self._track.wall(at))
        track = self._track
        self._segment = Segment(path, at, self._picture, track.sound, track.note)
        return self._segment

    def _end_segment(self) -> None:
        if self._segment is None:
            return
        segment, self._segment = self._segment, None
        fault: CaptureError | None = None
        try:
            segment.finish()
        except CaptureError as failure:
            fault = failure
        self._finisher.take(segment, self._draft(segment, fault))

    def _draft(self, segment: Segment, fault: CaptureError | None) -> Ended:
        began = segment.start if self._began is None else self._began
        return Ended(
            path=segment.path,
            start=self._track.wall(segment.start),
            start_us=_microseconds(segment.start - began),
            first_frame_us=_microseconds(segment.first_frame - began),
            last_frame_us=_microseconds(segment.last_frame - began),
            frames=segment.frames,
            size=segment.size,
            heard_ms=segment.heard_ms,
            filled_ms=segment.filled_ms,
            fault=fault,
        )


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
