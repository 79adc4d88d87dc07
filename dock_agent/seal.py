"""Sealing: one statement more in the station's chain, or none.

In one transaction: read the head, take the next seq, sign, write the envelope and its
outbox row, and whatever else became true with it. A crash before the commit leaves no
trace; after it, everything. The signature is made while the ledger is locked, so two bays
never take the same seq. Does not decide what is worth a statement.
"""

from collections.abc import Callable

from dock_agent.ledger import Ledger, SealedRow
from dock_agent.station import Station
from edge import clock
from edge.clock import Reading
from edge.evidence.chain import next_link
from edge.evidence.envelope import seal
from edge.evidence.signers import Signer
from edge.evidence.statement import (
    Heartbeat,
    Predicate,
    Recording,
    Statement,
    StationLink,
    Times,
)

Made = Callable[[StationLink], Predicate]
Also = Callable[[SealedRow], None]


class Sealer:
    """Seals for one station; `sealed` is called after each commit, to wake the courier."""

    def __init__(self, ledger: Ledger, station: Station, sealed: Callable[[], None]) -> None:
        self._ledger = ledger
        self._station = station
        self._sealed = sealed

    @property
    def station(self) -> Station:
        return self._station

    def wake(self) -> None:
        """Say that something was sealed; needed after a transaction of several."""
        self._sealed()

    def begin_epoch(self) -> int:
        """Announce this run's key, signed by the identity; answers its seq."""
        at = clock.now()
        station = self._station
        with self._ledger.transaction():
            row = self._append(lambda link: station.announcement(link, at), station.identity)
        self._sealed()
        return row.seq

    def seal(self, made: Made, *, docking: str, also: Also | None = None) -> SealedRow:
        """Seal one statement about a docking; `also` runs in the same transaction."""
        with self._ledger.transaction():
            row = self._append(made, self._station.epoch, docking)
            if also is not None:
                also(row)
        self._sealed()
        return row

    def sign_apart(self, heartbeat: Heartbeat) -> bytes:
        """Sign a heartbeat: outside the chain, outside the log."""
        return seal(Statement.about(heartbeat), self._station.epoch).raw

    def _append(self, made: Made, signer: Signer, docking: str | None = None) -> SealedRow:
        link = next_link(
            self._ledger.chain.head(), station=self._station.id, boot=self._station.boot
        )
        predicate = made(link)
        envelope = seal(Statement.about(predicate), signer)
        at = clock.now()
        row = SealedRow(
            seq=link.seq,
            digest=envelope.digest,
            type=predicate.TYPE,
            docking=docking,
            recording=predicate.recording if isinstance(predicate, Recording) else None,
            sealed=str(at),
            envelope=envelope.raw,
        )
        self._ledger.chain.append(row, prev=str(link.prev), at=at)
        return row


def times(reading: Reading) -> Times:
    """The station's clock as a statement carries it."""
    return Times(station=reading.now, error_ms=reading.error_ms, source=reading.source)
