"""Everything the log says about one recording, in the order of the log.

Rows of different tables become one kind of fact; `act` is a word, and the sentences for
people are made where the language is known. Nothing is left out and nothing is summed up.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from central.store.schema import (
    access,
    case_links,
    case_unlinks,
    cases,
    dockings,
    envelopes,
    exports,
    inventories,
    recordings,
    repeats,
    stored,
)
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

_Column = ColumnElement[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One leaf that concerns a recording.

    `at` is the time that its signer claimed, `received` central's clock. `about` is the
    other thing it names: a case number, an export, a docking.
    """

    index: int
    envelope: Digest
    act: str
    at: Instant
    received: Instant
    actor: str
    about: str | None
    reason: str | None


def of_recording(connection: Connection, recording: str) -> list[Fact]:
    """All facts about the recording of this id."""
    told = union_all(*_by_station(recording), *_by_central(recording)).subquery()
    query = (
        select(
            told.c.idx.label("index"),
            envelopes.c.digest.label("envelope"),
            told.c.act,
            told.c.at,
            envelopes.c.received,
            told.c.actor,
            told.c.about,
            told.c.reason,
        )
        .join(envelopes, envelopes.c.idx == told.c.idx)
        .order_by(told.c.idx)
    )
    return [Fact(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - its public name


def _by_station(recording: str) -> list[Select[Any]]:
    this = recordings.c.id == recording
    docking = select(recordings.c.docking).where(this).scalar_subquery()
    inventory = select(recordings.c.inventory).where(this).scalar_subquery()
    it, done = inventories.c, dockings.c
    return [
        _part("inventory", it.idx, it.station_time, it.station, about=it.docking).where(
            it.envelope == inventory
        ),
        _part("sealed", recordings.c.idx, recordings.c.station_time, recordings.c.station).where(
            this
        ),
        _part("repeated", repeats.c.idx, envelopes.c.received, envelopes.c.station)
        .join(envelopes, envelopes.c.idx == repeats.c.idx)
        .where(repeats.c.recording == recording),
        _part(
            "docked", done.idx, done.finished, done.station, about=done.docking, reason=done.outcome
        ).where(done.docking == docking),
    ]


def _by_central(recording: str) -> list[Select[Any]]:
    linked, unlinked, out, seen = case_links.c, case_unlinks.c, exports.c, access.c
    number = select(cases.c.number).where(cases.c.id == unlinked.case_id).limit(1)
    named = type_coerce(out.recordings, Text).contains(recording)
    return [
        _part("stored", stored.c.idx, stored.c.at, literal("central")).where(
            stored.c.recording == recording
        ),
        _part(
            "linked", linked.idx, linked.at, linked.actor, about=linked.number, reason=linked.reason
        ).where(linked.recording == recording),
        _part(
            "unlinked",
            unlinked.idx,
            unlinked.at,
            unlinked.actor,
            about=number.scalar_subquery(),
            reason=unlinked.reason,
        ).where(unlinked.recording == recording),
        _part(seen.act, seen.idx, seen.at, seen.actor, reason=seen.reason).where(
            seen.target == recording
        ),
        _part("exported", out.idx, out.at, out.actor, about=out.id, reason=out.purpose).where(
            named
        ),
    ]


def _part(
    act: str | _Column,
    index: _Column,
    at: _Column,
    actor: _Column,
    *,
    about: _Column | None = None,
    reason: _Column | None = None,
) -> Select[Any]:
    word = literal(act) if isinstance(act, str) else act
    return select(
        index.label("idx"),
        word.label("act"),
        at.label("at"),
        actor.label("actor"),
        (null() if about is None else about).label("about"),
        (null() if reason is None else reason).label("reason"),
    )
