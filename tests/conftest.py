"""What all tests share: free ports, a Mosquitto to start, and an honest list of what was skipped.

A test says what it needs by a marker (`broker`, `browser`, `root`, `hardware`); where that is
missing it is skipped with the reason, and the reasons are counted at the end of the run.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
CHROMIUM = Path("/usr/bin/chromium")
FETCH_IT = "`./run test` fetches it"
_left_out: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class Mosquitto:
    """The broker's program, and the environment that lets it find its libraries."""

    program: str
    environment: dict[str, str]


@cache
def find_mosquitto() -> Mosquitto | None:
    """As `./run` found it, else the system's."""
    program = os.environ.get("LIUHEN_MOSQUITTO") or shutil.which("mosquitto")
    program = program or shutil.which("/usr/sbin/mosquitto")
    if program is None:
        return None
    environment = dict(os.environ)
    if libraries := os.environ.get("LIUHEN_MOSQUITTO_LIBS"):
        environment["LD_LIBRARY_PATH"] = libraries
    return Mosquitto(program, environment)


@cache
def can_mount() -> bool:
    """Root in a container may be refused mounts and loop devices: ask, do not guess."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "none", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            return False
        subprocess.run(["umount", folder], check=True)
        return True


def missing(marker: str) -> str | None:
    """Why a test with this marker cannot run here, or None."""
    reasons: dict[str, Callable[[], str | None]] = {
        "broker": lambda: None if find_mosquitto() else f"no Mosquitto; {FETCH_IT}",
        "browser": lambda: None if CHROMIUM.exists() else f"no Chromium; {FETCH_IT} as root",
        "root": lambda: None if can_mount() else "needs root that may mount",
    }
    return reasons[marker]() if marker in reasons else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers():
        if reason := missing(marker.name):
            pytest.skip(reason)


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, how in (("slow", "./run test --slow"), ("hardware", "-m hardware")):
            if item.get_closest_marker(marker):
                _left_out[f"{marker}: {how}"] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist tells what it left out; each has collected the same."""
    if output := getattr(session.config, "workeroutput", None):
        output["left_out"] = dict(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output: dict[str, dict[str, int]] = getattr(node, "workeroutput", {})
    for reason, count in output.get("left_out", {}).items():
        _left_out[reason] = max(_left_out[reason], count)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """One line per reason, at the very end, where a person looks."""
    yield
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    reasons.update(_left_out)
    terminalreporter.section("left out")
    if not reasons:
        terminalreporter.line("skipped: 0")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"skipped: {count} — {reason}")


def _reason(report: pytest.TestReport) -> str:
    detail = report.longrepr
    text = detail[2] if isinstance(detail, tuple) else str(detail)
    return text.removeprefix("Skipped: ")


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def mosquitto() -> Mosquitto:
    found = find_mosquitto()
    if found is None:
        pytest.skip(f"no Mosquitto; {FETCH_IT}")
    return found


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Loopback ports that nobody holds now; all are held while they are chosen."""

    def choose(count: int) -> list[int]:
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        ports = [listener.getsockname()[1] for listener in held]
        for listener in held:
            listener.close()
        return ports

    return choose


@pytest.fixture
def free_port(free_ports: Callable[[int], list[int]]) -> int:
    return free_ports(1)[0]
