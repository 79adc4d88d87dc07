"""The devices of one recording, each read by a thread of its own.

Promise: whatever can be opened is recorded; what cannot, or fails later, is told as a
problem and leaves the other running. `stop` waits for the threads only so long: a device
that hangs in the kernel is named as hanging, and does not keep a recording from ending.
"""

import threading
from collections.abc import Callable
from functools import partial

from edge.capture.camera import Camera, open_camera
from edge.capture.errors import CameraError, CaptureError, MicrophoneError
from edge.capture.feed import Feed
from edge.capture.microphone import BLOCKS_PER_SECOND, Microphone, open_microphone
from edge.clock import monotonic
from edge.config import CameraSettings, MicrophoneSettings, SegmentSettings

JOIN_SECONDS = 1.0
Problem = Callable[[CaptureError], None]


class Sources:
    """An open camera, an open microphone, or both; neither is an error of the caller."""

    def __init__(
        self, camera: CameraSettings, microphone: MicrophoneSettings, problem: Problem
    ) -> None:
        self._problem = problem
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.camera: Camera | None = None
        self.microphone: Microphone | None = None
        self.camera_lost = threading.Event()
        try:
            if camera.source != "none":
                self.camera = open_camera(camera)
        except CameraError as fault:
            problem(fault)
        try:
            if microphone.source != "none":
                self.microphone = open_microphone(microphone)
        except MicrophoneError as fault:
            problem(fault)

    def start(self, rate: int, settings: SegmentSettings) -> Feed:
        """Start reading; the feed holds `queue_seconds` of each kind."""
        seconds = settings.queue_seconds
        feed = Feed(frames=rate * seconds, blocks=BLOCKS_PER_SECOND * seconds)
        if self.camera is not None:
            self._read("camera", partial(self.camera.run, feed.give, self._stop))
        if self.microphone is not None:
            self._read("microphone", partial(self.microphone.run, feed.give, self._stop))
        return feed

    def stop(self) -> list[str]:
        """Stop reading and close the devices. Answers the names of those that hang."""
        self._stop.set()
        until = monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))
        hanging = [thread.name for thread in self._threads if thread.is_alive()]
        if self.camera is not None and "camera" not in hanging:
            self.camera.close()
        if self.microphone is not None and "microphone" not in hanging:
            self.microphone.close()
        return hanging

    @property
    def running(self) -> bool:
        """Whether any device is still read."""
        return any(thread.is_alive() for thread in self._threads)

    def _read(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._watched, args=(run,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _watched(self, run: Callable[[], None]) -> None:
        try:
            run()
        except CameraError as fault:
            self.camera_lost.set()
            self._problem(fault)
        except MicrophoneError as fault:
            self._problem(fault)
