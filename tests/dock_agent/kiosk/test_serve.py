"""The process: loopback only, strict headers, one a station, gone at once when told."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.dock_agent.kiosk.scene import Kiosk
from tests.dock_agent.tree import Tree


@pytest.fixture
def tree(tmp_path, free_port) -> Tree:
    made = Tree(tmp_path, 8883, 8443)
    made.config.write_text(f"{made.config.read_text()}\n[kiosk]\nport = {free_port}\n")
    return made


@pytest.fixture
def kiosk(tree: Tree, free_port):
    made = Kiosk(tree.config, free_port)
    made.start()
    yield made
    made.kill()


def run(tree: Tree) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "dock_agent", "kiosk", "--config", str(tree.config)]
    return subprocess.run(
        words, capture_output=True, text=True, cwd=PROJECT, check=False, timeout=30
    )


def answer(kiosk: Kiosk, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(kiosk.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as got:
            return got.status, dict(got.headers), got.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, dict(refused.headers), refused.read().decode()


def first_events(kiosk: Kiosk, query: str) -> dict[str, object]:
    """The stream until its first tick, by event."""
    found: dict[str, object] = {}
    with urllib.request.urlopen(f"{kiosk.url}/events{query}", timeout=10) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        name = ""
        for line in stream:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "event":
                name = value
            elif key == "data":
                found[name] = json.loads(value)
            if name == "tick" and key == "":
                break
    return found


def test_a_station_that_never_ran_has_a_screen_that_says_so(kiosk: Kiosk) -> None:
    parts = first_events(kiosk, "?lang=en")["parts"]
    assert 'data-code="AGENT_NOT_RUNNING"' in parts["wrong"]
    assert parts["tiles"].count("Out of use") >= 4
    assert "Safe to take" not in parts["tiles"]
    assert "No camera has been docked yet." in parts["past"]


def test_every_answer_forbids_what_the_page_does_not_need(kiosk: Kiosk) -> None:
    for path in ("/", "/?lang=en", "/static/kiosk.js", "/receipt.txt?docking=" + "0" * 32):
        _, headers, _ = answer(kiosk, path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_another_name_for_this_host_is_refused(kiosk: Kiosk) -> None:
    assert answer(kiosk, "/", Host="evil.example")[0] == 400
    assert answer(kiosk, "/events", Host="evil.example:80")[0] == 400


def test_what_is_not_there_is_said(kiosk: Kiosk) -> None:
    status, _, page = answer(kiosk, "/receipt?lang=en&docking=" + "0" * 32)
    assert status == 404
    assert "RECEIPT_UNKNOWN" in page
    assert answer(kiosk, "/receipt?docking=../../etc")[0] == 422
    assert answer(kiosk, "/?lang=xx")[0] == 422
    assert answer(kiosk, "/docs")[0] == 404
    assert answer(kiosk, "/static/../app.py")[0] == 404


def test_a_second_screen_and_a_taken_port_are_refused(kiosk: Kiosk, tree: Tree) -> None:
    done = run(tree)
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "KIOSK_PORT_TAKEN")
    assert kiosk.get("/")


def test_sigterm_ends_it_cleanly_while_a_page_is_open(kiosk: Kiosk) -> None:
    with urllib.request.urlopen(f"{kiosk.url}/events", timeout=10) as stream:
        stream.readline()
        assert kiosk.terminate() == 0


def test_a_disabled_screen_does_not_start(tree: Tree) -> None:
    tree.config.write_text(f"{tree.config.read_text()}\nenabled = false\n")
    done = run(tree)
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "KIOSK_DISABLED")


def test_it_listens_on_loopback_and_nothing_else(kiosk: Kiosk, free_port: int) -> None:
    table = Path("/proc/net/tcp").read_text().splitlines()
    listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    mine = [each for each in listening if each.endswith(f":{free_port:04X}")]
    assert mine == [f"0100007F:{free_port:04X}"]
