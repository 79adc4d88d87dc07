"""The whole screen as values: header, one sentence of what is wrong, tiles, last dockings.

Pure: facts and fresh progress in, a Screen out; two equal screens look the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dock_agent.kiosk.facts import DockingFacts, Facts
from dock_agent.kiosk.progress import Progress
from dock_agent.kiosk.state import State, Verdict
from dock_agent.kiosk.tile import AGENT_NOT_RUNNING, RECORDER_PROFILE, Around, Tile, tile
from dock_agent.ledger import Problem
from edge.evidence.instant import Instant

_SILENT_MS = 60_000
_SHORT_PERCENT = 10
# What is told first, where several things are wrong.
_WORST = (
    *("CHECKPOINT_FORK", "CENTRAL_BEHIND", "DISK_FULL", "VAULT_DAMAGED", "VAULT_LOST"),
    *("VAULT_FAILED", "READBACK_MISMATCH", "CAMERA_VANISHED", "CAMERA_GONE"),
)


class Network(StrEnum):
    FINE = "fine"
    DOWN = "down"
    SILENT = "silent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`used` is what percent of the disk footage cannot have; `short` that little is left."""

    station: str
    minute: Instant
    network: Network
    error_ms: int | None
    used: int | None
    short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing for the sentence; `more` others are open beside it."""

    code: str
    about: str | None = None
    more: int = 0

    @property
    def danger(self) -> bool:
        """Whether footage is in danger; a lost network puts none there."""
        return not self.code.startswith(("BROKER_", "UPLOAD_", "WITNESS_", "CONSISTENCY_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A docking that ended."""

    docking: str
    camera: str | None
    finished: Instant
    outcome: str
    files: int
    stored: int
    receipt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    header: Header
    tiles: tuple[Tile, ...]
    recorder: Tile | None = None
    wrong: Wrong | None = None
    past: tuple[Past, ...] = ()


def compose(facts: Facts, progress: Mapping[str, Progress]) -> Screen:
    """Everything the officer sees."""
    network = _network(facts)
    around = Around(
        running=facts.running,
        broken=facts.broken,
        network=network is Network.FINE,
        register=facts.register,
    )
    tiles = [tile(bay, around, progress.get(_docking_of(bay.docking))) for bay in facts.bays]
    shown = {
        each.docking or "" for each in tiles if each.verdict not in {Verdict.FREE, Verdict.OUT}
    }
    shown |= {f"bay {each.bay}" for each in tiles if each.state is State.UNREADABLE}
    own = [each for each in tiles if each.recorder]
    return Screen(
        header=_header(facts, network, full=any(each.state is State.DISK_FULL for each in tiles)),
        tiles=tuple(each for each in tiles if not each.recorder),
        recorder=own[0] if own else None,
        wrong=_wrong(facts, shown),
        past=tuple(_past(each) for each in facts.recent if _is_camera(each)),
    )


def _header(facts: Facts, network: Network, *, full: bool) -> Header:
    disk = facts.disk
    return Header(
        station=facts.station,
        minute=Instant(facts.at.ms - facts.at.ms % 60_000),
        network=network,
        error_ms=facts.clock.error_ms,
        used=100 - 100 * disk.room // disk.total if disk and disk.total else None,
        short=full or (disk is not None and disk.room * 100 < disk.total * _SHORT_PERCENT),
    )


def _network(facts: Facts) -> Network:
    """Broker and upload listener as the agent last saw them; silence counts after a minute."""
    if not facts.running or facts.broken:
        return Network.UNKNOWN
    if any(_is_line(each) for each in facts.problems):
        return Network.DOWN
    waiting = facts.unanswered_since
    if waiting is not None and facts.at.minus(waiting) > _SILENT_MS:
        return Network.SILENT
    return Network.FINE


def _is_line(problem: Problem) -> bool:
    return problem.subject in {"broker", "upload"}


def _wrong(facts: Facts, shown: set[str]) -> Wrong | None:
    """The worst thing that no tile tells already; a lost network has its place in the header."""
    if not facts.running:
        return Wrong(code=AGENT_NOT_RUNNING)
    if facts.broken:
        return Wrong(code=facts.broken)
    untold = [each for each in facts.problems if not {each.docking, each.subject} & shown]
    if facts.disk is not None and facts.disk.room == 0:
        untold.append(Problem(code="DISK_FULL"))
    if not untold:
        return None
    rank = {code: place for place, code in enumerate(_WORST)}
    worst = min(untold, key=lambda each: rank.get(each.code, len(_WORST) + _is_line(each)))
    others = {(each.subject, each.code) for each in untold} - {(worst.subject, worst.code)}
    return Wrong(code=worst.code, about=worst.bay, more=len(others))


def _past(docking: DockingFacts) -> Past:
    row = docking.row
    return Past(
        docking=row.docking,
        camera=docking.serial,
        finished=Instant.parse(row.finished or row.started),
        outcome=row.outcome or "incomplete",
        files=docking.tally.files,
        stored=docking.tally.stored,
        receipt=docking.receipt is not None,
    )


def _is_camera(docking: DockingFacts) -> bool:
    return docking.row.camera.get("profile") != RECORDER_PROFILE


def _docking_of(docking: DockingFacts | None) -> str:
    return docking.row.docking if docking else ""
