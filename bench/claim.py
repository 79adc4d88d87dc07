"""What a measured claim is: a ratio between contenders that alternate in one run.

Machines are shared and noisy, so absolute figures prove little. Rounds run in pairs whose
order is reversed each time; the claim is the median of the paired ratios, with quartiles.
Does not judge statistics beyond that, and never hides a missed goal.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Contender = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of the table. `ratio` is the rival's time over ours: above 1 we are faster."""

    name: str
    ours: float  # seconds, median
    rival: float
    rival_name: str
    ratio: float
    quartiles: tuple[float, float]
    goal: float

    @property
    def met(self) -> bool:
        return self.ratio >= self.goal


def paired(  # noqa: PLR0913 - all by name
    name: str,
    *,
    ours: Contender,
    rival: Contender,
    rival_name: str,
    goal: float,
    rounds: int = 7,
    prepare: Contender = lambda: None,
) -> Claim:
    """Time both, alternating, after one untimed round of each.

    `prepare` runs before each of them, outside the timing.
    """
    prepare()
    ours()
    prepare()
    rival()
    pairs: list[tuple[float, float]] = []
    for turn in range(rounds):
        if turn % 2:
            theirs = _seconds(rival, prepare)
            pairs.append((_seconds(ours, prepare), theirs))
        else:
            mine = _seconds(ours, prepare)
            pairs.append((mine, _seconds(rival, prepare)))
    low, middle, high = statistics.quantiles([theirs / mine for mine, theirs in pairs], n=4)
    return Claim(
        name=name,
        ours=statistics.median(mine for mine, _ in pairs),
        rival=statistics.median(theirs for _, theirs in pairs),
        rival_name=rival_name,
        ratio=middle,
        quartiles=(low, high),
        goal=goal,
    )


def _seconds(contender: Contender, prepare: Contender) -> float:
    prepare()
    began = time.perf_counter()
    contender()
    return time.perf_counter() - began
