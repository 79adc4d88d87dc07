"""Answers on their way out: which to send next, which the broker has.

The database says what is owed; in memory is only what was handed to the broker's client and
is not acknowledged yet. What stays unacknowledged too long is sent again. Knows nothing of
MQTT but topics and message numbers. For one thread.
"""

from collections.abc import Callable
from dataclasses import dataclass

from central.store import Store, outgoing
from central.store.outgoing import PROBLEM, Unsent
from edge import clock
from edge.evidence.instant import Instant

WINDOW = 200
AGAIN_S = 60.0
REFUSED_S = 30.0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker's word on message `mid`; `taken` is False where it refused."""

    mid: int
    taken: bool


@dataclass(frozen=True, slots=True)
class _Flight:
    id: int
    version: int
    due: float  # when it is sent again


class Delivery:
    """What is owed to stations, a window at a time."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], Instant] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._store = store
        self._now = now
        self._monotonic = monotonic
        self._flights: dict[int, _Flight] = {}
        self._refused: dict[tuple[int, int], float] = {}

    def send(self, publish: Callable[[str, bytes], int | None]) -> int:
        """Publish what is owed and not on its way; how many that were.

        `publish` takes topic and payload, and gives the message's number, or None where
        the line is down.
        """
        moment = self._monotonic()
        self._forget(moment)
        with self._store.read() as connection:
            owed = outgoing.unsent(connection, limit=WINDOW)
        flying = {(flight.id, flight.version) for flight in self._flights.values()}
        sent = 0
        for each in owed:
            if (each.id, each.version) in flying or (each.id, each.version) in self._refused:
                continue
            mid = publish(topic_of(each), each.answer.payload)
            if mid is None:
                break
            self._flights[mid] = _Flight(each.id, each.version, moment + AGAIN_S)
            sent += 1
        return sent

    def settle(self, acknowledged: list[Acknowledged]) -> None:
        """Note what the broker has; what it refused waits before the next attempt."""
        done = []
        for each in acknowledged:
            flight = self._flights.pop(each.mid, None)
            if flight is None:
                continue
            if each.taken:
                done.append(flight)
            else:
                due = self._monotonic() + REFUSED_S
                self._refused[flight.id, flight.version] = due
        if not done:
            return
        now = self._now()
        with self._store.write() as connection:
            for flight in done:
                outgoing.mark_sent(connection, flight.id, flight.version, now)

    def _forget(self, moment: float) -> None:
        self._flights = {
            mid: flight for mid, flight in self._flights.items() if flight.due > moment
        }
        self._refused = {key: due for key, due in self._refused.items() if due > moment}


def topic_of(unsent: Unsent) -> str:
    """Receipts and problems have a topic each."""
    name = "problems" if unsent.answer.kind == PROBLEM else "receipts"
    return f"liuhen/v1/station/{unsent.answer.station}/{name}"
