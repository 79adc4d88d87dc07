"""The recorder as a process of its own, at a station with bays; its events as they come."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge import clock
from edge.evidence.instant import Instant
from firmware_hooks.announcement import Announcement, announce, retract
from tests.conftest import PROJECT

PATIENCE_S = 60.0


class Station:
    """Announcements, a spool and recorder.toml in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.announcements = root / "announcements"
        self.announcements.mkdir(exist_ok=True)
        self.spool = root / "spool"
        self.config = root / "recorder.toml"
        self.environment: dict[str, str] = {}
        self.events: list[dict] = []
        self.child: subprocess.Popen[str] | None = None
        self.configure()

    def configure(
        self,
        *,
        camera: str = 'source = "test"\nwidth = 320\nheight = 240',
        microphone: str = 'source = "none"',
        segments: str = "seconds = 2",
        maximum: int = 60,
        limit_mib: int = 1024,
    ) -> None:
        self.config.write_text(
            f"""
[recorder]
station = "ST_01"
announcements = "announcements"
maximum_seconds = {maximum}
[spool]
folder = "spool"
limit_mib = {limit_mib}
announce_seconds = 0
[camera]
{camera}
[microphone]
{microphone}
[segments]
{segments}
"""
        )

    def start(self, **options) -> None:
        self.run("record", "--config", str(self.config), **options)
        self.until("ready", lambda: bool(self.named("ready")))

    def run(self, *words: str, **options) -> None:
        """Start a command of `python -m edge` and listen to it."""
        self.child = subprocess.Popen(
            [sys.executable, "-m", "edge", *words],
            stdout=subprocess.PIPE,
            stderr=(self.root / "log").open("a"),
            cwd=PROJECT,
            env={**os.environ, **self.environment},
            text=True,
            **options,
        )
        self._ear = threading.Thread(target=self._listen, args=[self.child], daemon=True)
        self._ear.start()

    def end(self, *, kill: bool = False) -> int:
        """Stop the process; answers its exit code once all it said was heard."""
        assert self.child is not None
        if kill:
            self.child.kill()
        else:
            self.child.terminate()
        return self.ended()

    def ended(self) -> int:
        assert self.child is not None
        code = self.child.wait(PATIENCE_S)
        self._ear.join(PATIENCE_S)
        self.child = None
        return code

    def dock(self, bay: str = "1", *, at: Instant | None = None) -> str:
        docking = secrets.token_hex(16)
        said = Announcement(
            bay=bay,
            docking=docking,
            mount=str(self.root),
            write_block="none",
            at=str(at or clock.now()),
        )
        announce(said, self.announcements)
        return docking

    def undock(self, bay: str = "1") -> None:
        retract(bay, self.announcements)

    def named(self, name: str) -> list[dict]:
        return [each for each in list(self.events) if each["event"] == name]

    def codes(self) -> list[str]:
        return [each["code"] for each in self.named("problem")]

    def until(self, what: str, reached: Callable[[], bool]) -> None:
        deadline = clock.monotonic() + PATIENCE_S
        while not reached():
            ended = self.child is not None and self.child.poll() is not None
            if ended or clock.monotonic() > deadline:
                log = (self.root / "log").read_text()[-3000:]
                raise AssertionError(f"not reached: {what}\n{self.events}\n{log}")
            time.sleep(0.02)

    def until_event(self, name: str, count: int = 1) -> dict:
        """Wait for the `count`th event of a name."""
        self.until(f"{count} {name}", lambda: len(self.named(name)) >= count)
        return self.named(name)[count - 1]

    def past(self, size: int) -> None:
        """Wait until that many bytes of a segment under way were written."""
        self.until(f"{size} bytes under way", lambda: self.unfinished_bytes() > size)

    def unfinished_bytes(self) -> int:
        found = [path.stat().st_size for path in (self.spool / "unfinished").glob("*")]
        return sum(found)

    @property
    def segments(self) -> list[Path]:
        return sorted((self.spool / "card").rglob("*.mp4"))

    @property
    def notes(self) -> list[dict]:
        return [
            json.loads(path.read_bytes()) for path in sorted((self.spool / "card").rglob("*.json"))
        ]

    def _listen(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            self.events.append(json.loads(line))
