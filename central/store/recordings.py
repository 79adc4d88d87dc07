"""Recordings as the index holds them: one, a page of many, those of a case.

A page is a keyset: it goes on below a leaf index, so rows that arrive meanwhile move
nothing. What later leaves say (stored, linked) is joined in. Does not decide who sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from central.store.recording_filters import Filters, conditions, linked_to, undone
from central.store.schema import case_links, cases, chain, recordings, stored
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseName:
    """A case, as a recording's row names it."""

    id: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCopies:
    """What the newest stored receipt of a recording says."""

    at: Instant
    receipt: Digest
    replicas: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedRecording:
    """One row of the index, with what later leaves said about it."""

    index: int
    id: str
    envelope: Digest
    sha256: Digest
    size: int
    name: str
    path: str
    camera: str
    officer: str | None
    station: str
    bay: str
    docking: str
    inventory: Digest
    station_time: Instant
    camera_time: str | None
    mtime: Instant | None
    duration_ms: int | None
    playable: bool
    important: bool
    flags: tuple[str, ...]
    received: Instant
    stored: StoredCopies | None
    cases: tuple[CaseName, ...]


def page(
    connection: Connection, filters: Filters, *, below: int | None, limit: int
) -> list[IndexedRecording]:
    """At most `limit` recordings with a leaf index under `below`, newest first."""
    query = select(recordings).where(*conditions(filters))
    if below is not None:
        query = query.where(recordings.c.idx < below)
    query = query.order_by(recordings.c.idx.desc()).limit(limit)
    return _complete(connection, connection.execute(query).all())


def one(connection: Connection, recording: str) -> IndexedRecording | None:
    """The recording of this id."""
    query = select(recordings).where(recordings.c.id == recording)
    return next(iter(_complete(connection, connection.execute(query).all())), None)


def station_of(connection: Connection, manifest: Digest) -> str | None:
    """The station that sealed this manifest, be it the first or a repeated one."""
    query = select(chain.c.station).where(chain.c.digest == manifest)
    return connection.execute(query).scalars().first()


def stored_fact(connection: Connection, manifest: Digest) -> StoredCopies | None:
    """The newest stored receipt of this manifest."""
    return _copies(connection, [manifest]).get(manifest)


def not_stored(connection: Connection) -> list[Digest]:
    """Manifests without a stored receipt, in the order of the log."""
    query = (
        select(recordings.c.envelope)
        .where(recordings.c.envelope.not_in(select(stored.c.envelope)))
        .order_by(recordings.c.idx)
    )
    return list(connection.execute(query).scalars())


def stored_content(connection: Connection) -> list[tuple[Digest, int]]:
    """Digest and size of everything that a stored receipt speaks of, each once."""
    query = select(stored.c.sha256, stored.c.size).distinct().order_by(stored.c.sha256)
    return [(row.sha256, row.size) for row in connection.execute(query)]


def of_case(connection: Connection, case: str) -> list[IndexedRecording]:
    """What is linked to a case now, in the order of the log."""
    linked = linked_to(cases.c.id == case)
    query = select(recordings).where(linked).order_by(recordings.c.idx)
    return _complete(connection, connection.execute(query).all())


def stations(connection: Connection) -> list[str]:
    """Every station that sealed a recording, by name."""
    query = select(recordings.c.station).distinct().order_by(recordings.c.station)
    return list(connection.execute(query).scalars())


def _complete(connection: Connection, rows: Sequence[Row[Any]]) -> list[IndexedRecording]:
    copies = _copies(connection, [row.envelope for row in rows])
    linked = _cases(connection, [row.id for row in rows])
    return [_recording(row, copies.get(row.envelope), linked.get(row.id, [])) for row in rows]


def _copies(connection: Connection, envelopes: list[Digest]) -> dict[Digest, StoredCopies]:
    query = select(stored).where(stored.c.envelope.in_(envelopes)).order_by(stored.c.idx)
    return {
        row.envelope: StoredCopies(at=row.at, receipt=row.receipt, replicas=tuple(row.replicas))
        for row in connection.execute(query)
    }


def _cases(connection: Connection, ids: list[str]) -> dict[str, list[CaseName]]:
    query = (
        select(case_links.c.recording, case_links.c.case_id, case_links.c.number)
        .where(case_links.c.recording.in_(ids), ~undone())
        .order_by(case_links.c.idx)
    )
    found: dict[str, list[CaseName]] = {}
    for row in connection.execute(query):
        named = CaseName(id=row.case_id, number=row.number)
        found.setdefault(row.recording, []).append(named)
    return found


def _recording(
    row: Row[Any], copies: StoredCopies | None, linked: Sequence[CaseName]
) -> IndexedRecording:
    told = dict(row._mapping)  # noqa: SLF001 - its public name
    flags = sorted({*told.pop("flags"), *told.pop("observed")})
    index = told.pop("idx")
    return IndexedRecording(
        **told, index=index, flags=tuple(flags), stored=copies, cases=tuple(linked)
    )
