"""`central serve` as a process: ready in one line, ends within 5 s, survives kill -9."""

import os
import select
import signal
import subprocess
import sys
import time

import httpx
import pytest

from central.config import HttpSection
from central.listeners import PortTakenError, for_people


class Process:
    """One `central serve`, with its ready line read."""

    def __init__(self, site):
        self.child = subprocess.Popen(
            [sys.executable, "-m", "central", "serve", "--config", str(site.made.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.child.stdout is not None
        readable, _, _ = select.select([self.child.stdout], [], [], 60)
        assert readable, "no ready line within 60 s"
        self.ready = self.child.stdout.readline().strip()
        self.url = f"http://127.0.0.1:{site.config.http.port}"

    def end(self, number, within=20.0):
        began = time.monotonic()
        self.child.send_signal(number)
        status = self.child.wait(within)
        return status, time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait(10)
        self.child.stdout.close()
        self.child.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_names_the_url_and_a_signal_ends_it_within_5_s(site, number):
    with Process(site) as process:
        assert process.ready == f"central of test: {process.url}"
        with httpx.Client(base_url=process.url, trust_env=False) as client:
            assert client.get("/health").json()["status"] == "ok"
            status, took = process.end(number)  # with an idle connection still open
    assert status == 0
    assert took < 5


def test_a_second_process_on_the_same_folder_is_refused(site):
    with Process(site):
        words = [sys.executable, "-m", "central", "serve", "--config", str(site.made.config)]
        second = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert "DATA_FOLDER_IN_USE" in second.stderr


def test_killed_process_starts_again(site):
    with Process(site) as first:
        assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL
    with Process(site) as second:
        assert httpx.get(f"{second.url}/health", trust_env=False).status_code == 200


def test_serving_takes_flat_memory_for_big_footage(opened, station):
    from tests.central.served import Served

    data = os.urandom(1 << 20) * 48
    with Served(opened, station).running() as served:
        recording = served.stored(data)
        with served.person("auditor") as auditor:
            url = f"/api/v1/recordings/{recording}/footage"
            before = peak()
            with auditor.stream("GET", url) as answer:
                total = sum(len(chunk) for chunk in answer.iter_bytes(1 << 20))
    assert total == len(data)
    assert peak() - before < 24 << 20


def peak():
    """Most memory that this process ever held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def test_taken_port_is_named():
    first = for_people(lambda *_: None, HttpSection(port=0))
    port = first.bound.getsockname()[1]
    with pytest.raises(PortTakenError) as taken:
        for_people(lambda *_: None, HttpSection(port=port))
    first.bound.close()
    assert taken.value.facts["port"] == port


@pytest.mark.parametrize("command", ["serve", "user", "token", "export", "vault"])
def test_help_of_each_command_is_complete(command):
    done = subprocess.run(
        [sys.executable, "-m", "central", command, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert len(done.stdout) > 100
