"""The one door to cameras: a Pi camera, a V4L2 device, or a test pattern.

Promise: frames are yuv420p, of one size, and carry the time at which the device says it took
them, placed on the station's monotonic clock. A camera that is not there or goes away is a
CameraError; one that merely stalls is the caller's to notice. picamera2 is imported only
when it is asked for. Does not encode, and drops nothing itself.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from edge.capture.errors import CameraError
from edge.capture.feed import Frame
from edge.capture.source_clock import SourceClock
from edge.clock import monotonic
from edge.config import CameraSettings

_V4L2_NAMES = Path("/sys/class/video4linux")
_BUFFERS = 6


class Camera(Protocol):
    """An open camera."""

    name: str
    width: int
    height: int

    def run(self, see: Callable[[Frame], None], stop: threading.Event) -> None:
        """Deliver frames until `stop` is set. Raises CameraError where the camera fails."""

    def close(self) -> None: ...


def open_camera(settings: CameraSettings) -> Camera:
    """Open the camera of the settings. Raises CameraError where it cannot be had."""
    if settings.source == "picamera2":
        return PiCamera(settings)
    if settings.source == "v4l2":
        return LibavCamera.v4l2(settings)
    if settings.source == "test":
        return LibavCamera.pattern(settings)
    raise CameraError(expected="picamera2, v4l2 or test", found=settings.source)


def list_cameras() -> list[dict[str, str]]:
    """Cameras that are there: `source` and `device` as recorder.toml takes them."""
    return [*_pi_cameras(), *_v4l2_devices(), {"source": "test", "device": "", "name": "pattern"}]


class LibavCamera:
    """A camera that libavdevice reads: V4L2, or a generated picture in real time."""

    def __init__(self, name: str, source: str, format_name: str, options: dict[str, str]) -> None:
        self.name = name
        self._paced = format_name == "lavfi"
        try:
            self._input = av.open(source, format=format_name, options=options)
            self._stream = self._input.streams.video[0]
        except (FFmpegError, OSError, ValueError, IndexError) as fault:
            raise CameraError(expected=f"a camera at {name}", found=str(fault)) from fault
        self.width = self._stream.codec_context.width
        self.height = self._stream.codec_context.height

    @classmethod
    def v4l2(cls, settings: CameraSettings) -> "LibavCamera":
        device = settings.device or "/dev/video0"
        options = {
            "video_size": f"{settings.width}x{settings.height}",
            "framerate": str(settings.rate),
        }
        if settings.input_format:
            options["input_format"] = settings.input_format
        return cls(f"v4l2:{device}", device, "v4l2", options)

    @classmethod
    def pattern(cls, settings: CameraSettings) -> "LibavCamera":
        size = f"{settings.width}x{settings.height}"
        graph = settings.pattern or f"testsrc2=size={size}:rate={settings.rate}"
        return cls("test", f"{graph},format=yuv420p", "lavfi", {})

    def run(self, see: Callable[[Frame], None], stop: threading.Event) -> None:
        clock = SourceClock()
        try:
            for image in self._images():
                if stop.is_set():
                    return
                at = clock.place(image.time or 0.0, monotonic())
                if self._paced and stop.wait(max(0.0, at - monotonic())):
                    return
                see(Frame(image, at))
        except (FFmpegError, OSError) as fault:
            raise CameraError(
                code="CAMERA_LOST", expected=f"frames from {self.name}", found=str(fault)
            ) from fault
        raise CameraError(code="CAMERA_LOST", expected=f"frames from {self.name}", found="its end")

    def close(self) -> None:
        self._input.close()

    def _images(self) -> Iterator[VideoFrame]:
        for image in self._input.decode(self._stream):
            yield image if image.format.name == "yuv420p" else image.reformat(format="yuv420p")


class PiCamera:
    """A Raspberry Pi camera through picamera2: each request's main buffer is one frame."""

    def __init__(self, settings: CameraSettings) -> None:
        number = settings.device or "0"
        self.name = f"picamera2:{number}"
        try:
            from picamera2 import Picamera2

            self._camera = Picamera2(int(number))
        except (ImportError, OSError, RuntimeError, IndexError, ValueError) as fault:
            raise CameraError(expected=f"a Pi camera {number}", found=str(fault)) from fault
        try:
            self._configure(settings)
        except (RuntimeError, ValueError) as fault:
            self._camera.close()
            raise CameraError(expected=f"a mode for {self.name}", found=str(fault)) from fault

    def _configure(self, settings: CameraSettings) -> None:
        wanted = self._camera.create_video_configuration(
            main={"size": (settings.width, settings.height), "format": "YUV420"},
            controls={"FrameRate": settings.rate},
            buffer_count=_BUFFERS,
        )
        self._camera.configure(wanted)
        main = self._camera.camera_configuration()["main"]
        self.width, self.height = main["size"]
        self._stride: int = main["stride"]
        self._camera.start()

    def run(self, see: Callable[[Frame], None], stop: threading.Event) -> None:
        clock = SourceClock()
        try:
            while not stop.is_set():
                image, taken = self._next()
                see(Frame(image, clock.place(taken, monotonic())))
        except (OSError, RuntimeError) as fault:
            raise CameraError(
                code="CAMERA_LOST", expected=f"frames from {self.name}", found=str(fault)
            ) from fault

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()

    def _next(self) -> tuple[VideoFrame, float]:
        request = self._camera.capture_request()
        try:
            buffer = request.make_buffer("main")
            taken: int = request.get_metadata()["SensorTimestamp"]
        finally:
            request.release()
        image = yuv420_frame(memoryview(buffer), self.width, self.height, self._stride)
        return image, taken / 1e9


def yuv420_frame(buffer: memoryview, width: int, height: int, stride: int) -> VideoFrame:
    """A frame from one planar buffer whose rows are `stride` bytes apart (chroma: half)."""
    image = VideoFrame(width, height, "yuv420p")
    offset = 0
    for plane, step in zip(image.planes, (stride, stride // 2, stride // 2), strict=True):
        size = step * plane.height
        rows = buffer[offset : offset + size]
        plane.update(_restride(rows, step, plane.line_size))
        offset += size
    return image


def _restride(rows: memoryview, found: int, wanted: int) -> bytes:
    if found == wanted:
        return bytes(rows)
    used, padding = min(found, wanted), b"\0" * max(0, wanted - found)
    starts = range(0, len(rows), found)
    return b"".join(bytes(rows[start : start + used]) + padding for start in starts)


def _pi_cameras() -> list[dict[str, str]]:
    try:
        from picamera2 import Picamera2

        found: list[dict[str, Any]] = Picamera2.global_camera_info()
    except (ImportError, OSError, RuntimeError):
        return []
    return [
        {"source": "picamera2", "device": str(each["Num"]), "name": str(each["Model"])}
        for each in found
    ]


def _v4l2_devices() -> list[dict[str, str]]:
    if not _V4L2_NAMES.is_dir():
        return []
    return [
        {
            "source": "v4l2",
            "device": f"/dev/{each.name}",
            "name": (each / "name").read_text("utf-8", "replace").strip(),
        }
        for each in sorted(_V4L2_NAMES.iterdir())
    ]
