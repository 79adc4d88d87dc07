"""Cases and what is linked to them, as the index holds them.

A link that was taken back stays in the index; *linked now* is a link without an unlink.
Numbers are unique because the workflow asks first, under its own lock: the index takes
whatever the log holds.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from central.store.recording_filters import undone
from central.store.schema import case_links, cases, exports
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedCase:
    """One case; `recordings` counts what is linked to it now."""

    index: int
    id: str
    envelope: Digest
    number: str
    title: str
    actor: str
    at: Instant
    recordings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedExport:
    """One export; `size` is the log size that its package proves against."""

    index: int
    id: str
    envelope: Digest
    case: str | None
    recordings: tuple[str, ...]
    purpose: str
    actor: str
    at: Instant
    size: int


def page(
    connection: Connection, *, words: str | None, below: int | None, limit: int
) -> list[IndexedCase]:
    """At most `limit` cases with a leaf index under `below`, newest first."""
    query = _with_counts()
    for word in (words or "").split():
        query = query.where(
            cases.c.number.contains(word, autoescape=True)
            | cases.c.title.icontains(word, autoescape=True)
        )
    if below is not None:
        query = query.where(cases.c.idx < below)
    query = query.order_by(cases.c.idx.desc()).limit(limit)
    return [_case(row) for row in connection.execute(query)]


def one(connection: Connection, case: str) -> IndexedCase | None:
    row = connection.execute(_with_counts().where(cases.c.id == case)).first()
    return None if row is None else _case(row)


def numbered(connection: Connection, number: str) -> IndexedCase | None:
    """The case of this number."""
    row = connection.execute(_with_counts().where(cases.c.number == number)).first()
    return None if row is None else _case(row)


def link(connection: Connection, case: str, recording: str) -> Digest | None:
    """The link that holds now between the two: its envelope's digest."""
    query = select(case_links.c.link).where(
        case_links.c.case_id == case, case_links.c.recording == recording, ~undone()
    )
    return connection.execute(query).scalars().first()


def exports_of(connection: Connection, case: str) -> list[IndexedExport]:
    """What was handed out of a case, newest first."""
    query = select(exports).where(exports.c.case_id == case).order_by(exports.c.idx.desc())
    return [_export(row) for row in connection.execute(query)]


def export(connection: Connection, export_id: str) -> IndexedExport | None:
    row = connection.execute(select(exports).where(exports.c.id == export_id)).first()
    return None if row is None else _export(row)


def _with_counts() -> Select[Any]:
    linked = (
        select(func.count())
        .where(case_links.c.case_id == cases.c.id, ~undone())
        .correlate(cases)
        .scalar_subquery()
    )
    return select(cases, linked.label("recordings"))


def _case(row: Row[Any]) -> IndexedCase:
    told = dict(row._mapping)  # noqa: SLF001 - its public name
    return IndexedCase(index=told.pop("idx"), **told)


def _export(row: Row[Any]) -> IndexedExport:
    told = dict(row._mapping)  # noqa: SLF001 - its public name
    named = tuple(entry["recording"] for entry in told.pop("recordings"))
    index, case = told.pop("idx"), told.pop("case_id")
    return IndexedExport(index=index, case=case, recordings=named, **told)
