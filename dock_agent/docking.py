"""One docking, from the announcement to docking/v1, in order.

1. identify the camera          -> dockings row, `detected`
2. scan, sign the inventory     -> before a single file is opened
3. each file, important first: copy and prove, then seal its manifest, or note that the
   same content of the same camera and path was sealed before
4. what failed is tried again after a pause, a bounded number of times
5. docking/v1 says what became of every file
Every step is found done or not done in the ledger: after kill -9 the same announcement
continues where it stopped, and doing a step again changes nothing. Sends nothing.
"""

import threading
from pathlib import Path

from dock_agent import closing
from dock_agent.errors import (
    AgentError,
    LedgerError,
    SourceChangedError,
    StoppingError,
    VanishedError,
)
from dock_agent.filing import Filing
from dock_agent.inventory import seal_inventory
from dock_agent.kit import Kit
from dock_agent.ledger import DockingRow, FileRow, Problem
from dock_agent.progress import Progress
from dock_agent.scan import scan
from edge import clock
from edge.evidence.statement import Camera
from firmware_hooks.announcement import Announcement

_WAITS = frozenset({"listed", "copied"})
_SLICE_S = 0.2


class Docking:
    """Runs in one thread; `gone` is set by another when the camera is pulled."""

    def __init__(self, kit: Kit, announcement: Announcement, gone: threading.Event) -> None:
        self._kit = kit
        self._announced = announcement
        self._mount = Path(announcement.mount)
        self._gone = gone
        self._changed: set[int] = set()

    def run(self) -> None:
        """Do what is left to do. Raises StoppingError; everything else is settled here."""
        kit = self._kit
        row = kit.ledger.dockings.get(self._announced.docking)
        if row is not None and row.state == "closed":
            if not self._has_work():
                return
            kit.ledger.dockings.reopen(row.docking)
        try:
            row = row or self._arrive()
            if row.inventory is None:
                row = self._list(row)
            self._fetch(row)
        except VanishedError as vanished:
            row = kit.ledger.dockings.get(self._announced.docking)
            if row is None:
                return
            leave_behind(kit, row, vanished)
        closing.close(kit, row)

    def _arrive(self) -> DockingRow:
        """1: who is it? Hardware says so, as far as anything does; names never do."""
        said = self._announced
        profile = self._kit.registry.identify(self._mount, said.serial)
        camera = Camera(
            serial=said.serial,
            fs_uuid=said.fs_uuid,
            port=said.port,
            profile=profile.name,
            write_block=said.write_block,
            assigned=False,
        )
        row = DockingRow(
            docking=said.docking,
            bay=said.bay,
            camera_key=camera_key(said),
            camera=camera.to_wire(),
            started=str(clock.now()),
        )
        self._kit.ledger.dockings.begin(row)
        self._kit.events.publish("detected", bay=row.bay, docking=row.docking, camera=row.camera)
        return row

    def _list(self, row: DockingRow) -> DockingRow:
        """2: everything that is there, signed."""
        kit = self._kit
        profile = kit.registry.profiles[str(row.camera["profile"])]
        listing = scan(self._mount, profile)
        seal_inventory(kit.sealer, kit.ledger, row, listing, clock.reading())
        kit.events.publish(
            "inventory",
            bay=row.bay,
            docking=row.docking,
            files=len(listing.entries),
            bytes=listing.size,
        )
        for each in listing.problems:
            kit.events.publish(
                "problem",
                bay=row.bay,
                docking=row.docking,
                code=each.code,
                path=each.text,
                expected=each.expected,
                found=each.found,
            )
        return kit.ledger.dockings.get(row.docking) or row

    def _fetch(self, row: DockingRow) -> None:
        """3 and 4."""
        tries = self._kit.offload.attempts
        pause = self._kit.offload.retry_seconds
        for attempt in range(1, tries + 1):
            if not self._pass(row, last=attempt == tries):
                return
            self._wait(pause)
            pause *= 2

    def _pass(self, row: DockingRow, *, last: bool) -> bool:
        """Try every file that waits, once; answers whether any has to be tried again."""
        kit = self._kit
        files = kit.ledger.files.of(row.docking)
        progress = Progress(kit.events, row, files)
        filing = Filing(kit, row, self._mount, progress, self._ends)
        again = False
        for file in files:
            if file.state not in _WAITS:
                continue
            self._wait(0.0)
            progress.start(file)
            try:
                whole = filing.take(file, salvage=last and file.id in self._changed)
            except (VanishedError, StoppingError):
                self._wait(0.0)
                raise
            except LedgerError:
                raise
            except AgentError as failure:
                again = True
                self._failed(row, file, failure, last=last)
            else:
                if whole:
                    kit.problems.over(f"docking {row.docking}", path=file.name)
        return again

    def _failed(self, row: DockingRow, file: FileRow, failure: AgentError, *, last: bool) -> None:
        self._wait(0.0)
        if isinstance(failure, SourceChangedError):
            self._changed.add(file.id)
        about = Problem(path=file.name, bay=row.bay, docking=row.docking)
        self._kit.problems.note(f"docking {row.docking}", failure, about=about)
        if last:
            self._kit.ledger.files.failed(file.id, failure.code, failure.expected, failure.found)

    def _wait(self, seconds: float) -> None:
        """Sleep, unless the camera is pulled or the agent ends: then say so."""
        until = clock.monotonic() + seconds
        while True:
            if self._gone.is_set():
                raise VanishedError(
                    expected=f"the camera to stay in bay {self._announced.bay}",
                    found="its announcement was withdrawn",
                )
            left = until - clock.monotonic()
            if self._kit.stop.wait(min(max(left, 0.0), _SLICE_S)):
                raise StoppingError(expected="time to finish", found="the agent is ending")
            if left <= 0:
                return

    def _ends(self) -> bool:
        """Asked between the pieces of a file."""
        return self._gone.is_set() or self._kit.stop.is_set()

    def _has_work(self) -> bool:
        files = self._kit.ledger.files.of(self._announced.docking)
        return any(file.state in _WAITS for file in files)


def leave_behind(kit: Kit, row: DockingRow, vanished: VanishedError) -> None:
    """Say of what was not taken that it is still on the camera."""
    with kit.ledger.transaction():
        for file in kit.ledger.files.of(row.docking):
            if file.state in _WAITS:
                kit.ledger.files.failed(file.id, vanished.code, vanished.expected, vanished.found)
    about = Problem(bay=row.bay, docking=row.docking)
    kit.problems.note(closing.camera_subject(row), vanished, about=about)


def camera_key(said: Announcement) -> str:
    """What makes two dockings the same camera: serial and file system, never the port.

    A card that says neither is a camera of its own each time: two unmarked cameras must
    not pass for one.
    """
    if said.serial is None and said.fs_uuid is None:
        return f"docking {said.docking}"
    return f"serial {said.serial or '-'} fs {said.fs_uuid or '-'}"
