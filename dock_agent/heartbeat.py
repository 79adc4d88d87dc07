"""The station's pulse: alive, this far in the chain, so much waiting, so much disk left.

Signed by the epoch key, so it is silent until central has logged that key. It proves
nothing later; a missing pulse is what central's people look for.
"""

import os
from pathlib import Path

from dock_agent.ledger import Ledger
from dock_agent.seal import Sealer, times
from edge import clock
from edge.evidence.statement import Disk, Heartbeat


class Pulse:
    """Call it for the next heartbeat's envelope, or None while it would not be believed."""

    def __init__(self, ledger: Ledger, sealer: Sealer, data: Path) -> None:
        self._ledger = ledger
        self._sealer = sealer
        self._data = data
        self._epoch: int | None = None

    def begin(self, epoch: int) -> None:
        """The statement with seq `epoch` announces the key that signs from now on."""
        self._epoch = epoch

    def __call__(self) -> bytes | None:
        if self._epoch is None or self._ledger.outbox.state_of(self._epoch) != "logged":
            return None
        head = self._ledger.chain.head()
        disk = os.statvfs(self._data)
        reading = clock.reading()
        station = self._sealer.station
        return self._sealer.sign_apart(
            Heartbeat(
                id=station.id,
                boot=station.boot,
                at=reading.now,
                last_seq=head.seq if head else -1,
                outbox=self._ledger.outbox.unlogged(),
                disk=Disk(total=disk.f_blocks * disk.f_frsize, free=disk.f_bavail * disk.f_frsize),
                version=station.agent.version,
                time=times(reading),
            )
        )
