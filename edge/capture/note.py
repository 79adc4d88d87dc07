"""The note of one recording: what there is, what is missing, and why it ended.

Lies beside the segments and becomes evidence as they do. All numbers are whole; times are
UTC as the station's clock had it when the recording began, plus the steady time since.
"""

import json
from dataclasses import dataclass
from typing import Any

from edge.capture.finisher import Ended
from edge.clock import Reading
from edge.evidence.instant import Instant

FORMAT = "liuhen-station-recording/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`dropped_*` did not fit the queue; `overflows` the device itself left out."""

    station: str
    dockings: tuple[str, ...]
    camera: str | None
    microphone: str | None
    started: Instant
    ended: Instant
    ended_by: str
    clock: Reading
    segments: tuple[Ended, ...]
    dropped_frames: int
    dropped_blocks: int
    overflows: int
    deepest_queue: int
    longest_step_us: int

    @property
    def frames(self) -> int:
        return sum(each.frames for each in self.segments)

    def to_bytes(self) -> bytes:
        """The file's content."""
        members: dict[str, Any] = {
            "format": FORMAT,
            "station": self.station,
            "dockings": list(self.dockings),
            "camera": self.camera,
            "microphone": self.microphone,
            "started": str(self.started),
            "ended": str(self.ended),
            "ended_by": self.ended_by,
            "clock": self.clock.source,
            "clock_error_ms": self.clock.error_ms,
            "frames": self.frames,
            "dropped_frames": self.dropped_frames,
            "dropped_blocks": self.dropped_blocks,
            "overflows": self.overflows,
            "deepest_queue": self.deepest_queue,
            "longest_step_us": self.longest_step_us,
            "segments": [_segment(each) for each in self.segments],
        }
        present = {name: value for name, value in members.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, indent=1).encode() + b"\n"


def _segment(ended: Ended) -> dict[str, str | int]:
    return {
        "name": ended.path.name,
        "start": str(ended.start),
        "start_us": ended.start_us,
        "first_frame_us": ended.first_frame_us,
        "last_frame_us": ended.last_frame_us,
        "frames": ended.frames,
        "size": ended.size,
        "heard_ms": ended.heard_ms,
        "filled_ms": ended.filled_ms,
        "ended": ended.fault.code if ended.fault else "whole",
    }
