"""The bounded queue between the devices and the encoder.

Promise: a device never waits and memory never grows past the bound; what did not fit is
dropped whole and counted, by kind. Order of arrival is kept. Encodes nothing.
"""

import threading
from collections import deque
from dataclasses import dataclass

from av import VideoFrame


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture (yuv420p), taken at `at` on the monotonic clock."""

    image: VideoFrame
    at: float


@dataclass(frozen=True, slots=True)
class Block:
    """Some sound (mono, 16 bit), whose first sample was taken at `at`."""

    samples: bytes
    at: float

    @property
    def count(self) -> int:
        return len(self.samples) // 2


class Feed:
    """Frames and blocks, waiting to be encoded."""

    def __init__(self, *, frames: int, blocks: int) -> None:
        self._room = {Frame: frames, Block: blocks}
        self._waiting = {Frame: 0, Block: 0}
        self._dropped = {Frame: 0, Block: 0}
        self._deepest = {Frame: 0, Block: 0}
        self._items: deque[Frame | Block] = deque()
        self._changed = threading.Condition()

    def give(self, item: Frame | Block) -> None:
        """Queue one item, or drop and count it. Never waits."""
        kind = type(item)
        with self._changed:
            if self._waiting[kind] >= self._room[kind]:
                self._dropped[kind] += 1
                return
            self._waiting[kind] += 1
            self._deepest[kind] = max(self._deepest[kind], self._waiting[kind])
            self._items.append(item)
            self._changed.notify()

    def take(self, timeout: float) -> Frame | Block | None:
        """The oldest item; None where nothing came within `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._items, timeout)
            if not self._items:
                return None
            item = self._items.popleft()
            self._waiting[type(item)] -= 1
            return item

    def abandon(self) -> None:
        """Drop and count what still waits: there is no time left to encode it."""
        with self._changed:
            for kind, waiting in self._waiting.items():
                self._dropped[kind] += waiting
                self._waiting[kind] = 0
            self._items.clear()

    @property
    def dropped_frames(self) -> int:
        return self._dropped[Frame]

    @property
    def dropped_blocks(self) -> int:
        return self._dropped[Block]

    @property
    def deepest(self) -> int:
        """The most frames that ever waited at once."""
        return self._deepest[Frame]
