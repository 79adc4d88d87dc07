"""Leaves as the index holds them: by number, by digest, by type; and signed checkpoints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from central.store.schema import checkpoints, envelopes
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One envelope of the log. `raw` is exactly what was received."""

    index: int
    digest: Digest
    type: str
    received: Instant
    station: str | None
    raw: bytes


def size(connection: Connection) -> int:
    """How many leaves are indexed; they are 0 to size - 1, without a hole."""
    last = connection.execute(select(func.max(envelopes.c.idx))).scalar_one()
    return 0 if last is None else int(last) + 1


def index_of(connection: Connection, digest: Digest) -> int | None:
    """The leaf of this envelope."""
    query = select(envelopes.c.idx).where(envelopes.c.digest == digest)
    return connection.execute(query).scalar_one_or_none()


def places(connection: Connection, wanted: Sequence[Digest]) -> dict[Digest, tuple[int, Instant]]:
    """Leaf index and time received of those of `wanted` that are logged."""
    columns = (envelopes.c.digest, envelopes.c.idx, envelopes.c.received)
    query = select(*columns).where(envelopes.c.digest.in_(wanted))
    return {row.digest: (row.idx, row.received) for row in connection.execute(query)}


def by_digest(connection: Connection, digest: Digest) -> Logged | None:
    row = connection.execute(select(envelopes).where(envelopes.c.digest == digest)).one_or_none()
    return None if row is None else _logged(row)


def by_index(connection: Connection, index: int) -> Logged | None:
    row = connection.execute(select(envelopes).where(envelopes.c.idx == index)).one_or_none()
    return None if row is None else _logged(row)


def of_type(connection: Connection, kind: str) -> Iterator[Logged]:
    """All leaves of a type ("key-event/v1"), in the order of the log."""
    query = select(envelopes).where(envelopes.c.type == kind).order_by(envelopes.c.idx)
    for row in connection.execute(query):
        yield _logged(row)


def digests(connection: Connection, first: int, end: int) -> list[Digest]:
    """The digests of leaves [first, end)."""
    query = (
        select(envelopes.c.digest)
        .where(envelopes.c.idx >= first, envelopes.c.idx < end)
        .order_by(envelopes.c.idx)
    )
    return list(connection.execute(query).scalars())


def latest_checkpoint(connection: Connection) -> str | None:
    """The signed note over everything that is indexed; None for an empty log."""
    query = select(checkpoints.c.text).order_by(checkpoints.c.size.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def checkpoint_at(connection: Connection, size: int) -> str | None:
    """The signed note for exactly this size; None where none was signed."""
    query = select(checkpoints.c.text).where(checkpoints.c.size == size)
    return connection.execute(query).scalar_one_or_none()


def checkpoint_root(connection: Connection, size: int) -> Digest | None:
    """The root that was signed for this size; None where none was."""
    query = select(checkpoints.c.root).where(checkpoints.c.size == size)
    return connection.execute(query).scalar_one_or_none()


def add_checkpoint(connection: Connection, *, size: int, root: Digest, text: str) -> None:
    """Keep a checkpoint that was signed; the same again changes nothing."""
    query = select(checkpoints.c.text).where(checkpoints.c.size == size)
    if connection.execute(query).first() is None:
        row = {"size": size, "root": root, "text": text}
        connection.execute(checkpoints.insert(), row)


def _logged(row: Row[Any]) -> Logged:
    return Logged(
        index=row.idx,
        digest=row.digest,
        type=row.type,
        received=row.received,
        station=row.station,
        raw=row.raw,
    )
