"""What witnesses answered: signature lines over checkpoints of this log, kept as they came.

A witness answers once for a size. The lines hold under keys that a policy named when they
came; whoever uses them asks the policy of today again.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from central.store.operational import cosignatures
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignedSize:
    """Every line over the checkpoint of one size."""

    size: int
    lines: tuple[str, ...]


def add(connection: Connection, *, size: int, witness: str, lines: str, received: Instant) -> None:
    """Keep the lines of one witness over one size; the same witness again changes nothing."""
    known = select(cosignatures.c.size).where(
        cosignatures.c.size == size, cosignatures.c.witness == witness
    )
    if connection.execute(known).first() is None:
        row = {"size": size, "witness": witness, "lines": lines, "received": received}
        connection.execute(cosignatures.insert(), row)


def newest(connection: Connection, *, limit: int) -> list[CosignedSize]:
    """The largest sizes that anyone cosigned, largest first."""
    sizes = (
        select(cosignatures.c.size)
        .group_by(cosignatures.c.size)
        .order_by(cosignatures.c.size.desc())
        .limit(limit)
    )
    found = connection.execute(sizes).scalars().all()
    return [CosignedSize(size=size, lines=_lines(connection, size)) for size in found]


def newest_of(connection: Connection, witness: str) -> CosignedSize | None:
    """The largest size that this witness cosigned."""
    query = select(func.max(cosignatures.c.size)).where(cosignatures.c.witness == witness)
    size = connection.execute(query).scalar_one_or_none()
    return None if size is None else CosignedSize(size=size, lines=_lines(connection, size))


def _lines(connection: Connection, size: int) -> tuple[str, ...]:
    query = (
        select(cosignatures.c.lines)
        .where(cosignatures.c.size == size)
        .order_by(cosignatures.c.witness)
    )
    return tuple(connection.execute(query).scalars())
