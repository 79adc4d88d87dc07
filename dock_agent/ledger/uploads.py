"""Which footage central still needs.

A row is `sent` when central holds every byte; only a verified stored receipt moves the
recording itself to `stored`. Where central is in a file is central's word alone: nothing
about offsets is kept here.
"""

from dataclasses import dataclass

from dock_agent.ledger.door import Door
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The footage of one logged recording."""

    recording: str
    envelope: Digest
    sha256: str
    size: int
    restarts: int


class Uploads:
    def __init__(self, door: Door) -> None:
        self._door = door

    def waiting(self, limit: int) -> list[Parcel]:
        """Answer what is logged and not yet sent: important first, then oldest."""
        rows = self._door.rows(
            "SELECT f.recording, s.digest, f.sha256, json_extract(f.copy, '$.size') AS size,"
            " coalesce(u.restarts, 0) AS restarts"
            " FROM files f JOIN statements s ON s.recording = f.recording"
            " LEFT JOIN uploads u ON u.recording = f.recording"
            " WHERE f.state = 'logged' AND coalesce(u.state, 'waiting') = 'waiting'"
            " ORDER BY f.important DESC, f.id LIMIT ?",
            [limit],
        )
        return [
            Parcel(
                recording=row["recording"],
                envelope=Digest.parse(row["digest"]),
                sha256=row["sha256"],
                size=row["size"],
                restarts=row["restarts"],
            )
            for row in rows
        ]

    def unanswered(self, before: Instant) -> list[str]:
        """Answer the recordings sent before an instant that have no stored receipt."""
        rows = self._door.rows(
            "SELECT u.recording FROM uploads u"
            " JOIN files f ON f.recording = u.recording AND f.state = 'logged'"
            " WHERE u.state = 'sent' AND u.changed < ? ORDER BY f.id LIMIT 100",
            [str(before)],
        )
        return [row["recording"] for row in rows]

    def mark(self, recording: str, state: str, at: Instant, *, code: str | None = None) -> None:
        self._door.change(
            "INSERT INTO uploads (recording, state, code, changed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (recording) DO UPDATE SET"
            " state = excluded.state, code = excluded.code, changed = excluded.changed",
            [recording, state, code, str(at)],
        )

    def restarted(self, recording: str, code: str, at: Instant) -> None:
        """Count one more start from zero, after central refused the whole."""
        with self._door.transaction():
            self.mark(recording, "waiting", at, code=code)
            self._door.change(
                "UPDATE uploads SET restarts = restarts + 1 WHERE recording = ?",
                [recording],
            )

    def retry(self, at: Instant) -> int:
        return self._door.change(
            "UPDATE uploads SET state = 'waiting', restarts = 0, changed = ?"
            " WHERE state = 'refused'",
            [str(at)],
        )

    def refused(self) -> int:
        return self._door.count("SELECT count(*) FROM uploads WHERE state = 'refused'")
