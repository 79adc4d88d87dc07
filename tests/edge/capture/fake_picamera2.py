"""picamera2 as its manual documents it, as far as the recorder uses it, and strict about it.

Rows are padded as the Pi's ISP pads them. What a sensor, a tuning file or the real timing
does is not in here: that is what the `hardware` tests are for.
"""

import time
import types
from typing import ClassVar


class Request:
    def __init__(self, camera, number: int) -> None:
        self._camera = camera
        self._number = number
        self._released = False

    def make_buffer(self, name: str) -> bytearray:
        assert name == "main"
        assert not self._released
        width, height = self._camera.size
        stride = self._camera.stride
        luma = (bytes([16 + self._number]) * width).ljust(stride, b"\xff") * height
        chroma = (bytes([100]) * (width // 2)).ljust(stride // 2, b"\xff") * (height // 2)
        other = (bytes([200]) * (width // 2)).ljust(stride // 2, b"\xff") * (height // 2)
        return bytearray(luma + chroma + other)

    def get_metadata(self) -> dict:
        assert not self._released
        return {"SensorTimestamp": 5_000_000_000_000 + self._number * 33_333_333}

    def release(self) -> None:
        assert not self._released
        self._released = True
        self._camera.outstanding -= 1


class Picamera2:
    present = 1
    opened: ClassVar[list["Picamera2"]] = []
    fails_after: int | None = None

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= self.present:
            raise IndexError("list index out of range")
        self.state = "open"
        self.outstanding = 0
        self._number = 0
        self._wanted: dict = {}
        Picamera2.opened.append(self)

    @staticmethod
    def global_camera_info() -> list[dict]:
        return [{"Model": "imx708", "Location": 2, "Rotation": 180, "Id": "/base/i2c", "Num": 0}]

    def create_video_configuration(self, *, main: dict, controls: dict, buffer_count: int) -> dict:
        assert main["format"] == "YUV420"
        assert "FrameRate" in controls
        assert buffer_count > 1
        return {"main": dict(main), "controls": controls, "buffer_count": buffer_count}

    def configure(self, wanted: dict) -> None:
        assert self.state == "open"
        width, height = wanted["main"]["size"]
        self.size = (width, height)
        self.stride = (width + 63) // 64 * 64
        self._wanted = wanted
        self.state = "configured"

    def camera_configuration(self) -> dict:
        assert self.state != "open"
        main = {**self._wanted["main"], "size": self.size, "stride": self.stride}
        return {**self._wanted, "main": main}

    def start(self) -> None:
        assert self.state == "configured"
        self.state = "started"

    def capture_request(self) -> Request:
        assert self.state == "started"
        assert self.outstanding < self._wanted["buffer_count"]
        if self.fails_after is not None and self._number >= self.fails_after:
            raise RuntimeError("camera frontend has timed out")
        time.sleep(1 / 30)
        self._number += 1
        self.outstanding += 1
        return Request(self, self._number)

    def stop(self) -> None:
        self.state = "stopped"

    def close(self) -> None:
        self.state = "closed"


def module(camera: type[Picamera2]) -> types.ModuleType:
    made = types.ModuleType("picamera2")
    made.Picamera2 = camera  # type: ignore[attr-defined]
    return made
