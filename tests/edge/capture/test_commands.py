"""`python -m edge`, by hand."""

import json
import subprocess
import sys

import pytest

from edge.__main__ import main
from tests.conftest import PROJECT
from tests.edge.capture.probe import needs_ffmpeg, plays
from tests.edge.capture.sound import NAME, needs_sound


@needs_ffmpeg
def test_a_trial_by_hand_leaves_a_playable_file(station) -> None:
    station.run("record", "--seconds", "1.5", "--out", str(station.spool), "--camera", "test")
    assert station.ended() == 0
    (segment,) = station.segments
    assert plays(segment)
    assert segment.name.startswith("STN_trial_")
    assert [each["event"] for each in station.events] == ["recording", "segment", "recorded"]


@needs_ffmpeg
def test_a_trial_by_hand_ends_well_on_a_signal(station) -> None:
    station.run("record", "--seconds", "600", "--out", str(station.spool))
    station.past(50_000)
    assert station.end() == 0
    assert plays(station.segments[0])


def test_a_trial_without_any_device_fails_with_a_code(station) -> None:
    station.run("record", "--seconds", "1", "--out", str(station.spool), "--camera", "none")
    assert station.ended() == 1
    assert station.codes() == ["NOTHING_TO_RECORD"]


def test_the_test_pattern_is_always_a_camera(capsys) -> None:
    assert main(["devices", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"source": "test", "device": "", "name": "pattern"} in found["cameras"]


@needs_sound
def test_a_sound_device_is_listed_under_the_name_that_the_config_takes(speaking) -> None:
    words = [sys.executable, "-m", "edge", "devices", "--json"]
    done = subprocess.run(
        words, capture_output=True, cwd=PROJECT, env=speaking.environment, check=True
    )
    listed = json.loads(done.stdout)["microphones"]
    assert NAME in {each["device"] for each in listed}


@pytest.mark.parametrize(
    "words",
    [
        ["record"],
        ["record", "--out", "x"],
        ["record", "--config", "a.toml", "--out", "x"],
        ["record", "--out", "x", "--seconds", "1", "--camera", "webcam"],
        [],
    ],
)
def test_wrong_usage_is_exit_2(words, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_missing_config_file_is_named(tmp_path, capsys) -> None:
    assert main(["record", "--config", str(tmp_path / "none.toml")]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["code"] == "CONFIG_UNREADABLE"
    assert "none.toml" in said["expected"]


def test_help_shows_a_whole_config(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["record", "--help"])
    text = capsys.readouterr().out
    for section in ("recorder", "spool", "camera", "microphone", "segments"):
        assert f"[{section}]" in text
