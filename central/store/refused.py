"""What was refused: one row for each kept file and reason, append-only."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from central.store.operational import quarantine
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

ENVELOPE, UPLOAD = "envelope", "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Bytes that were not taken, and why. `sha256` names the file in quarantine/."""

    kind: str
    sha256: Digest
    size: int
    station: str
    code: str
    expected: str
    found: str
    recording: str | None
    received: Instant


def add(connection: Connection, refusal: Refusal) -> bool:
    """Note a refusal; False where the same bytes were refused for the same reason."""
    columns = quarantine.c
    known = select(columns.idx).where(
        columns.sha256 == refusal.sha256,
        columns.station == refusal.station,
        columns.code == refusal.code,
    )
    if connection.execute(known).first() is not None:
        return False
    last = connection.execute(select(func.max(columns.idx))).scalar_one()
    row = {name: getattr(refusal, name) for name in Refusal.__slots__}
    row["idx"] = 0 if last is None else last + 1
    connection.execute(quarantine.insert(), row)
    return True


def usage(connection: Connection, station: str, kind: str) -> tuple[int, int]:
    """Number and bytes of what is kept for one station."""
    query = select(func.count(), func.coalesce(func.sum(quarantine.c.size), 0)).where(
        quarantine.c.station == station, quarantine.c.kind == kind
    )
    count, size = connection.execute(query).one()
    return int(count), int(size)


def count(connection: Connection) -> int:
    """How many refusals there are."""
    return connection.execute(select(func.count()).select_from(quarantine)).scalar_one()


def latest(connection: Connection, *, limit: int = 200) -> list[Refusal]:
    """The newest refusals first."""
    query = select(quarantine).order_by(quarantine.c.idx.desc()).limit(limit)
    return [
        Refusal(**{name: getattr(row, name) for name in Refusal.__slots__})
        for row in connection.execute(query)
    ]
