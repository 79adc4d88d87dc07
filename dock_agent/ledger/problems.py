"""Problems that a person should see, until they are over.

The same problem of the same thing is one row that counts; it is cleared, never removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dock_agent.ledger.door import Door, Row
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`subject` is what it is about: a bay, a docking, a recording, the broker."""

    subject: str = ""
    code: str = ""
    expected: str = ""
    found: str = ""
    bay: str | None = None
    docking: str | None = None
    path: str | None = None
    recording: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    id: int
    problem: Problem
    first: str
    last: str
    times: int
    cleared: str | None


def scan_subject(docking: str) -> str:
    """The subject of what is on a card and is no file."""
    return f"scan {docking}"


class Problems:
    def __init__(self, door: Door) -> None:
        self._door = door

    def note(self, problem: Problem, at: Instant) -> bool:
        """Write a problem down; answers whether it is a new one."""
        with self._door.transaction():
            counted = self._door.change(
                "UPDATE problems SET times = times + 1, last = ?, expected = ?,"
                " found = ? WHERE subject = ? AND code = ? AND path IS ?"
                " AND cleared IS NULL",
                [
                    str(at),
                    problem.expected,
                    problem.found,
                    problem.subject,
                    problem.code,
                    problem.path,
                ],
            )
            if counted:
                return False
            self._door.insert(
                "problems",
                {
                    "subject": problem.subject,
                    "code": problem.code,
                    "bay": problem.bay,
                    "docking": problem.docking,
                    "path": problem.path,
                    "recording": problem.recording,
                    "seq": problem.seq,
                    "expected": problem.expected,
                    "found": problem.found,
                    "first": str(at),
                    "last": str(at),
                    "times": 1,
                },
            )
        return True

    def clear(self, subject: str, at: Instant, *, code: str | None = None, path: str = "") -> int:
        """Say that a subject's problems (of one code, at one path) are over."""
        return self._door.change(
            "UPDATE problems SET cleared = ? WHERE subject = ? AND cleared IS NULL"
            " AND (? IS NULL OR code = ?) AND (? = '' OR path = ?)",
            [str(at), subject, code, code, path, path],
        )

    def clear_all(self, at: Instant) -> int:
        return self._door.change("UPDATE problems SET cleared = ? WHERE cleared IS NULL", [str(at)])

    def open_of(self, subject: str, codes: Sequence[str]) -> Problem | None:
        """Answer an open problem of a subject with one of these codes, the first there was."""
        rows = self._door.rows(
            "SELECT * FROM problems WHERE subject = ? AND cleared IS NULL ORDER BY id", [subject]
        )
        return next((_problem(row) for row in rows if row["code"] in codes), None)

    def of_scan(self, docking: str) -> list[Problem]:
        """Answer what the scan of a docking could not list as files, cleared or not."""
        rows = self._door.rows(
            "SELECT * FROM problems WHERE subject = ? ORDER BY path, id",
            [scan_subject(docking)],
        )
        return [_problem(row) for row in rows]

    def open(self, limit: int = 200) -> list[ProblemRow]:
        rows = self._door.rows(
            "SELECT * FROM problems WHERE cleared IS NULL ORDER BY last DESC LIMIT ?",
            [limit],
        )
        return [
            ProblemRow(
                id=row["id"],
                problem=_problem(row),
                first=row["first"],
                last=row["last"],
                times=row["times"],
                cleared=row["cleared"],
            )
            for row in rows
        ]


def _problem(row: Row) -> Problem:
    return Problem(**{name: row[name] for name in Problem.__dataclass_fields__})
