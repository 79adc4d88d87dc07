"""One look at the station: announcements, ledger, lock, disk, clock. Values, no verdicts.

A ledger that cannot be read is a fact too (`broken`), and whatever hangs on it is then
missing, so that nothing is called safe by mistake. Changes nothing.
"""

import os
from dataclasses import dataclass, replace

from dock_agent import lock
from dock_agent.config import StationConfig
from dock_agent.errors import AgentError
from dock_agent.kiosk.receipt import Receipt
from dock_agent.kiosk.receipt_book import ReceiptBook
from dock_agent.ledger import DockingRow, Ledger, Problem, Tally
from dock_agent.vault import Vault
from edge import clock
from edge.clock import Reading
from edge.evidence.instant import Instant
from firmware_hooks import announcement
from firmware_hooks.announcement import Announcement
from firmware_hooks.errors import AnnouncementError

RECENT = 6
_CLOCK_EVERY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DockingFacts:
    """One docking as the ledger knows it; `problems` are open ones."""

    row: DockingRow
    tally: Tally
    problems: tuple[Problem, ...] = ()
    receipt: Receipt | None = None

    @property
    def serial(self) -> str | None:
        """What the camera's hardware calls itself."""
        serial = self.row.camera.get("serial")
        return str(serial) if serial else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BayFacts:
    """`docking` is the announced one's, or the last one's where the bay is empty."""

    bay: str
    announced: Announcement | None = None
    unreadable: bool = False
    docking: DockingFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """`room` is what the vault may still take; the rest is kept for the ledger."""

    total: int
    free: int
    room: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    station: str
    at: Instant
    running: bool
    bays: tuple[BayFacts, ...]
    recent: tuple[DockingFacts, ...] = ()
    problems: tuple[Problem, ...] = ()
    unanswered_since: Instant | None = None
    register: bool = False
    disk: Disk | None = None
    clock: Reading
    broken: str | None = None


class Eyes:
    """Looks again and again at one station; keeps what is dear to ask for."""

    def __init__(self, config: StationConfig) -> None:
        self._config = config
        self._ledger: Ledger | None = None
        self._vault = Vault(config.vault)
        self._receipts = ReceiptBook(config.station)
        self._reading: Reading | None = None
        self._next_reading = 0.0

    def version(self) -> int:
        """Another number when the ledger changed; 0 where there is none to ask."""
        return self._ledger.overview.version() if self._ledger is not None else 0

    def look(self) -> Facts:
        """Answer what is true now."""
        announced, unreadable = self._announcements()
        names = dict.fromkeys([*self._config.kiosk.bays, *sorted({*announced, *unreadable})])
        bays = tuple(
            BayFacts(bay=bay, announced=announced.get(bay), unreadable=bay in unreadable)
            for bay in names
        )
        plain = Facts(
            station=self._config.station,
            at=clock.now(),
            running=lock.is_running(self._config.data),
            bays=bays,
            disk=self._disk(),
            clock=self._clock(),
        )
        try:
            return self._with_ledger(plain)
        except AgentError as failure:
            self._ledger = None
            return replace(plain, broken=failure.code)

    def _with_ledger(self, plain: Facts) -> Facts:
        if self._ledger is None:
            self._ledger = Ledger.existing(self._config.ledger)
        ledger = self._ledger
        problems = tuple(row.problem for row in ledger.problems.open())
        recent = [row for row in ledger.dockings.recent(RECENT) if row.state == "closed"]
        recent.sort(key=lambda row: row.finished or "", reverse=True)
        return replace(
            plain,
            bays=tuple(self._bay(ledger, bay, problems) for bay in plain.bays),
            recent=tuple(self._docking(ledger, row, problems) for row in recent),
            problems=problems,
            unanswered_since=ledger.overview.unanswered_since(),
            register=ledger.overview.keeps_register(),
        )

    def _bay(self, ledger: Ledger, bay: BayFacts, problems: tuple[Problem, ...]) -> BayFacts:
        name = bay.announced.docking if bay.announced else ledger.overview.latest(bay.bay)
        row = ledger.dockings.get(name) if name else None
        if row is None:
            return bay
        return replace(bay, docking=self._docking(ledger, row, problems))

    def _docking(
        self, ledger: Ledger, row: DockingRow, problems: tuple[Problem, ...]
    ) -> DockingFacts:
        tally = ledger.overview.tally(row.docking)
        return DockingFacts(
            row=row,
            tally=tally,
            problems=tuple(each for each in problems if each.docking == row.docking),
            receipt=self._receipts.of(ledger, row, tally),
        )

    def receipt(self, docking: str) -> Receipt | None:
        """The receipt of any docking that ended, however long ago; None where there is none."""
        ledger = Ledger.existing(self._config.ledger)
        try:
            row = ledger.dockings.get(docking)
            return self._receipts.of(ledger, row, ledger.overview.tally(docking)) if row else None
        finally:
            ledger.close()

    def _announcements(self) -> tuple[dict[str, Announcement], set[str]]:
        found: dict[str, Announcement] = {}
        unreadable: set[str] = set()
        for path in self._config.announcements.glob("[!.]*.json"):
            try:
                found[path.stem] = announcement.read(path)
            except FileNotFoundError:
                continue  # gone since it was listed
            except (AnnouncementError, OSError):
                unreadable.add(path.stem)
        return found, unreadable

    def _disk(self) -> Disk | None:
        try:
            disk = os.statvfs(self._config.data)
            room = max(self._vault.free_bytes(), 0)
        except OSError:
            return None
        free = disk.f_bavail * disk.f_frsize
        return Disk(total=disk.f_blocks * disk.f_frsize, free=free, room=room)

    def _clock(self) -> Reading:
        """Asking the time service costs a process: now and then is enough."""
        if self._reading is None or clock.monotonic() >= self._next_reading:
            self._reading = clock.reading()
            self._next_reading = clock.monotonic() + _CLOCK_EVERY_S
        return self._reading
