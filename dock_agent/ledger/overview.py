"""What the officer's screen asks of the ledger: counts and sums, not rows of files.

A card may hold thousands of files and the screen asks twice a second, so SQLite counts.
Reads only, and decides nothing: what is safe is decided in `kiosk.tile`.
"""

from dataclasses import dataclass, field

from dock_agent.ledger.chain import Chain, SealedRow
from dock_agent.ledger.door import Door
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

_PROVEN = "'sealed', 'logged', 'stored', 'known'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The files of one docking.

    `size` is what its inventory lists, `proven` what of it is sealed or known; `stored`
    counts files whose stored receipt verified; `codes` say what happened to some.
    """

    states: dict[str, int] = field(default_factory=dict)
    size: int = 0
    proven: int = 0
    stored: int = 0
    officers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        return sum(self.states.values())

    def count(self, *states: str) -> int:
        return sum(self.states.get(state, 0) for state in states)


class Overview:
    def __init__(self, door: Door, chain: Chain) -> None:
        self._door = door
        self._chain = chain

    def tally(self, docking: str) -> Tally:
        rows = self._door.rows(
            "SELECT state, count(*) AS n, sum(size) AS size FROM files WHERE docking = ?"
            " GROUP BY state",
            [docking],
        )
        proven = self._door.count(
            f"SELECT sum(size) FROM files WHERE docking = ? AND state IN ({_PROVEN})",  # noqa: S608 - a constant
            [docking],
        )
        stored = self._door.count(
            "SELECT count(*) FROM files f WHERE docking = ? AND"
            " (state = 'stored' OR state = 'known' AND EXISTS"
            " (SELECT 1 FROM files s WHERE s.recording = f.recording AND s.state = 'stored'))",
            [docking],
        )
        officers = self._door.rows(
            "SELECT json_extract(claims, '$.officer') AS officer, count(*) AS n FROM files"
            " WHERE docking = ? AND officer IS NOT NULL GROUP BY officer ORDER BY n DESC, officer",
            [docking],
        )
        codes = self._door.rows(
            "SELECT DISTINCT code FROM files WHERE docking = ? AND code IS NOT NULL ORDER BY code",
            [docking],
        )
        return Tally(
            states={row["state"]: row["n"] for row in rows},
            size=sum(row["size"] for row in rows),
            proven=proven,
            stored=stored,
            officers=tuple(row["officer"] for row in officers),
            codes=tuple(row["code"] for row in codes),
        )

    def latest(self, bay: str) -> str | None:
        """Name the last docking that began in a bay."""
        row = self._door.row(
            "SELECT docking FROM dockings WHERE bay = ? ORDER BY started DESC LIMIT 1", [bay]
        )
        return row["docking"] if row else None

    def keeps_register(self) -> bool:
        """Whether any camera was ever assigned: without a register none is."""
        return (
            self._door.row(
                "SELECT 1 AS one FROM dockings WHERE json_extract(camera, '$.assigned') LIMIT 1"
            )
            is not None
        )

    def closing(self, docking: str, inventory: Digest) -> SealedRow | None:
        """Answer the docking/v1 that closed a docking last; it lies after the inventory."""
        row = self._door.row(
            "SELECT seq FROM statements WHERE docking = ? AND type = 'docking/v1' AND seq >"
            " (SELECT seq FROM statements WHERE digest = ?) ORDER BY seq DESC LIMIT 1",
            [docking, str(inventory)],
        )
        return self._chain.by_seq(row["seq"]) if row else None

    def digests(self, docking: str) -> list[tuple[bytes, Digest]]:
        """Answer path and content of every file of which a whole reading was proven."""
        rows = self._door.rows(
            f"SELECT path, sha256 FROM files WHERE docking = ? AND state IN ({_PROVEN})"  # noqa: S608 - a constant
            " ORDER BY path",
            [docking],
        )
        return [(row["path"], Digest.parse(row["sha256"])) for row in rows]

    def unanswered_since(self) -> Instant | None:
        """When the oldest envelope was sealed for which central owes a receipt."""
        row = self._door.row(
            "SELECT sealed FROM statements WHERE seq = (SELECT min(seq) FROM"
            " (SELECT min(seq) AS seq FROM outbox WHERE state = 'pending'"
            " UNION ALL SELECT min(seq) FROM outbox WHERE state = 'sent'))"
        )
        return Instant.parse(row["sealed"]) if row else None

    def version(self) -> int:
        """A number that is another one after anybody else changed the ledger."""
        return self._door.count("PRAGMA data_version")
