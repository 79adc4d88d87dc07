"""Custody: which statement may follow which, and what central notes about a claimed time.

Pure. A station's clock that is ahead of central's is noted, never refused and never
corrected; one that is behind is ordinary (a station may have been offline for weeks).
"""

from edge.evidence.instant import Instant
from edge.evidence.statement import (
    Docking,
    Inventory,
    KeyEvent,
    Predicate,
    Recording,
)

CLOCK_AHEAD = "clock-ahead"
CLOCK_AHEAD_MS = 300_000
"""Five minutes: far more than a network takes, far less than a wrong day. It is part of how
the index is derived, so changing it calls for a rebuilt index."""

_FROM_STATIONS = (Recording, Inventory, Docking)


def may_come_from_station(predicate: Predicate) -> bool:
    """A station logs what it met and sealed, and its own epochs; nothing else."""
    if isinstance(predicate, KeyEvent):
        return predicate.action == "epoch"
    return isinstance(predicate, _FROM_STATIONS)


def observed(station_time: Instant, received: Instant) -> list[str]:
    """What central adds to the flags that the station signed."""
    ahead = station_time.minus(received) > CLOCK_AHEAD_MS
    return [CLOCK_AHEAD] if ahead else []
