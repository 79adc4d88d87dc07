"""What a person asks a station: how it is, what is in its bays, what it holds.

Answers are plain values for `--json`; `show` turns them into text. Reads the ledger while
the agent runs, and changes nothing. Knows central only by the receipts that verified.
"""

import os
from typing import Any

from dock_agent import lock
from dock_agent.config import StationConfig
from dock_agent.ledger import DockingRow, FileRow, Ledger, ProblemRow
from firmware_hooks import announcement
from firmware_hooks.errors import AnnouncementError

Answer = dict[str, Any]
_STATES = ("listed", "copied", "sealed", "logged", "stored", "known", "failed")


def status(config: StationConfig, ledger: Ledger) -> Answer:
    """The whole station; `ok` is False where a person has to do something."""
    head = ledger.chain.head()
    seen = ledger.receipts.last_checkpoint()
    counts = ledger.files.counts()
    disk = os.statvfs(config.data)
    problems = [_problem(row) for row in ledger.problems.open()]
    outbox = ledger.outbox.counts()
    answer: Answer = {
        "station": config.station,
        "running": lock.is_running(config.data),
        "seq": head.seq if head else -1,
        "outbox": outbox,
        "files": {state: counts.get(state, 0) for state in _STATES},
        "uploads": {"refused": ledger.uploads.refused()},
        "disk": {
            "total": disk.f_blocks * disk.f_frsize,
            "free": disk.f_bavail * disk.f_frsize,
        },
        "problems": problems,
    }
    if seen is not None:
        answer["checkpoint"] = {"origin": seen.origin, "size": seen.size, "root": str(seen.root)}
    answer["ok"] = not problems and outbox["refused"] == 0
    return answer


def bays(config: StationConfig, ledger: Ledger) -> Answer:
    """What is announced now, and how far each camera is."""
    found = []
    for path in sorted(config.announcements.glob("[!.]*.json")):
        try:
            said = announcement.read(path)
        except (AnnouncementError, OSError) as bad:
            found.append({"bay": path.stem, "state": "unreadable", "found": str(bad)})
            continue
        row = ledger.dockings.get(said.docking)
        found.append(_bay(said.bay, said.docking, row, ledger.files.of(said.docking)))
    return {"bays": found}


def recordings(ledger: Ledger, *, after: int, limit: int, state: str | None) -> Answer:
    """One page of files, newest first; `next` is the `after` of the next page."""
    files = ledger.files.page(after, limit, state)
    answer: Answer = {"items": [_recording(file, ledger) for file in files]}
    if len(files) == limit:
        answer["next"] = files[-1].id
    return answer


def _bay(bay: str, docking: str, row: DockingRow | None, files: list[FileRow]) -> Answer:
    counts = {state: sum(file.state == state for file in files) for state in _STATES}
    answer: Answer = {
        "bay": bay,
        "docking": docking,
        "state": row.state if row else "announced",
        "files": {state: n for state, n in counts.items() if n},
        "bytes": sum(file.size for file in files),
    }
    if row is not None:
        answer |= {"camera": row.camera, "started": row.started}
        if row.outcome is not None:
            answer["outcome"] = row.outcome
    return answer


def _recording(file: FileRow, ledger: Ledger) -> Answer:
    answer: Answer = {
        "recording": file.recording,
        "state": file.state,
        "path": file.name,
        "size": file.copy["size"] if file.copy else file.size,
        "docking": file.docking,
        "important": file.important,
    }
    sealed = ledger.chain.of_recording(file.recording)
    if file.sha256 is not None:
        answer["sha256"] = file.sha256
    if sealed is not None:
        answer |= {"envelope": str(sealed.digest), "seq": sealed.seq}
        index = ledger.receipts.index_of(sealed.digest)
        if index is not None:
            answer["index"] = index
    if file.code is not None:
        answer["problem"] = {"code": file.code, "expected": file.expected, "found": file.found}
    return answer


def _problem(row: ProblemRow) -> Answer:
    problem = row.problem
    facts: Answer = {
        "code": problem.code,
        "subject": problem.subject,
        "expected": problem.expected,
        "found": problem.found,
        "bay": problem.bay,
        "docking": problem.docking,
        "path": problem.path,
        "recording": problem.recording,
        "seq": problem.seq,
        "first": row.first,
        "last": row.last,
        "times": row.times,
    }
    return {name: value for name, value in facts.items() if value is not None}
