"""status and fsck tell a person and a program the same, and exit as they say."""

import json
import os

import pytest

from central.__main__ import main
from central.broker.process import PROGRAM, find
from central.errors import BrokerNotFoundError
from central.intake.running import intake_of
from central.intake.taking import HEARTBEAT, Message
from tests.central.station import messages


def test_status_tells_of_log_stations_and_refusals(site, station, capsys):
    with site.open() as opened:
        intake = intake_of(opened)
        intake.take(messages(station, *station.journey("a.mp4", "b.mp4")))
        beat = station.heartbeat().raw
        intake.take(
            [
                Message(station="st-01", kind=HEARTBEAT, raw=beat),
                Message(station="st-01", kind=HEARTBEAT, raw=b"junk"),
            ]
        )
    assert main(["status", "--json", "--config", str(site.made.config)]) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["leaves"], status["refused"]) == (7, 1)
    (told,) = status["stations"]
    assert (told["id"], told["recordings"], told["logged_seq"]) == ("st-01", 2, 4)
    assert abs(told["clock_offset_ms"]) < 60_000
    assert main(["status", "--config", str(site.made.config)]) == 0
    assert "st-01: heard" in capsys.readouterr().out


def test_fsck_exits_0_when_all_holds_and_1_with_the_place_when_not(site, station, capsys):
    with site.open() as opened:
        intake_of(opened).take(messages(station, *station.journey("a.mp4")))
        group = max(opened.folder.envelopes.glob("*.jsonl"))
    words = ["fsck", "--json", "--config", str(site.made.config)]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == {"leaves": 6, "findings": []}
    group.chmod(0o644)
    group.write_bytes(group.read_bytes()[:-40])
    assert main(words) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert findings[0]["code"] == "LOG_INCONSISTENT"
    assert findings[0]["where"] == "leaf 2"


def test_mosquitto_is_taken_from_the_variable_and_missing_is_said(monkeypatch, tmp_path):
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv(PROGRAM, str(program))
    assert find() == program
    monkeypatch.setenv(PROGRAM, str(tmp_path / "none"))
    with pytest.raises(BrokerNotFoundError) as caught:
        find()
    assert PROGRAM in str(caught.value)
    assert os.environ[PROGRAM] in str(caught.value)
