"""The door to cameras: what it hands out, and what it says when there is none."""

import importlib.util
import sys
import threading
from itertools import pairwise

import pytest

from edge.capture.camera import list_cameras, open_camera, yuv420_frame
from edge.capture.errors import CameraError
from edge.capture.feed import Frame
from edge.config import CameraSettings
from tests.edge.capture import fake_picamera2

PI = CameraSettings(source="picamera2", width=160, height=120)


@pytest.fixture
def picamera2(monkeypatch):
    """A fresh fake in place of the real module."""
    camera = type("Picamera2", (fake_picamera2.Picamera2,), {})
    fake_picamera2.Picamera2.opened = []
    monkeypatch.setitem(sys.modules, "picamera2", fake_picamera2.module(camera))
    return camera


def take(camera, count: int) -> list[Frame]:
    """So many frames, as the recorder takes them."""
    frames: list[Frame] = []
    stop = threading.Event()

    def see(frame: Frame) -> None:
        frames.append(frame)
        if len(frames) == count:
            stop.set()

    camera.run(see, stop)
    camera.close()
    return frames


def test_the_pattern_is_real_time_and_of_the_size_asked_for() -> None:
    camera = open_camera(CameraSettings(source="test", width=160, height=120, rate=30))
    frames = take(camera, 8)
    assert (camera.width, camera.height) == (160, 120)
    assert {frame.image.format.name for frame in frames} == {"yuv420p"}
    steps = [after.at - before.at for before, after in pairwise(frames)]
    assert steps == pytest.approx([1 / 30] * 7, abs=1e-3)


def test_a_v4l2_device_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraError) as refused:
        open_camera(CameraSettings(source="v4l2", device="/dev/video99"))
    assert refused.value.code == "CAMERA_UNAVAILABLE"
    assert "/dev/video99" in refused.value.expected


def test_a_pattern_that_libav_does_not_know_is_refused() -> None:
    with pytest.raises(CameraError):
        open_camera(CameraSettings(source="test", pattern="no_such_source"))


def test_picamera2_missing_is_a_coded_error(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError) as refused:
        open_camera(PI)
    assert refused.value.code == "CAMERA_UNAVAILABLE"


def test_pi_frames_lose_their_padding_and_keep_the_sensor_s_time(picamera2) -> None:
    frames = take(open_camera(PI), 5)
    for number, frame in enumerate(frames, start=1):
        luma, blue, red = frame.image.planes
        row = bytes(luma)[: luma.line_size][:160]
        assert row == bytes([16 + number]) * 160
        assert bytes(blue)[:80] == bytes([100]) * 80
        assert bytes(red)[:80] == bytes([200]) * 80
    steps = [after.at - before.at for before, after in pairwise(frames)]
    assert steps == pytest.approx([0.033_333_333] * 4, abs=1e-6)


def test_every_pi_buffer_goes_back_and_the_camera_is_closed(picamera2) -> None:
    take(open_camera(PI), 20)
    (opened,) = fake_picamera2.Picamera2.opened
    assert (opened.outstanding, opened.state) == (0, "closed")


def test_a_pi_camera_that_is_not_connected_is_a_coded_error(picamera2) -> None:
    picamera2.present = 0
    with pytest.raises(CameraError) as refused:
        open_camera(PI)
    assert refused.value.code == "CAMERA_UNAVAILABLE"


def test_a_pi_camera_that_times_out_is_lost(picamera2) -> None:
    picamera2.fails_after = 3
    frames: list[Frame] = []
    with pytest.raises(CameraError) as lost:
        open_camera(PI).run(frames.append, threading.Event())
    assert lost.value.code == "CAMERA_LOST"
    assert len(frames) == 3


def test_a_pi_camera_is_listed_as_the_config_takes_it(picamera2) -> None:
    assert {"source": "picamera2", "device": "0", "name": "imx708"} in list_cameras()


@pytest.mark.parametrize(("width", "stride"), [(64, 64), (66, 128), (162, 192), (1296, 1344)])
def test_any_stride_gives_the_same_picture(width, stride) -> None:
    height = 4
    rows = [bytes([row]) * width for row in range(height)]
    chroma = [bytes([90 + row]) * (width // 2) for row in range(height // 2)]
    buffer = b"".join(row.ljust(stride, b"\xaa") for row in rows)
    buffer += b"".join(row.ljust(stride // 2, b"\xaa") for row in chroma) * 2
    image = yuv420_frame(memoryview(buffer), width, height, stride)
    luma = image.planes[0]
    found = bytes(luma)
    assert [found[i * luma.line_size :][:width] for i in range(height)] == rows
    for plane in image.planes[1:]:
        found = bytes(plane)
        assert [found[i * plane.line_size :][: width // 2] for i in range(height // 2)] == chroma


@pytest.mark.hardware
@pytest.mark.skipif(importlib.util.find_spec("picamera2") is None, reason="no picamera2")
def test_a_real_pi_camera_delivers_its_rate() -> None:
    frames = take(open_camera(CameraSettings(source="picamera2")), 90)
    steps = [after.at - before.at for before, after in pairwise(frames[30:])]
    assert max(steps) <= 0.040
    assert frames[0].image.width == 1280
