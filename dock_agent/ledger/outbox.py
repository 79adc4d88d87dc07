"""What central has not yet proven to have logged.

pending -> sent -> logged, or refused with central's code. Only a verified receipt makes a
row `logged` (see `receipts`); `refused` stays visible until someone asks for a retry.
"""

from dataclasses import dataclass

from dock_agent.ledger.door import Door
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One envelope that waits to be sent."""

    seq: int
    digest: Digest
    envelope: bytes


class Outbox:
    def __init__(self, door: Door) -> None:
        self._door = door

    def waiting(self, limit: int, *, after: int = -1) -> list[Letter]:
        """Answer what is to be sent, oldest first; `sent` rows have no receipt yet."""
        rows = self._door.rows(
            "SELECT s.seq, s.digest, s.envelope FROM outbox o JOIN statements s USING (seq)"
            " WHERE o.state IN ('pending', 'sent') AND o.seq > ? ORDER BY o.seq LIMIT ?",
            [after, limit],
        )
        return [
            Letter(
                seq=row["seq"],
                digest=Digest.parse(row["digest"]),
                envelope=row["envelope"],
            )
            for row in rows
        ]

    def sent(self, seqs: list[int], at: Instant) -> None:
        with self._door.transaction():
            for seq in seqs:
                self._door.change(
                    "UPDATE outbox SET state = 'sent', attempts = attempts + 1,"
                    " changed = ? WHERE seq = ? AND state IN ('pending', 'sent')",
                    [str(at), seq],
                )

    def refused(self, seq: int, code: str, at: Instant) -> bool:
        """Mark a row refused; a row that is already logged stays so."""
        return bool(
            self._door.change(
                "UPDATE outbox SET state = 'refused', code = ?, changed = ?"
                " WHERE seq = ? AND state IN ('pending', 'sent')",
                [code, str(at), seq],
            )
        )

    def rewind(self, seq: int, at: Instant) -> int:
        """Put every row from `seq` on back to pending; answers how many were logged.

        Their receipts stay: that central asks for them again is itself a fact.
        """
        with self._door.transaction():
            logged = self._door.count(
                "SELECT count(*) FROM outbox WHERE seq >= ? AND state = 'logged'", [seq]
            )
            self._door.change(
                "UPDATE outbox SET state = 'pending', code = NULL, changed = ? WHERE seq >= ?",
                [str(at), seq],
            )
        return logged

    def again(self, digest: Digest, at: Instant) -> None:
        """Send one envelope once more, so that central repeats its receipts."""
        self._door.change(
            "UPDATE outbox SET state = 'pending', changed = ? WHERE seq ="
            " (SELECT seq FROM statements WHERE digest = ?)",
            [str(at), str(digest)],
        )

    def retry(self, at: Instant) -> int:
        """Put refused rows back to pending; answers how many."""
        return self._door.change(
            "UPDATE outbox SET state = 'pending', code = NULL, changed = ? WHERE state = 'refused'",
            [str(at)],
        )

    def state_of(self, seq: int) -> str | None:
        row = self._door.row("SELECT state FROM outbox WHERE seq = ?", [seq])
        return row["state"] if row else None

    def counts(self) -> dict[str, int]:
        rows = self._door.rows("SELECT state, count(*) AS n FROM outbox GROUP BY state")
        found = {row["state"]: row["n"] for row in rows}
        return {state: found.get(state, 0) for state in ("pending", "sent", "logged", "refused")}

    def unlogged(self) -> int:
        return self._door.count("SELECT count(*) FROM outbox WHERE state <> 'logged'")
