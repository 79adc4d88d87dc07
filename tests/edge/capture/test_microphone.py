"""The door to microphones, over real PortAudio and ALSA's file plug-in."""

import sys
import threading
from itertools import pairwise

import pytest

from edge import clock
from edge.capture.errors import MicrophoneError
from edge.capture.feed import Block
from edge.capture.microphone import open_microphone
from edge.config import MicrophoneSettings
from tests.edge.capture.sound import NAME, RATE, needs_sound, write_device

SETTINGS = MicrophoneSettings(source="pyaudio", device=NAME)


@pytest.fixture
def device(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_device(tmp_path)))


def listen(seconds: float) -> list[Block]:
    blocks: list[Block] = []
    stop = threading.Event()

    def hear(block: Block) -> None:
        blocks.append(block)
        if block.at - blocks[0].at >= seconds:
            stop.set()

    microphone = open_microphone(SETTINGS)
    microphone.run(hear, stop)
    microphone.close()
    return blocks


@needs_sound
def test_blocks_follow_each_other_without_a_hole(device) -> None:
    blocks = listen(1.0)
    for before, after in pairwise(blocks):
        assert after.at - before.at == pytest.approx(before.count / RATE, abs=1e-6)


@needs_sound
def test_what_the_device_plays_is_what_is_heard(device, tmp_path) -> None:
    heard = b"".join(block.samples for block in listen(1.0))
    tone = (tmp_path / "tone.raw").read_bytes()[: 2 * RATE]
    assert heard[: 2 * RATE] in tone + tone


@needs_sound
def test_a_device_faster_than_time_is_held_back(device) -> None:
    began = clock.monotonic()
    blocks = listen(1.5)
    took = clock.monotonic() - began
    heard = sum(block.count for block in blocks) / RATE
    assert heard <= took + 0.5


@needs_sound
def test_no_such_input_names_what_there_is(device) -> None:
    with pytest.raises(MicrophoneError) as refused:
        open_microphone(MicrophoneSettings(source="pyaudio", device="gooseneck"))
    assert refused.value.code == "MICROPHONE_UNAVAILABLE"
    assert NAME in refused.value.found


def test_pyaudio_missing_is_a_coded_error(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(MicrophoneError) as refused:
        open_microphone(SETTINGS)
    assert refused.value.code == "MICROPHONE_UNAVAILABLE"
