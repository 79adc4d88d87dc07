"""Dockings and their files: how far each file of each camera is on its way.

listed -> copied -> sealed -> logged -> stored; or known (the same content of the same
camera and path was sealed before), or failed with a code until someone asks for a retry.
A file is named by its bytes (`path`), never by text.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dock_agent.errors import AgentError
from dock_agent.ledger.door import Door, Row
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

Claims = dict[str, str]
Copy = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DockingRow:
    docking: str
    bay: str
    camera_key: str
    camera: dict[str, str | bool]
    started: str
    state: str = "open"
    inventory: str | None = None
    inventory_root: str | None = None
    outcome: str | None = None
    finished: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """`claims` is what the name said; `copy` is what one verified reading found."""

    id: int = 0
    docking: str
    camera_key: str
    path: bytes
    size: int
    mtime_ns: int
    important: bool
    claims: Claims
    inventory: str
    recording: str
    state: str = "listed"
    sha256: str | None = None
    copy: Copy | None = None
    code: str | None = None
    expected: str | None = None
    found: str | None = None
    attempts: int = 0

    @property
    def name(self) -> str:
        """The path for people; bytes that are no UTF-8 are shown as replacements."""
        return self.path.decode("utf-8", "replace")

    @property
    def is_utf8(self) -> bool:
        """False where `name` is only a readable replacement."""
        return self.name.encode() == self.path


class Dockings:
    def __init__(self, door: Door) -> None:
        self._door = door

    def get(self, docking: str) -> DockingRow | None:
        row = self._door.row("SELECT * FROM dockings WHERE docking = ?", [docking])
        return _docking(row) if row else None

    def open(self) -> list[DockingRow]:
        rows = self._door.rows("SELECT * FROM dockings WHERE state = 'open' ORDER BY started")
        return [_docking(row) for row in rows]

    def recent(self, limit: int) -> list[DockingRow]:
        rows = self._door.rows("SELECT * FROM dockings ORDER BY started DESC LIMIT ?", [limit])
        return [_docking(row) for row in rows]

    def begin(self, row: DockingRow) -> None:
        self._door.insert(
            "dockings",
            {
                "docking": row.docking,
                "bay": row.bay,
                "camera_key": row.camera_key,
                "camera": json.dumps(row.camera, sort_keys=True),
                "started": row.started,
                "state": "open",
            },
        )

    def inventoried(self, docking: str, inventory: Digest, root: Digest) -> None:
        self._door.change(
            "UPDATE dockings SET inventory = ?, inventory_root = ? WHERE docking = ?",
            [str(inventory), str(root), docking],
        )

    def close(self, docking: str, outcome: str, at: Instant) -> None:
        self._door.change(
            "UPDATE dockings SET state = 'closed', outcome = ?, finished = ? WHERE docking = ?",
            [outcome, str(at), docking],
        )

    def reopen(self, docking: str) -> None:
        """A retry, or a camera that came back under the same announcement."""
        self._door.change("UPDATE dockings SET state = 'open' WHERE docking = ?", [docking])


class Files:
    def __init__(self, door: Door) -> None:
        self._door = door

    def add(self, files: Iterable[FileRow]) -> None:
        for each in files:
            self._door.insert(
                "files",
                {
                    "docking": each.docking,
                    "camera_key": each.camera_key,
                    "path": each.path,
                    "size": each.size,
                    "mtime_ns": str(each.mtime_ns),
                    "important": int(each.important),
                    "claims": json.dumps(each.claims, sort_keys=True),
                    "inventory": each.inventory,
                    "state": "listed",
                    "recording": each.recording,
                },
            )

    def of(self, docking: str) -> list[FileRow]:
        """Answer the files of a docking, important ones first, then as listed."""
        return self._rows("docking = ? ORDER BY important DESC, id", [docking])

    def get(self, docking: str, path: bytes) -> FileRow | None:
        found = self._rows("docking = ? AND path = ?", [docking, path])
        return found[0] if found else None

    def sealed(self, recording: str) -> FileRow | None:
        found = self._rows("recording = ? AND state IN ('sealed', 'logged', 'stored')", [recording])
        return found[0] if found else None

    def earlier(self, camera_key: str, path: bytes, sha256: str) -> FileRow | None:
        """Find the sealed recording of this content, from this place on this camera."""
        found = self._rows(
            "camera_key = ? AND path = ? AND sha256 = ?"
            " AND state IN ('sealed', 'logged', 'stored') ORDER BY id LIMIT 1",
            [camera_key, path, sha256],
        )
        return found[0] if found else None

    def page(self, after: int, limit: int, state: str | None) -> list[FileRow]:
        """Answer `limit` files older than row `after` (0: from the newest)."""
        return self._rows(
            "(? = 0 OR id < ?) AND (? IS NULL OR state = ?) ORDER BY id DESC LIMIT ?",
            [after, after, state, state, limit],
        )

    def held(self, after: int, limit: int) -> list[FileRow]:
        """Answer files whose bytes must lie in the vault, oldest first."""
        return self._rows(
            "id > ? AND state IN ('sealed', 'logged', 'stored') ORDER BY id LIMIT ?",
            [after, limit],
        )

    def held_count(self) -> int:
        """How many files must lie in the vault."""
        counts = self.counts()
        return sum(counts.get(state, 0) for state in ("sealed", "logged", "stored"))

    def seen(self, camera_key: str, path: bytes, size: int) -> bool:
        """Whether a file of this size was sealed from this place: a hint, no identity."""
        return (
            self._door.row(
                "SELECT id FROM files WHERE camera_key = ? AND path = ? AND size = ?"
                " AND state IN ('sealed', 'logged', 'stored') LIMIT 1",
                [camera_key, path, size],
            )
            is not None
        )

    def copied(
        self, file: int, sha256: str, copy: Copy, *, problem: AgentError | None = None
    ) -> None:
        """The bytes are in the vault; `problem` says in what they are not the file."""
        self._door.change(
            "UPDATE files SET state = 'copied', sha256 = ?, copy = ?, code = ?,"
            " expected = ?, found = ? WHERE id = ?",
            [
                sha256,
                json.dumps(copy, sort_keys=True),
                problem.code if problem else None,
                problem.expected if problem else None,
                problem.found if problem else None,
                file,
            ],
        )

    def move(self, file: int, state: str) -> None:
        self._door.change("UPDATE files SET state = ? WHERE id = ?", [state, file])

    def known(self, file: int, recording: str) -> None:
        """The content is in the vault under an earlier recording."""
        self._door.change(
            "UPDATE files SET state = 'known', recording = ? WHERE id = ?",
            [recording, file],
        )

    def failed(self, file: int, code: str, expected: str, found: str) -> None:
        self._door.change(
            "UPDATE files SET state = 'failed', code = ?, expected = ?, found = ?,"
            " attempts = attempts + 1 WHERE id = ?",
            [code, expected, found, file],
        )

    def advance(self, recording: str, state: str) -> None:
        """Move a recording on, never back: `stored` may arrive before `logged`."""
        earlier = {"logged": "'sealed'", "stored": "'sealed', 'logged'"}[state]
        self._door.change(
            f"UPDATE files SET state = ? WHERE recording = ? AND state IN ({earlier})",  # noqa: S608 - one of two constants
            [state, recording],
        )

    def retry(self, docking: str) -> int:
        """Put the failed files of one docking back to listed; answers how many."""
        return self._door.change(
            "UPDATE files SET state = 'listed', code = NULL WHERE state = 'failed' AND docking = ?",
            [docking],
        )

    def counts(self) -> dict[str, int]:
        rows = self._door.rows("SELECT state, count(*) AS n FROM files GROUP BY state")
        return {row["state"]: row["n"] for row in rows}

    def _rows(self, where: str, values: list[Any]) -> list[FileRow]:
        sql = f"SELECT * FROM files WHERE {where}"  # noqa: S608 - ours, not input
        return [_file(row) for row in self._door.rows(sql, values)]


def _docking(row: Row) -> DockingRow:
    return DockingRow(**{**row, "camera": json.loads(row["camera"])})


def _file(row: Row) -> FileRow:
    return FileRow(
        **{
            **row,
            "mtime_ns": int(row["mtime_ns"]),
            "important": bool(row["important"]),
            "claims": json.loads(row["claims"]),
            "copy": json.loads(row["copy"]) if row["copy"] else None,
        }
    )
