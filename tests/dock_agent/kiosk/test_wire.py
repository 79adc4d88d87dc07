"""News from the agent: never waited for, never believed further than a progress bar."""

import json
import os
import socket
import subprocess
import sys

import pytest

from dock_agent.events import EventStream
from dock_agent.kiosk.progress import Copying
from dock_agent.kiosk.wire import Ear, _address, teller
from edge import clock
from tests.conftest import PROJECT


def heard(ear: Ear) -> list[dict]:
    return list(ear.hear(0.5))


def test_events_arrive_and_either_side_may_start_first(tmp_path) -> None:
    events = EventStream()
    events.subscribe(teller(tmp_path))
    events.publish("detected", bay="1")
    ear = Ear(tmp_path)
    events.publish("copying", bay="1", bytes=7)
    (event,) = heard(ear)
    assert (event["event"], event["bytes"]) == ("copying", 7)
    ear.close()
    events.publish("copying", bay="1", bytes=8)
    again = Ear(tmp_path)
    events.publish("copying", bay="1", bytes=9)
    assert [each["bytes"] for each in heard(again)] == [9]
    again.close()


def test_a_screen_that_does_not_listen_never_holds_the_agent_up(tmp_path) -> None:
    ear = Ear(tmp_path)
    tell = teller(tmp_path)
    began = clock.monotonic()
    for number in range(20_000):
        tell({"event": "copying", "n": number, "path": "x" * 900})
    assert clock.monotonic() - began < 5
    tell({"event": "copying", "path": "x" * 10_000_000})
    assert heard(ear)
    ear.close()


def test_another_station_is_not_heard_and_a_second_screen_is_refused(tmp_path) -> None:
    ear = Ear(tmp_path / "a")
    teller(tmp_path / "b")({"event": "copying"})
    assert heard(ear) == []
    with pytest.raises(OSError, match="in use"):
        Ear(tmp_path / "a")
    ear.close()


def test_nonsense_is_passed_over(tmp_path) -> None:
    ear = Ear(tmp_path)
    out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for raw in (b"", b"{", b"[]", b"\xff", b"[" * 60_000, b'{"event":"detected"}'):
        out.sendto(raw, _address(tmp_path))
    assert heard(ear) == [{"event": "detected"}]
    out.close()
    ear.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_another_account_is_not_heard(tmp_path) -> None:
    ear = Ear(tmp_path)
    code = (
        "import os, socket, sys; os.setuid(65534);"
        "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)"
        ".sendto(sys.argv[2].encode(), '\\0' + sys.argv[1])"
    )
    words = [sys.executable, "-c", code, _address(tmp_path)[1:], '{"event":"stranger"}']
    subprocess.run(words, check=True, cwd=PROJECT)
    teller(tmp_path)({"event": "ours"})
    assert [each["event"] for each in heard(ear)] == ["ours"]
    ear.close()


@pytest.mark.parametrize(
    "changed",
    [{"bytes": 11}, {"bytes": -1}, {"bytes": "5"}, {"mb_s": -1}, {"mb_s": "9"}, {"docking": 5}],
)
def test_progress_that_cannot_be_is_not_shown(changed) -> None:
    event = {"event": "copying", "docking": "d", "bytes": 5, "total": 10, "mb_s": 0.000001}
    good, bad = Copying(), Copying()
    good.hear(event, 0.0)
    bad.hear(json.loads(json.dumps(event | changed)), 0.0)
    assert good.fresh(1.0)["d"].seconds_left == 5
    assert bad.fresh(1.0) == {}
    assert good.fresh(6.0) == {}
