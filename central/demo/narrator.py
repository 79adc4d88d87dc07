"""Tells the journey: one line a step, live progress while a step runs, and the report.

On a terminal the running step redraws in place; into a file or a pipe goes a line for each
file that is copied and for each finished step. The same facts, with times, are kept for
`report.json`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.text import Text

from central.demo.words import Words
from edge import clock, durable

_KIB = 1024
_NAME_COLUMN = 46


def amount(size: float) -> str:
    """A number of bytes for people, in binary units: ``3.5 MiB``."""
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < _KIB:
            break
        value, unit = value / _KIB, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


@dataclass(slots=True)
class Step:
    """One step of the journey while it runs; `facts` fill its closing sentence."""

    name: str
    facts: dict[str, object] = field(default_factory=dict)


class Narrator:
    """One journey, told to a console and remembered for the report."""

    def __init__(self, console: Console, words: Words) -> None:
        self.console = console
        self.words = words
        self.steps: list[dict[str, object]] = []
        self.recordings: list[dict[str, object]] = []
        self._started = clock.now()
        self._origin = clock.monotonic()
        self._status: Status | None = None
        self._mark: object = None

    @property
    def seconds(self) -> float:
        """Seconds since the journey began."""
        return clock.monotonic() - self._origin

    def line(self, text: str, style: str = "") -> None:
        """Print one line, whole: nothing is cut at the width of the terminal."""
        self.console.print(Text(text, style=style), soft_wrap=True, highlight=False)

    def live(self, text: str, *, mark: object) -> None:
        """Redraw the running step; into a pipe, a line each time that `mark` is another."""
        if self.console.is_terminal:
            if self._status is not None:
                self._status.update(Text(text, overflow="ellipsis", no_wrap=True))
        elif mark != self._mark:
            self._mark = mark
            self.line(f"  {text}", "dim")

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Run one step: told when it ends, remembered whether it ends well or not."""
        step, began, at = Step(name), clock.monotonic(), clock.now()
        title = self.words.say(name)
        error: BaseException | None = None
        self._status = self.console.status(title, spinner="dots")
        try:
            with self._status:
                yield step
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._status = None
            seconds = round(clock.monotonic() - began, 3)
            self._remember(step, str(at), seconds, error)
            if error is None:
                self._tell(title, self.words.say(f"{name}.done", **step.facts), seconds)

    def failed(self, step: str, reason: str) -> None:
        """Say which step failed and why."""
        self.line(f"✘ {self.words.say('failed', step=self.words.say(step))}", "bold red")
        self.line(f"  {reason}")

    def report(self, *, ok: bool, reason: str | None, extra: dict[str, object]) -> bytes:
        """The whole journey as JSON."""
        body: dict[str, object] = {
            "format": "liuhen-demo-report/v1",
            "ok": ok,
            "started": str(self._started),
            "finished": str(clock.now()),
            "seconds": round(self.seconds, 3),
            "steps": self.steps,
            "recordings": self.recordings,
            **extra,
        }
        if reason is not None:
            body["reason"] = reason
        return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"

    def write_report(self, path: Path, report: bytes) -> None:
        """Put the report where `--keep` asked for it."""
        durable.replace(path, report)

    def _remember(self, step: Step, at: str, seconds: float, error: BaseException | None) -> None:
        row: dict[str, object] = {
            "step": step.name,
            "ok": error is None,
            "at": at,
            "seconds": seconds,
            "facts": step.facts,
        }
        if error is not None:
            row["reason"] = str(error) or type(error).__name__
        self.steps.append(row)

    def _tell(self, title: str, facts: str, seconds: float) -> None:
        text = Text.assemble(
            ("✔ ", "green"),
            (title, "bold"),
            " " * max(1, _NAME_COLUMN - Text(title).cell_len),
            facts,
            (f"  {seconds:.1f} s", "dim"),
        )
        self.console.print(text, soft_wrap=True, highlight=False)
