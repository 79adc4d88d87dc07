"""The segments of one recording, one after another, without a gap.

Promise: a segment ends only when the frame that begins the next one is there, so between
two segments lies one step of the camera and nothing else. A recording begins with its first
picture; where none comes in time it begins with the sound that was held. A segment that
could not be ended well is published as far as it was written. Runs in one thread.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.capture.errors import CaptureError, DiskError
from edge.capture.feed import Block, Frame
from edge.capture.segment import Picture, Segment, Sound
from edge.capture.spool import Spool
from edge.evidence.instant import Instant

FIRST_PICTURE_SECONDS = 5.0


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
        self.ended: list[Ended] = []
        self.longest_step = 0.0
        self._spool = spool
        self._track = track
        self._picture = track.picture
        self._tell = tell
        self._segment: Segment | None = None
        self._began: float | None = None
        self._held: deque[Block] = deque()
        self._last_frame: float | None = None

    def take(self, item: Frame | Block) -> None:
        """Add one item. Raises CaptureError where nothing more can be added."""
        if isinstance(item, Frame):
            self._see(item)
        else:
            self._hear(item)

    def picture_lost(self) -> None:
        """The camera is gone: the next segment has no picture."""
        self._picture = None

    def finish(self) -> None:
        """End the current segment, where there is one."""
        if self._segment is None:
            return
        segment, self._segment = self._segment, None
        fault = _finished(segment)
        try:
            path = self._spool.publish(segment.path)
        except OSError as failure:  # it stays where it is; the next start publishes it
            expected = f"to publish {segment.path.name}"
            raise DiskError(expected=expected, found=str(failure)) from failure
        began = segment.start if self._began is None else self._began
        ended = Ended(
            path=path,
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
        self.ended.append(ended)
        self._tell(ended)
        if fault is not None:
            raise fault

    def _see(self, frame: Frame) -> None:
        if self._last_frame is not None:
            self.longest_step = max(self.longest_step, frame.at - self._last_frame)
        self._last_frame = frame.at
        self._held.clear()
        segment = self._at(frame.at)
        segment.see(frame)
        self._spool.check_room(segment.size)

    def _hear(self, block: Block) -> None:
        if self._segment is None and self._picture is not None:
            self._held.append(block)
            if block.at - self._held[0].at < FIRST_PICTURE_SECONDS:
                return
            self._picture = None
            while len(self._held) > 1:
                held = self._held.popleft()
                self._at(held.at).hear(held)
            self._held.clear()
        segment = self._segment if self._picture else self._at(block.at)
        if segment is None:
            return
        segment.hear(block)
        self._spool.check_room(segment.size)

    def _at(self, at: float) -> Segment:
        """The segment for what was taken at `at`: the current one, or the next."""
        if self._segment and at - self._segment.start < self._track.seconds:
            return self._segment
        self.finish()
        if self._began is None:
            self._began = at
        self._spool.check_room()
        path = self._spool.begin(self._track.wall(at))
        track = self._track
        self._segment = Segment(path, at, self._picture, track.sound, track.note)
        return self._segment


def _finished(segment: Segment) -> CaptureError | None:
    try:
        segment.finish()
    except CaptureError as fault:
        return fault
    return None


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
