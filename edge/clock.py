"""The one door to time.

Times are claims: a reading carries its error bound and its source, and is never corrected
in place. Nothing else in the project reads the wall clock.
"""

import shutil
import subprocess
import time
from dataclasses import dataclass

from edge.evidence.instant import Instant

_CHRONY_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of the system clock.

    `error_ms` is the bound that the time service itself states, in milliseconds, or None
    where nobody states one; `source` is ``chrony`` or ``system``.
    """

    now: Instant
    error_ms: int | None
    source: str


def now() -> Instant:
    """The system clock, in UTC, to the millisecond."""
    return Instant(time.time_ns() // 1_000_000)


def monotonic() -> float:
    """Seconds that never run backwards; only differences mean anything."""
    return time.monotonic()


def reading() -> Reading:
    """The system clock with chrony's own error bound, where chrony runs."""
    bound = _chrony_error_ms()
    source = "system" if bound is None else "chrony"
    return Reading(now=now(), error_ms=bound, source=source)


def _chrony_error_ms() -> int | None:
    """Bound = |system offset| + root dispersion + half the root delay (chronyc manual)."""
    program = shutil.which("chronyc")
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "-c", "tracking"],
            capture_output=True,
            text=True,
            timeout=_CHRONY_TIMEOUT_S,
            check=True,
        )
        fields = answer.stdout.strip().split(",")
        offset, delay, dispersion = (float(fields[i]) for i in (4, 10, 11))
        stratum = int(fields[2])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    if stratum == 0:
        return None  # not synchronised: chrony has no bound to state
    return round((abs(offset) + dispersion + delay / 2) * 1000) + 1
