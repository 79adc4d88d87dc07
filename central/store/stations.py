"""Stations: who is enrolled, when each was last heard, what it last said of itself."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert

from central.store.operational import heartbeats, quarantine
from central.store.schema import chain, key_events, recordings
from edge.evidence.instant import Instant
from edge.evidence.statement import Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class StationView:
    """One enrolled station. `heartbeat` has the columns of that table, or is None."""

    id: str
    enrolled: Instant
    heartbeat: Row[Any] | None
    logged_seq: int | None
    recordings: int
    refused: int

    @property
    def clock_offset_ms(self) -> int | None:
        """Station minus central at the last heartbeat; a measurement, not a correction."""
        beat = self.heartbeat
        return None if beat is None else int(beat.at.minus(beat.received))


def beat(connection: Connection, heartbeat: Heartbeat, received: Instant) -> None:
    """Keep the last heartbeat of a station; an older one that comes late is ignored."""
    row = {
        "station": heartbeat.id,
        "boot": heartbeat.boot,
        "at": heartbeat.at,
        "received": received,
        "last_seq": heartbeat.last_seq,
        "outbox": heartbeat.outbox,
        "disk_total": heartbeat.disk.total,
        "disk_free": heartbeat.disk.free,
        "version": heartbeat.version,
    }
    connection.execute(
        insert(heartbeats)
        .values(row)
        .on_conflict_do_update(
            index_elements=["station"],
            set_=row,
            where=heartbeats.c.received <= row["received"],
        )
    )


def all_stations(connection: Connection) -> list[StationView]:
    """Every enrolled station, by name."""
    enrolled = (
        select(key_events.c.name, func.min(key_events.c.at).label("at"))
        .where(key_events.c.action == "enrol", key_events.c.role == "station")
        .group_by(key_events.c.name)
        .order_by(key_events.c.name)
    )
    beats = {row.station: row for row in connection.execute(select(heartbeats))}
    seqs = _per_station(connection, chain.c.station, func.max(chain.c.seq))
    counts = _per_station(connection, recordings.c.station, func.count())
    refusals = _per_station(connection, quarantine.c.station, func.count())
    return [
        StationView(
            id=row.name,
            enrolled=row.at,
            heartbeat=beats.get(row.name),
            logged_seq=seqs.get(row.name),
            recordings=counts.get(row.name, 0),
            refused=refusals.get(row.name, 0),
        )
        for row in connection.execute(enrolled)
    ]


def _per_station(connection: Connection, column: Any, value: Any) -> dict[str, int]:  # noqa: ANN401 - SQLAlchemy expressions
    rows = connection.execute(select(column, value).group_by(column))
    return {str(station): int(number) for station, number in rows}
