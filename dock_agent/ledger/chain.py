"""The station's chain: every envelope it sealed, in order, with its place in the outbox.

A statement and its outbox row are one fact: `append` writes both or neither. Decides
nothing about sending; that is `outbox`.
"""

from dataclasses import dataclass

from dock_agent.ledger.door import Door, Row
from edge.evidence.chain import ChainHead
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """One sealed envelope as it lies in the chain."""

    seq: int
    digest: Digest
    type: str
    docking: str | None
    recording: str | None
    sealed: str
    envelope: bytes


class Chain:
    def __init__(self, door: Door) -> None:
        self._door = door

    def head(self) -> ChainHead | None:
        """Answer the last sealed statement, or None before the first."""
        row = self._door.row("SELECT seq, digest FROM statements ORDER BY seq DESC LIMIT 1")
        return ChainHead(row["seq"], Digest.parse(row["digest"])) if row else None

    def append(self, row: SealedRow, *, prev: str, at: Instant) -> None:
        """Add one statement and put it into the outbox."""
        with self._door.transaction():
            self._door.insert(
                "statements",
                {
                    "seq": row.seq,
                    "digest": str(row.digest),
                    "prev": prev,
                    "type": row.type,
                    "docking": row.docking,
                    "recording": row.recording,
                    "sealed": row.sealed,
                    "envelope": row.envelope,
                },
            )
            self._door.insert(
                "outbox",
                {"seq": row.seq, "state": "pending", "attempts": 0, "changed": str(at)},
            )

    def by_digest(self, digest: Digest) -> SealedRow | None:
        return self._one("digest = ?", str(digest))

    def by_seq(self, seq: int) -> SealedRow | None:
        return self._one("seq = ?", seq)

    def of_recording(self, recording: str) -> SealedRow | None:
        return self._one("recording = ?", recording)

    def walk(self) -> list[tuple[int, str, str]]:
        """Answer (seq, digest, prev) of every statement, in order."""
        rows = self._door.rows("SELECT seq, digest, prev FROM statements ORDER BY seq")
        return [(row["seq"], row["digest"], row["prev"]) for row in rows]

    def _one(self, where: str, value: str | int) -> SealedRow | None:
        sql = f"SELECT * FROM statements WHERE {where}"  # noqa: S608 - ours, not input
        row = self._door.row(sql, [value])
        return _sealed(row) if row else None


def _sealed(row: Row) -> SealedRow:
    return SealedRow(
        seq=row["seq"],
        digest=Digest.parse(row["digest"]),
        type=row["type"],
        docking=row["docking"],
        recording=row["recording"],
        sealed=row["sealed"],
        envelope=row["envelope"],
    )
