"""What one bay's tile says: a verdict for the hand, a state, and the numbers beside it.

The verdict is TAKE only when
1. the ledger closed the very docking that is announced now, as `complete` or `nothing-new`,
2. every file that its inventory lists is sealed, or known by content, and none waits,
3. and nothing about it is an open problem.
`sealed` means copied, read back, compared and signed (see `filing`). Events never make a
verdict. Everything that is not understood is STAY. Pure.
"""

from dataclasses import dataclass

from dock_agent.closing import COMPLETE, NOTHING_NEW
from dock_agent.errors import StationDiskError
from dock_agent.kiosk.facts import BayFacts, DockingFacts
from dock_agent.kiosk.progress import Progress
from dock_agent.kiosk.receipt import Receipt
from dock_agent.kiosk.state import State, Verdict
from dock_agent.ledger import Tally

RECORDER_PROFILE = "station-recorder"
AGENT_NOT_RUNNING = "AGENT_NOT_RUNNING"
_PROVEN = ("sealed", "logged", "stored", "known")
_GONE = frozenset({"CAMERA_VANISHED", "CAMERA_GONE"})
_DISK_FULL = StationDiskError.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """`proven` of `files` are safe here, `stored` of them at central."""

    bay: str
    state: State
    docking: str | None = None
    camera: str | None = None
    officers: tuple[str, ...] = ()
    unregistered: bool = False
    recorder: bool = False
    files: int = 0
    proven: int = 0
    stored: int = 0
    size: int = 0
    done: int = 0
    seconds_left: int | None = None
    code: str | None = None
    receipt: Receipt | None = None

    @property
    def verdict(self) -> Verdict:
        return self.state.verdict

    @property
    def danger(self) -> bool:
        """Footage is in danger until a person does something."""
        return self.state.danger


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a tile has to know of the station."""

    running: bool
    broken: str | None
    network: bool
    register: bool


def tile(bay: BayFacts, around: Around, progress: Progress | None) -> Tile:
    """One bay, judged."""
    state, code = _state(bay, around)
    docking = bay.docking
    if docking is None or state in {State.IDLE, State.OUT}:
        serial = bay.announced.serial if bay.announced else None
        return Tile(bay=bay.bay, state=state, code=code, camera=serial)
    row, tally = docking.row, docking.tally
    return Tile(
        bay=bay.bay,
        state=state,
        docking=row.docking,
        camera=docking.serial,
        officers=tally.officers,
        unregistered=_unregistered(docking, around),
        recorder=row.camera.get("profile") == RECORDER_PROFILE,
        files=tally.files,
        proven=tally.count(*_PROVEN),
        stored=tally.stored,
        size=tally.size,
        done=_done(state, tally, progress),
        seconds_left=progress.seconds_left if progress and state is State.COPYING else None,
        code=code,
        receipt=docking.receipt if bay.announced else None,
    )


def _done(state: State, tally: Tally, progress: Progress | None) -> int:
    """Bytes that are copied, as far as anybody knows."""
    if state is State.SEALING:
        return tally.size
    if progress is None or state is not State.COPYING:
        return tally.proven
    return min(max(tally.proven, progress.done), tally.size)


def _state(bay: BayFacts, around: Around) -> tuple[State, str | None]:
    if bay.unreadable:
        return State.UNREADABLE, "ANNOUNCEMENT_MALFORMED"
    works = around.running and not around.broken
    if bay.announced is None:
        state, code = _empty_bay(bay.docking)
        return (State.OUT if state is State.IDLE and not works else state), code
    docking = bay.docking
    if docking is not None and docking.row.state == "closed" and not _waits(docking):
        return _closed(docking, around)
    if not works:
        return State.STALLED, around.broken if around.running else AGENT_NOT_RUNNING
    return _working(docking)


def _working(docking: DockingFacts | None) -> tuple[State, str | None]:
    if docking is None:
        return State.DETECTED, None
    codes = _codes(docking)
    if _DISK_FULL in codes:
        return State.DISK_FULL, _DISK_FULL
    if docking.row.inventory is None:
        return (State.FAILED, codes[0]) if codes else (State.DETECTED, None)
    return (State.COPYING if _listed(docking) else State.SEALING), None


def _empty_bay(last: DockingFacts | None) -> tuple[State, str | None]:
    """A camera that left too early is asked for until it is docked again, or the bay is used."""
    if last is None:
        return State.IDLE, None
    gone = next((each.code for each in last.problems if each.code in _GONE), None)
    if last.row.state == "open":
        return State.PULLED, gone or "CAMERA_VANISHED"
    return (State.PULLED, gone) if gone else (State.IDLE, None)


def _closed(docking: DockingFacts, around: Around) -> tuple[State, str | None]:
    row, tally, codes = docking.row, docking.tally, _codes(docking)
    whole = tally.count(*_PROVEN) == tally.files
    if row.outcome not in {COMPLETE, NOTHING_NEW} or not whole or codes:  # 1, 2, 3
        full = _DISK_FULL in codes
        code = _DISK_FULL if full else next(iter(codes), "DOCKING_INCOMPLETE")
        return (State.DISK_FULL if full else State.FAILED), code
    if not tally.files:
        return State.EMPTY, None
    if row.outcome == NOTHING_NEW:
        return State.NOTHING_NEW, None
    if tally.stored == tally.files:
        return State.STORED, None
    return (State.SENDING if around.network else State.WAITING), None


def _codes(docking: DockingFacts) -> list[str]:
    """What stands between this card and the station, worst known first."""
    fetch = {f"docking {docking.row.docking}", f"scan {docking.row.docking}"}
    open_now = [each.code for each in docking.problems if each.subject in fetch]
    return list(dict.fromkeys([*docking.tally.codes, *open_now]))


def _waits(docking: DockingFacts) -> bool:
    """A retry put files back; the agent reopens the docking in a moment."""
    return docking.tally.count("listed", "copied") > 0


def _listed(docking: DockingFacts) -> bool:
    return docking.tally.count("listed") > 0


def _unregistered(docking: DockingFacts, around: Around) -> bool:
    """Not assigned where a register is kept; else only a card that says nothing of itself."""
    camera = docking.row.camera
    if around.register:
        return not camera.get("assigned")
    return not camera.get("serial") and not camera.get("fs_uuid")
