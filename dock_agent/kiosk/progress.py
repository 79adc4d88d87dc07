"""How far copying is between two looks into the ledger, as the agent's events say.

Numbers for people: a wrong or forged event can move a bar, and never a verdict. What is
older than a few seconds is forgotten, so a stopped agent shows no time left.
"""

from dataclasses import dataclass
from typing import Any

_FRESH_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`done` of `size` bytes of the whole camera, at a rate in bytes a second."""

    done: int
    size: int
    rate: int

    @property
    def seconds_left(self) -> int | None:
        """None where nothing moves yet."""
        return -(-(self.size - self.done) // self.rate) if self.rate > 0 else None


class Copying:
    """The last `copying` event of each docking."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, Progress]] = {}

    def hear(self, event: dict[str, Any], now: float) -> None:
        if event.get("event") != "copying":
            return
        docking, done, size = event.get("docking"), event.get("bytes"), event.get("total")
        rate = event.get("mb_s")
        if not isinstance(docking, str) or not isinstance(done, int) or not isinstance(size, int):
            return
        if not isinstance(rate, int | float) or not 0 <= done <= size or not 0 <= rate < 1e6:
            return
        self._last[docking] = (now, Progress(done=done, size=size, rate=round(rate * 1e6)))

    def fresh(self, now: float) -> dict[str, Progress]:
        """What is still true; forgets the rest."""
        self._last = {
            docking: last for docking, last in self._last.items() if now - last[0] < _FRESH_S
        }
        return {docking: progress for docking, (_, progress) in self._last.items()}
