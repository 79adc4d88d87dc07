"""The end of a docking: docking/v1, which says what became of every file.

`complete`: everything is sealed and something of it is new. `nothing-new`: everything was
known by content; this is the signed receipt for a card docked twice. `incomplete`: the
camera vanished, or something could not be taken; a person has to look. Long lists are cut
to what one envelope carries, and say so; the counts are always whole.
"""

from collections.abc import Iterable
from typing import TypeVar

from dock_agent.kit import Kit
from dock_agent.ledger import DockingRow, FileRow, Ledger
from edge import clock
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.instant import Instant
from edge.evidence.statement import Camera, Docking, DockingProblem, KnownFile, StationLink

COMPLETE, NOTHING_NEW, INCOMPLETE = "complete", "nothing-new", "incomplete"
SEALED = frozenset({"sealed", "logged", "stored"})
_KNOWN = (10_000, 400_000)
_PROBLEMS = (999, 250_000)
_LONGEST = 1024
_T = TypeVar("_T", KnownFile, DockingProblem)


def close(kit: Kit, docking: DockingRow) -> None:
    """Seal the end of a docking.

    A camera that vanished before its inventory was signed leaves nothing to sign about:
    such a docking is closed in the ledger alone.
    """
    ledger, sealer = kit.ledger, kit.sealer
    finished = clock.now()
    files = ledger.files.of(docking.docking)
    problems = _problems(ledger, docking, files)
    outcome = _outcome(files, problems)
    with ledger.transaction():
        if docking.inventory is not None:
            draft = _Draft(docking, files, problems, outcome, finished)
            sealer.seal(draft.made, docking=docking.docking)
        else:
            outcome = INCOMPLETE
        ledger.dockings.close(docking.docking, outcome, finished)
    sealer.wake()
    if outcome != INCOMPLETE:
        kit.problems.over(camera_subject(docking))
    kit.events.publish(
        "docking_done",
        bay=docking.bay,
        docking=docking.docking,
        outcome=outcome,
        files=len(files),
        new=sum(each.state in SEALED for each in files),
    )


def camera_subject(docking: DockingRow) -> str:
    """What a problem that ends with the camera's next whole docking is noted under."""
    return f"camera {docking.camera_key}"


class _Draft:
    def __init__(
        self,
        docking: DockingRow,
        files: list[FileRow],
        problems: list[DockingProblem],
        outcome: str,
        finished: Instant,
    ) -> None:
        self._docking = docking
        self._files = files
        self._outcome = outcome
        self._finished = finished
        known = [_known(each) for each in files if each.state == "known"]
        self._known = _fitting(known, *_KNOWN)
        cut = [_cut("known", known, self._known)] if len(self._known) < len(known) else []
        listed = _fitting(problems, *_PROBLEMS)
        if len(listed) < len(problems):
            cut.append(_cut("problems", problems, listed))
        self._problems = (*cut, *listed)[: _PROBLEMS[0] + 1]

    def made(self, link: StationLink) -> Docking:
        return Docking(
            station=link,
            docking=self._docking.docking,
            bay=self._docking.bay,
            camera=Camera.from_wire(self._docking.camera, "camera"),
            inventory=Digest.parse(self._docking.inventory or ""),
            started=Instant.parse(self._docking.started),
            finished=self._finished,
            files=len(self._files),
            new=sum(each.state in SEALED for each in self._files),
            known=self._known,
            problems=self._problems,
            outcome=self._outcome,
        )


def _problems(ledger: Ledger, docking: DockingRow, files: list[FileRow]) -> list[DockingProblem]:
    """What the scan could not list, then what could not be taken."""
    scanned = [
        DockingProblem(code=p.code, path=p.path, expected=p.expected, found=p.found)
        for p in ledger.problems.of_scan(docking.docking)
    ]
    taken = [
        DockingProblem(
            code=each.code or "AGENT_ERROR",
            path=each.name,
            expected=(each.expected or "")[:_LONGEST],
            found=(each.found or "")[:_LONGEST],
        )
        for each in files
        if each.code is not None
    ]
    return scanned + taken


def _outcome(files: list[FileRow], problems: list[DockingProblem]) -> str:
    done = all(each.state in SEALED or each.state == "known" for each in files)
    if problems or not done:
        return INCOMPLETE
    return COMPLETE if any(each.state in SEALED for each in files) else NOTHING_NEW


def _known(file: FileRow) -> KnownFile:
    return KnownFile(path=file.name, recording=file.recording)


def _fitting(items: Iterable[_T], most: int, size: int) -> tuple[_T, ...]:
    """The first items that fit into a count and a number of bytes."""
    taken: list[_T] = []
    for item in items:
        size -= len(encode(item.to_wire())) + 1
        if size < 0 or len(taken) == most:
            break
        taken.append(item)
    return tuple(taken)


def _cut(what: str, all_: list[_T], listed: tuple[_T, ...]) -> DockingProblem:
    return DockingProblem(
        code="LIST_CUT", expected=f"{len(all_)} {what} listed", found=f"the first {len(listed)}"
    )
