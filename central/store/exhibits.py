"""Which leaves belong into a package: found by number, all of them before a given size.

What a verifier needs to follow a recording from the camera to the export, and nothing about
other recordings beyond the chain neighbour and the inventory. Leaves that came after the
export are left out, so that the same export finds the same leaves for ever.
"""

from collections.abc import Iterable

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, or_, select

from central.store.envelopes import Logged, by_index
from central.store.schema import (
    access,
    case_links,
    case_unlinks,
    cases,
    chain,
    checkpoints,
    exports,
    inventories,
    key_events,
    recordings,
    stored,
)


def of_export(connection: Connection, export: str) -> list[Logged]:
    """Every leaf of this export's package, in the order of the log."""
    query = select(exports).where(exports.c.id == export)
    row = connection.execute(query).one()
    named = [entry["recording"] for entry in row.recordings]
    found = {row.idx}
    for recording in named:
        found |= _about(connection, recording, row.size)
    found |= _cases(connection, found, row.case_id, row.size)
    found |= _keys(connection, found, row.size)
    leaves = (by_index(connection, index) for index in sorted(found))
    return [leaf for leaf in leaves if leaf is not None]


def manifests_of(connection: Connection, export: str) -> list[Logged]:
    """The manifests of the recordings that an export names."""
    named = connection.execute(select(exports.c.recordings).where(exports.c.id == export)).scalar()
    ids = [entry["recording"] for entry in named or ()]
    places = connection.execute(select(recordings.c.idx).where(recordings.c.id.in_(ids))).scalars()
    leaves = (by_index(connection, index) for index in sorted(places))
    return [leaf for leaf in leaves if leaf is not None]


def checkpoint_over(connection: Connection, index: int) -> tuple[int, str]:
    """Size and text of the first signed checkpoint that covers leaf `index`."""
    query = (
        select(checkpoints.c.size, checkpoints.c.text)
        .where(checkpoints.c.size > index)
        .order_by(checkpoints.c.size)
        .limit(1)
    )
    size, text = connection.execute(query).one()
    return int(size), str(text)


def _about(connection: Connection, recording: str, size: int) -> set[int]:
    this = select(recordings).where(recordings.c.id == recording).subquery()
    link = select(chain).join(this, chain.c.digest == this.c.envelope).subquery()
    neighbour = and_(chain.c.station == link.c.station, chain.c.seq == link.c.seq - 1)
    queries = (
        select(this.c.idx),
        select(chain.c.idx).join(link, neighbour),
        select(inventories.c.idx).join(this, inventories.c.docking == this.c.docking),
        select(stored.c.idx).where(stored.c.recording == recording, stored.c.idx < size),
        _before(case_links.c.idx, case_links.c.recording == recording, size),
        _before(case_unlinks.c.idx, case_unlinks.c.recording == recording, size),
        _before(access.c.idx, access.c.target == recording, size),
    )
    return set().union(*(connection.execute(query).scalars() for query in queries))


def _cases(connection: Connection, found: set[int], case: str | None, size: int) -> set[int]:
    linked = select(case_links.c.case_id).where(case_links.c.idx.in_(found))
    named = or_(cases.c.id.in_(linked), cases.c.id == case)
    return set(connection.execute(_before(cases.c.idx, named, size)).scalars())


def _keys(connection: Connection, found: set[int], size: int) -> set[int]:
    """Enrolments of the signers, the epochs of their boots, every revocation."""
    links = connection.execute(select(chain).where(chain.c.idx.in_(found))).all()
    of_signers = or_(
        and_(key_events.c.action == "enrol", key_events.c.role == "central"),
        and_(key_events.c.action == "enrol", key_events.c.name.in_(_each(links, "station"))),
        and_(key_events.c.action == "epoch", key_events.c.boot.in_(_each(links, "boot"))),
        key_events.c.action == "revoke",
    )
    return set(connection.execute(_before(key_events.c.idx, of_signers, size)).scalars())


def _each(rows: Iterable[object], name: str) -> list[str]:
    return sorted({str(getattr(row, name)) for row in rows})


def _before(index: Column[int], condition: ColumnElement[bool], size: int) -> Select[int]:
    return select(index).where(condition, index < size)
