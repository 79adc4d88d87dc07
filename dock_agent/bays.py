"""Which bays hold a camera, as the bay helper announces it.

Promise: every announcement that stays becomes one `Docked`, including those that were there
before the agent; its removal, or a new docking in the same bay, becomes one `Undocked`
first. inotify only wakes the watcher early; a slow re-scan finds what it missed.
Does not look at the camera: an announcement says where, and is believed no further.
"""

import contextlib
import logging
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from dock_agent.copy_errors import AnnouncementMalformedError
from dock_agent.errors import AgentError
from firmware_hooks import announcement as announcements
from firmware_hooks.announcement import Announcement
from firmware_hooks.errors import AnnouncementError

RESCAN_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Docked:
    """A camera is mounted in this bay, now."""

    announcement: Announcement


@dataclass(frozen=True, slots=True)
class Undocked:
    """The camera of that docking is gone from the bay."""

    bay: str
    docking: str


@dataclass(frozen=True, slots=True)
class BayProblem:
    """Something in the announcement folder says nothing usable; told once per version."""

    bay: str
    problem: AgentError


BayEvent = Docked | Undocked | BayProblem
BayQueue = SimpleQueue[BayEvent]
_Version = tuple[int, int, int]


class Bays:
    """What was announced so far; `look` tells what is different now. Not thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._docked: dict[str, Announcement] = {}
        self._versions: dict[str, _Version] = {}

    def look(self) -> list[BayEvent]:
        """Compare the folder with what was told; undocks come before docks.

        A folder that cannot be listed undocks nobody: it is a problem, told once.
        """
        try:
            present = self._present()
        except OSError as failure:
            return self._malformed("", (failure.errno or 0, 0, 0), str(failure))
        self._versions.pop("", None)
        undocked: list[BayEvent] = [self._gone(bay) for bay in set(self._docked) - set(present)]
        for bay in set(self._versions) - set(present):
            del self._versions[bay]
        changed = [bay for bay in sorted(present) if self._versions.get(bay) != present[bay]]
        return undocked + [event for bay in changed for event in self._read(bay, present[bay])]

    def _present(self) -> dict[str, _Version]:
        present: dict[str, _Version] = {}
        if not self._folder.is_dir():
            return present
        for path in self._folder.iterdir():
            if path.suffix != ".json" or path.name.startswith("."):
                continue
            with contextlib.suppress(FileNotFoundError):
                facts = path.lstat()
                version = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
                present[path.stem] = version if stat.S_ISREG(facts.st_mode) else (0, 0, 0)
        return present

    def _read(self, bay: str, version: _Version) -> list[BayEvent]:
        if version == (0, 0, 0):
            return self._malformed(bay, version, "something that is no plain file")
        try:
            found = announcements.read(self._folder / f"{bay}.json")
        except FileNotFoundError:
            return []  # gone since it was listed; the next look says so
        except (AnnouncementError, OSError) as fault:
            return self._malformed(bay, version, str(fault))
        self._versions[bay] = version
        known = self._docked.get(bay)
        if known == found:
            return []
        events: list[BayEvent] = [] if known is None else [self._gone(bay)]
        self._docked[bay] = found
        return [*events, Docked(found)]

    def _gone(self, bay: str) -> Undocked:
        return Undocked(bay, self._docked.pop(bay).docking)

    def _malformed(self, bay: str, version: _Version, found: str) -> list[BayEvent]:
        if self._versions.get(bay) == version:
            return []
        self._versions[bay] = version
        problem = AnnouncementMalformedError(
            expected=f"an announcement in {self._folder / bay}", found=found, bay=bay
        )
        events: list[BayEvent] = [self._gone(bay)] if bay in self._docked else []
        return [*events, BayProblem(bay, problem)]


class BayWatch(FileSystemEventHandler):
    """Watches the announcement folder from a thread of its own and fills `events`."""

    def __init__(
        self, folder: Path, events: BayQueue, *, rescan_seconds: float = RESCAN_SECONDS
    ) -> None:
        self._folder = folder
        self._bays = Bays(folder)
        self._tell: Callable[[BayEvent], None] = events.put
        self._rescan = rescan_seconds
        self._wake = threading.Event()
        self._ended = False
        self._observer = Observer()
        self._thread = threading.Thread(target=self._run, name="bays", daemon=True)

    def __enter__(self) -> Self:
        """Start watching; what is announced already is told first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._observer.schedule(self, str(self._folder))
            self._observer.start()
        except OSError:  # no inotify left: slower, and still complete
            _log.warning("bays are watched by re-scan alone", exc_info=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        self._wake.set()
        self._thread.join()
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Wake on writes only: watchdog also tells of files that are merely opened."""
        if event.event_type in {"created", "moved", "deleted", "closed", "modified"}:
            self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            for event in self._bays.look():
                self._tell(event)
            self._wake.wait(self._rescan)
