"""What central owes stations: receipts and problems that are still to be delivered.

Queued in the transaction that makes them true, so a kill loses none. There is one row per
station, kind and envelope; answering again marks it unsent, so a station that asks a
thousand times costs one row. Delivered means that the broker acknowledged it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from central.store.operational import outgoing
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

LOGGED, STORED, PROBLEM = "logged", "stored", "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One message for one station; `envelope` is what it answers."""

    station: str
    kind: str
    envelope: Digest
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """An answer on its way; `version` tells a newer answer in the same row apart."""

    id: int
    version: int
    answer: Answer


def queue(connection: Connection, answer: Answer, now: Instant) -> None:
    """Put `answer` in the queue, in place of an older one to the same envelope."""
    row = {
        "station": answer.station,
        "kind": answer.kind,
        "envelope": answer.envelope,
        "payload": answer.payload,
        "version": 1,
        "queued": now,
        "sent": None,
    }
    again = {"payload": answer.payload, "queued": now, "sent": None}
    connection.execute(
        insert(outgoing)
        .values(row)
        .on_conflict_do_update(
            index_elements=["station", "kind", "envelope"],
            set_={**again, "version": outgoing.c.version + 1},
        )
    )


def unsent(connection: Connection, *, limit: int) -> list[Unsent]:
    """The oldest undelivered answers."""
    query = select(outgoing).where(outgoing.c.sent.is_(None)).order_by(outgoing.c.id).limit(limit)
    return [
        Unsent(
            id=row.id,
            version=row.version,
            answer=Answer(
                station=row.station,
                kind=row.kind,
                envelope=row.envelope,
                payload=row.payload,
            ),
        )
        for row in connection.execute(query)
    ]


def mark_sent(connection: Connection, unsent_id: int, version: int, at: Instant) -> None:
    """The broker has it. Changes nothing where a newer answer took the row meanwhile."""
    connection.execute(
        update(outgoing)
        .where(outgoing.c.id == unsent_id, outgoing.c.version == version)
        .values(sent=at, payload=b"")
    )


def count_unsent(connection: Connection) -> int:
    """How many answers wait."""
    query = select(func.count()).where(outgoing.c.sent.is_(None))
    return connection.execute(query).scalar_one()
