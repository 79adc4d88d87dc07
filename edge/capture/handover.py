"""Hands the recorder's card to the agent: owed after a recording, told when it may be.

Promise: what is owed is announced, if not now then later; a folder that cannot be written is
one problem, not one a second. Announcements keep a distance, because each one makes the agent
read the whole card again, and a new one interrupts it: at least `announce_seconds`, and the
time that a slow disk needs for the card. Does not know whether the agent is done.
"""

from edge.capture.dockings import OWN_BAY, announce_card
from edge.capture.errors import DiskError
from edge.capture.events import Events
from edge.capture.spool import Spool
from edge.clock import monotonic, now
from edge.config import RecorderConfig

_RETRY_SECONDS = 5.0
_SLOW_READ = 20 << 20  # bytes a second: an SD card, shared with everything else


class Handover:
    """Announces the card of one spool."""

    def __init__(self, config: RecorderConfig, spool: Spool, events: Events) -> None:
        self._config = config
        self._spool = spool
        self._events = events
        self._owed = False
        self._not_before = float("-inf")
        self._trouble = ""

    def owe(self) -> None:
        """There is something new on the card."""
        self._owed = True

    def due_in(self) -> float | None:
        """Seconds until `settle` would announce; None where nothing is owed."""
        return max(0.0, self._not_before - monotonic()) if self._owed else None

    def settle(self, *, at_once: bool = False) -> None:
        """Announce what is owed, where it is due."""
        if not self._owed or (not at_once and monotonic() < self._not_before):
            return
        folder = self._config.announcements
        try:
            docking = announce_card(folder, self._spool.card, self._config.station, now())
        except OSError as failure:
            self._failed(failure)
            return
        self._owed = False
        self._trouble = ""
        reading = self._spool.used / _SLOW_READ
        self._not_before = monotonic() + max(self._config.spool.announce_seconds, reading)
        self._events.publish("announced", bay=OWN_BAY, docking=docking, spool=self._spool.used)

    def _failed(self, failure: OSError) -> None:
        self._not_before = monotonic() + _RETRY_SECONDS
        if str(failure) != self._trouble:
            self._trouble = str(failure)
            expected = f"to announce in {self._config.announcements}"
            fault = DiskError(code="ANNOUNCE_FAILED", expected=expected, found=str(failure))
            self._events.problem(fault)
