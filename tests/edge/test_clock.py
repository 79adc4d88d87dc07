import time
from pathlib import Path

import pytest

from edge import clock
from edge.evidence.instant import Instant

# What `chronyc -c tracking` prints: id, address, stratum, reference time, system offset,
# last offset, rms offset, frequency, residual, skew, delay, dispersion, interval, leap.
SYNCED = (
    "C0A80001,192.168.0.1,3,1795411061.1,-0.002500000,0.0,0.0,1.5,0.0,0.1,"
    "0.020000000,0.001000000,64.2,Normal"
)


def chronyc(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of that name, first in the path."""
    program = folder / "chronyc"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_now_is_utc_to_the_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    now = clock.now()
    after = time.time_ns() // 1_000_000
    assert isinstance(now, Instant)
    assert before <= now.ms <= after


def test_differences_never_run_backwards() -> None:
    readings = [clock.monotonic() for _ in range(1000)]
    assert readings == sorted(readings)


def test_the_bound_is_what_chrony_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chronyc(tmp_path, monkeypatch, f"echo '{SYNCED}'")
    reading = clock.reading()
    # |offset| 2.5 ms + dispersion 1 ms + half the delay 10 ms, rounded up
    assert reading.source == "chrony"
    assert reading.error_ms is not None
    assert 14 <= reading.error_ms <= 15


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "echo 506 Cannot talk to daemon; exit 1",
        "echo",
        "echo not,a,tracking,line",
        f"echo '{SYNCED.replace(',3,', ',0,')}'",
        "exec sleep 30",
    ],
)
def test_without_a_stated_bound_the_clock_says_only_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(clock, "_CHRONY_TIMEOUT_S", 0.3)
    chronyc(tmp_path, monkeypatch, script)
    reading = clock.reading()
    assert (reading.source, reading.error_ms) == ("system", None)


def test_without_chrony_there_is_no_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reading = clock.reading()
    assert (reading.source, reading.error_ms) == ("system", None)
    assert abs(reading.now.minus(clock.now())) < 10_000
