"""From a device's own clock to the station's: even steps, without drifting away.

A frame or a block of samples arrives some time after it was taken, and late when the machine
is busy; the device's own count says how far apart two of them really are. So the first
arrival anchors the device's clock, and its steps are trusted from there, until it has
strayed for long. Knows no device and reads no clock.
"""

from dataclasses import dataclass

STRAY_SECONDS = 0.5
PATIENCE = 25


@dataclass(slots=True)
class SourceClock:
    """Places device times (seconds, any origin) on the monotonic clock. Never goes back.

    `stray`: how far the two clocks may lie apart; `patience`: for how many placements in a
    row, before the device is anchored anew. `jumps` counts that.
    """

    stray: float = STRAY_SECONDS
    patience: int = PATIENCE
    jumps: int = 0
    _anchor: float | None = None
    _astray: int = 0
    _last: float = float("-inf")

    def place(self, device: float, arrived: float) -> float:
        """Say when the thing that arrived at `arrived` was taken."""
        if self._anchor is None:
            self._anchor = arrived - device
        far = abs(self._anchor + device - arrived) > self.stray
        self._astray = self._astray + 1 if far else 0
        if self._astray > self.patience:
            self._anchor = arrived - device
            self._astray = 0
            self.jumps += 1
        self._last = max(self._last, self._anchor + device)
        return self._last

    def lost(self) -> None:
        """Anchor at the next arrival: the device says that it left something out."""
        self._anchor = None
        self._astray = 0
        self.jumps += 1
