"""Start and end a `faultfs` for one test."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_PROGRAM = Path(__file__).with_name("faultfs.py")
_START_SECONDS = 20.0


@dataclass
class Mounted:
    """A running fault file system. Calling it gives it one command."""

    path: Path
    process: "subprocess.Popen[str]"

    def __call__(self, command: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def fault_fs(at: Path) -> Iterator[Mounted]:
    """Mount an empty one at `at`; skips, with the reason, where FUSE cannot be used."""
    if reason := _missing():
        pytest.skip(reason)
    at.mkdir(parents=True)
    command = [sys.executable, str(_PROGRAM), str(at)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    try:
        _await_mount(at, process)
        yield Mounted(at, process)
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=False, capture_output=True)
        process.kill()
        process.wait()


def _await_mount(at: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not at.is_mount():
        if process.poll() is not None or time.monotonic() > deadline:
            said = process.stderr.read() if process.stderr and process.poll() else ""
            pytest.skip(f"the fault file system does not start here: {said[-200:]}")
        time.sleep(0.02)


@cache
def _missing() -> str | None:
    if not Path("/dev/fuse").exists():
        return "no /dev/fuse"
    try:
        import mfusepy  # noqa: F401
    except (ImportError, OSError) as failure:
        return f"no FUSE library: {failure}"
    return None
