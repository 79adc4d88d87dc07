"""What is measured from outside: gaps between segments, sound against picture, drops."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.edge.capture.probe import (
    brightness,
    decoded_frames,
    loudness,
    needs_ffmpeg,
    plays,
    streams,
    times,
)
from tests.edge.capture.process import Station
from tests.edge.capture.sound import NAME, needs_sound, write_device

pytestmark = [needs_ffmpeg, needs_sound]

MICROPHONE = f'source = "pyaudio"\ndevice = "{NAME}"'
STEPS = 50  # the numbered pattern's frames differ by four levels of grey, in turn
NUMBERED = (
    'source = "test"\nwidth = 160\nheight = 120\n'
    f"pattern = \"color=black:size=160x120:rate=30,geq=lum='20+4*mod(N,{STEPS})':cb=128:cr=128\""
)
GAP_S = 0.040
FULL_TONE = 5_000  # its peak is 9000, so 6364 r.m.s.


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Station:
    """Seven seconds of numbered frames and a tone, in segments of two seconds."""
    station = Station(tmp_path_factory.mktemp("recorded"))
    station.environment["ALSA_CONFIG_PATH"] = str(write_device(station.root))
    station.configure(camera=NUMBERED, microphone=MICROPHONE, maximum=7)
    station.start()
    station.dock()
    station.until_event("recorded")
    assert station.end() == 0
    return station


def test_segments_follow_each_other_within_a_frame(recorded) -> None:
    (note,) = recorded.notes
    assert len(note["segments"]) >= 3
    for (before, first), (after, second) in pairwise(
        zip(note["segments"], recorded.segments, strict=True)
    ):
        last = before["start_us"] / 1e6 + times(first, "v")[-1]
        following = after["start_us"] / 1e6 + times(second, "v")[0]
        assert 0 < following - last <= GAP_S
    assert note["longest_step_us"] <= GAP_S * 1e6


def test_no_frame_is_missing_where_segments_meet(recorded) -> None:
    numbers = [
        round((grey - 20) / 4) for path in recorded.segments for grey in brightness(path, 160 * 120)
    ]
    assert len(numbers) == recorded.named("recorded")[0]["frames"] > 180
    assert all(after == (before + 1) % STEPS for before, after in pairwise(numbers))


def test_sound_is_within_a_second_of_the_picture(recorded) -> None:
    for path in recorded.segments:
        picture, sound = times(path, "v"), times(path, "a")
        assert abs(picture[0] - sound[0]) <= 0.1
        assert abs(picture[-1] - sound[-1]) <= 0.3
        found = streams(path)
        assert (found["video"]["codec_name"], found["audio"]["codec_name"]) == ("h264", "aac")
        assert found["audio"]["sample_rate"] == "48000"


def test_the_tone_of_the_device_is_what_is_heard(recorded) -> None:
    first, *rest = recorded.segments
    quiet_while_opening = 5  # tenths; the camera may be ready before the microphone
    assert min(loudness(first)[quiet_while_opening:-1]) > FULL_TONE
    assert all(min(loudness(path)[1:-1]) > FULL_TONE for path in rest)
    assert [each["filled_ms"] for each in recorded.notes[0]["segments"][1:]] == [0] * len(rest)


def test_nothing_is_dropped_while_every_core_is_busy(speaking) -> None:
    speaking.configure(
        camera='source = "test"\nwidth = 640\nheight = 360', microphone=MICROPHONE, maximum=6
    )
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        speaking.start()
        speaking.dock()
        done = speaking.until_event("recorded")
    finally:
        for each in burners:
            each.kill()
            each.wait()
    assert (done["dropped_frames"], done["dropped_blocks"], done["overflows"]) == (0, 0, 0)
    assert sum(decoded_frames(path) for path in speaking.segments) == done["frames"] >= 150
    assert all(plays(path) for path in speaking.segments)


def test_a_lost_camera_leaves_the_sound_going_on(speaking) -> None:
    short = 'source = "test"\npattern = "testsrc2=size=160x120:rate=30:duration=1"'
    speaking.configure(camera=short, microphone=MICROPHONE, maximum=5)
    speaking.start()
    speaking.dock()
    done = speaking.until_event("recorded")
    assert speaking.codes() == ["CAMERA_LOST"]
    assert done["ended_by"] == "MAXIMUM"
    with_picture, *without = [set(streams(path)) for path in speaking.segments]
    assert with_picture == {"video", "audio"}
    assert without
    assert all(kinds == {"audio"} for kinds in without)


def test_a_missing_camera_still_takes_the_spoken_note(speaking) -> None:
    speaking.configure(
        camera='source = "v4l2"\ndevice = "/dev/video99"', microphone=MICROPHONE, maximum=3
    )
    speaking.start()
    speaking.dock()
    speaking.until_event("recorded")
    assert speaking.codes() == ["CAMERA_UNAVAILABLE"]
    assert all(set(streams(path)) == {"audio"} for path in speaking.segments)
    assert min(loudness(speaking.segments[0])[1:-1]) > FULL_TONE


def test_a_missing_microphone_still_takes_the_picture(speaking) -> None:
    speaking.configure(microphone='source = "pyaudio"\ndevice = "no such input"', maximum=2)
    speaking.start()
    speaking.dock()
    speaking.until_event("recorded")
    assert speaking.codes() == ["MICROPHONE_UNAVAILABLE"]
    assert all(set(streams(path)) == {"video"} for path in speaking.segments)
