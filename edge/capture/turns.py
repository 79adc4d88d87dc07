"""When to record: pure decisions over what is docked and how long it has been.

Promise: a docking is recorded from when it is seen until it is undocked or has had its
maximum, whichever is first; dockings that overlap share one recording; a docking whose
recording could not go on is not tried again. Reads no clock and starts nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.capture.dockings import Docking
from edge.evidence.instant import Instant

UNDOCKED = "UNDOCKED"
MAXIMUM = "MAXIMUM"


@dataclass(slots=True)
class Turns:
    """`until`: for each docking that is to be recorded now, the steady time of its end."""

    maximum: float
    until: dict[str, float] = field(default_factory=dict)
    why_over: str = UNDOCKED
    _seen: set[str] = field(default_factory=set)

    def look(self, present: Iterable[Docking], steady: float, wall: Instant) -> list[Docking]:
        """Take in what is docked now; answers the dockings that began to count."""
        docked = {each.docking: each for each in present}
        self._drop(set(self.until) - set(docked), UNDOCKED)
        self._drop({name for name, end in self.until.items() if end <= steady}, MAXIMUM)
        fresh = [each for name, each in docked.items() if name not in self._seen]
        self._seen = set(docked)
        begun: list[Docking] = []
        for each in fresh:
            left = self.maximum - max(0, wall.minus(each.at)) / 1000
            if left > 0:
                self.until[each.docking] = steady + left
                begun.append(each)
        return begun

    def give_up(self) -> None:
        """What is docked now cannot be recorded; wait for the next docking."""
        self.until.clear()

    def next_end(self) -> float | None:
        """The steady time at which the next docking has had its maximum."""
        return min(self.until.values(), default=None)

    def _drop(self, names: set[str], why: str) -> None:
        for name in names:
            del self.until[name]
            self.why_over = why
