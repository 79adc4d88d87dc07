"""How the screen shows values: local time, sizes, time left, digests cut in the middle."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.evidence.instant import Instant

ZONE = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_MINUTE, _KEPT = 60, 6


def minute(at: Instant) -> str:
    """``08:31``."""
    return f"{_local(at):%H:%M}"


def moment(at: Instant) -> str:
    """``2026-11-23 08:30:15 +08:00``."""
    text = f"{_local(at):%Y-%m-%d %H:%M:%S %z}"
    return f"{text[:-2]}:{text[-2:]}"


def size(count: int) -> str:
    """Decimal units: ``8.1 GB``."""
    amount, unit = float(count), 0
    while amount >= _THOUSAND and unit < len(_UNITS) - 1:
        amount /= _THOUSAND
        unit += 1
    return f"{count} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def minutes(seconds: int) -> int:
    """Whole minutes that a person would say, never fewer than one."""
    return max(1, round(seconds / _MINUTE))


def short(digest: object) -> str:
    """A digest with its middle left out."""
    text = str(digest)
    return text if len(text) <= 2 * _KEPT + 1 else f"{text[:_KEPT]}…{text[-_KEPT:]}"


def _local(at: Instant) -> datetime:
    return (_EPOCH + timedelta(milliseconds=at.ms)).astimezone(ZONE)
