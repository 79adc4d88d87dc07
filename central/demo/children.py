"""Child processes that end with the demo, however the demo ends.

Each child gets SIGTERM from the kernel when the demo dies (Linux, prctl(2)
PR_SET_PDEATHSIG), writes its log to a file of its own, and is ended by its pid.
"""

import ctypes
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_PR_SET_PDEATHSIG = 1
_GRACE_S = 8.0
_TAIL_LINES = 12
_LIBC = ctypes.CDLL(None, use_errno=True)


class ChildEndedError(Exception):
    """A process that should be running is not; the message carries the end of its log."""

    code = "PROCESS_ENDED"


@dataclass(slots=True)
class Child:
    """One running process and its log."""

    name: str
    process: subprocess.Popen[str]
    log: Path

    def check(self) -> None:
        """Raise ChildEndedError where the process has ended."""
        status = self.process.poll()
        if status is not None:
            message = (
                f"expected {self.name} to be running, found it ended with {status}:\n{self.tail()}"
            )
            raise ChildEndedError(message)

    def tail(self) -> str:
        """The last lines of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-_TAIL_LINES:])

    def end(self) -> None:
        """SIGTERM, then SIGKILL after a grace period. Twice is once."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(slots=True)
class Children:
    """What the demo started, ended in reverse order on leaving the `with` block."""

    logs: Path
    running: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in reversed(self.running):
            child.end()

    def start(
        self,
        name: str,
        module: str,
        *words: str,
        on_line: Callable[[str], None] | None = None,
    ) -> Child:
        """Run `python -m module words...`; with `on_line`, hand over each line it prints."""
        log = self.logs / f"{name}.log"
        with log.open("a", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                stdin=subprocess.DEVNULL,
                stdout=stderr if on_line is None else subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches the demo alone; it ends the rest
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads run yet in the child
            )
        child = Child(name, process, log)
        self.running.append(child)
        if on_line is not None and process.stdout is not None:
            _follow(process.stdout, on_line, name)
        return child

    def check(self) -> None:
        """Raise ChildEndedError where any of them has ended."""
        for child in self.running:
            child.check()


def run(module: str, *words: str) -> str:
    """Run one command to its end and return what it printed; raise where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        message = (
            f"expected `{module} {words[0]}` to exit 0, found {done.returncode}:\n"
            f"{done.stderr.strip()}"
        )
        raise ChildEndedError(message)
    return done.stdout


def _follow(stream: IO[str], on_line: Callable[[str], None], name: str) -> None:
    def read() -> None:
        for line in stream:
            on_line(line)

    threading.Thread(target=read, name=f"{name}-lines", daemon=True).start()


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
