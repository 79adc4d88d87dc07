"""Guessing is slowed down: after a few failures each further try has to wait twice as long.

Counted per account-and-address and, more loosely, per address, so that a stranger cannot
lock out a person who signs in from elsewhere. Kept in memory: a restart forgets, and the
refused sign-ins stay in the log. Time is an argument.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

_FREE_PER_ACCOUNT = 5
_FREE_PER_ADDRESS = 30
_LONGEST_WAIT_S = 900
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


@dataclass(slots=True)
class Throttle:
    """Failed sign-ins of late."""

    _failures: OrderedDict[str, _Failures] = field(default_factory=OrderedDict)

    def wait_s(self, name: str, address: str, now: float) -> int:
        """Seconds until this account may be tried again from this address; 0 for now."""
        waits = (self._wait(key, free, now) for key, free in _keys(name, address))
        return max(waits)

    def failed(self, name: str, address: str, now: float) -> None:
        for key, _ in _keys(name, address):
            known = self._failures.pop(key, _Failures(0, now))
            self._failures[key] = _Failures(known.count + 1, now)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget this account's failures; those of the address stay."""
        self._failures.pop(_keys(name, address)[0][0], None)

    def _wait(self, key: str, free: int, now: float) -> int:
        known = self._failures.get(key)
        if known is None or known.count < free:
            return 0
        penalty = min(1 << min(known.count - free, 20), _LONGEST_WAIT_S)
        return max(0, round(known.last + penalty - now + 0.5))


def _keys(name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"{name}\n{address}", _FREE_PER_ACCOUNT), (f"\n{address}", _FREE_PER_ADDRESS)
