"""Recordings as people look for them. State is a join, never a column.

A recording is *stored* when a stored receipt is logged for it, *linked* while a link to a
case is not taken back. Lists are newest first, by leaf; `after` is the leaf index of the
last row seen, so pages do not shift while recordings arrive.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select
from sqlalchemy import Row as SqlRow

from central.store.schema import case_links, case_unlinks, recordings, stored
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

MOST_ROWS = 500
_LIKE_ESCAPE = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingQuery:
    """What to look for; None means any. `text` is looked for in name, path and camera."""

    station: str | None = None
    camera: str | None = None
    case: str | None = None  # a case id
    linked: bool | None = None
    state: str | None = None  # "logged" | "stored"
    text: str | None = None
    docking: str | None = None
    after: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFact:
    """The first stored receipt of a recording."""

    receipt: Digest
    replicas: list[dict[str, Any]]
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRef:
    """A case that a recording is linked to, and the link's envelope."""

    id: str
    number: str
    link: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecording:
    """One recording with what follows from other leaves. `row` has the schema's columns."""

    row: SqlRow[Any]
    stored: StoredFact | None
    cases: list[CaseRef]

    @property
    def state(self) -> str:
        return "logged" if self.stored is None else "stored"


def get(connection: Connection, recording: str) -> FoundRecording | None:
    """One recording by its id."""
    query = select(recordings).where(recordings.c.id == recording)
    row = connection.execute(query).one_or_none()
    return None if row is None else _joined(connection, [row])[0]


def by_envelope(connection: Connection, envelope: Digest) -> FoundRecording | None:
    """The recording that this manifest describes."""
    query = select(recordings).where(recordings.c.envelope == envelope)
    row = connection.execute(query).one_or_none()
    return None if row is None else _joined(connection, [row])[0]


def search(connection: Connection, wanted: RecordingQuery) -> list[FoundRecording]:
    """At most `limit` recordings, newest first."""
    query: Select[Any] = select(recordings).where(*_conditions(wanted))
    limit = max(1, min(wanted.limit, MOST_ROWS))
    query = query.order_by(recordings.c.idx.desc()).limit(limit)
    return _joined(connection, list(connection.execute(query)))


def is_stored() -> ColumnElement[bool]:
    """True for recordings with a logged stored receipt."""
    return exists().where(stored.c.envelope == recordings.c.envelope)


def is_linked(case: str | None = None) -> ColumnElement[bool]:
    """True for recordings linked to `case`, or to any."""
    ended = exists().where(case_unlinks.c.link == case_links.c.link)
    condition = exists().where(case_links.c.recording == recordings.c.id, ~ended)
    return condition if case is None else condition.where(case_links.c.case_id == case)


def _conditions(wanted: RecordingQuery) -> list[ColumnElement[bool]]:
    columns = recordings.c
    conditions = [
        column == value
        for column, value in (
            (columns.station, wanted.station),
            (columns.camera, wanted.camera),
            (columns.docking, wanted.docking),
        )
        if value is not None
    ]
    if wanted.after is not None:
        conditions.append(columns.idx < wanted.after)
    if wanted.state is not None:
        conditions.append(is_stored() if wanted.state == "stored" else ~is_stored())
    if wanted.case is not None:
        conditions.append(is_linked(wanted.case))
    if wanted.linked is not None:
        conditions.append(is_linked() if wanted.linked else ~is_linked())
    if wanted.text:
        conditions.append(_contains(wanted.text))
    return conditions


def _contains(words: str) -> ColumnElement[bool]:
    escaped = words
    for special in (_LIKE_ESCAPE, "%", "_"):
        escaped = escaped.replace(special, _LIKE_ESCAPE + special)
    pattern = f"%{escaped}%"
    columns = recordings.c
    return or_(
        columns.id == words,
        columns.officer == words,
        *(column.like(pattern, escape=_LIKE_ESCAPE) for column in (columns.path, columns.camera)),
    )


def _joined(connection: Connection, rows: list[SqlRow[Any]]) -> list[FoundRecording]:
    kept = _stored_of(connection, [row.envelope for row in rows])
    cases = _cases_of(connection, [row.id for row in rows])
    return [
        FoundRecording(row=row, stored=kept.get(row.envelope), cases=cases.get(row.id, []))
        for row in rows
    ]


def _stored_of(connection: Connection, envelopes: list[Digest]) -> dict[Digest, StoredFact]:
    query = select(stored).where(stored.c.envelope.in_(envelopes))
    facts: dict[Digest, StoredFact] = {}
    for row in connection.execute(query.order_by(stored.c.idx)):
        fact = StoredFact(receipt=row.receipt, replicas=row.replicas, at=row.at)
        facts.setdefault(row.envelope, fact)
    return facts


def _cases_of(connection: Connection, ids: list[str]) -> dict[str, list[CaseRef]]:
    ended = exists().where(case_unlinks.c.link == case_links.c.link)
    query = select(case_links).where(case_links.c.recording.in_(ids), ~ended)
    found: dict[str, list[CaseRef]] = {}
    for row in connection.execute(query.order_by(case_links.c.idx)):
        ref = CaseRef(id=row.case_id, number=row.number, link=row.link)
        refs = found.setdefault(row.recording, [])
        if all(other.id != ref.id for other in refs):
            refs.append(ref)
    return found
