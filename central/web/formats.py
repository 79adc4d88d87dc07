"""How values are shown: moments with their zone, sizes, durations, digests cut in the middle.

A moment is shown in the zone of the authority and always with its offset, the same in every
language; the exact value is in the page's markup and in the API.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.evidence.instant import Instant

ZONE = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_KEPT = 6


def moment(at: Instant) -> str:
    """``2026-11-23 08:30:15 +08:00``."""
    return f"{day(at)} {clock_time(at)} {offset(at)}"


def day(at: Instant) -> str:
    return f"{_local(at):%Y-%m-%d}"


def clock_time(at: Instant) -> str:
    return f"{_local(at):%H:%M:%S}"


def offset(at: Instant) -> str:
    text = f"{_local(at):%z}"
    return f"{text[:3]}:{text[3:]}"


def size(count: int) -> str:
    """Decimal units: ``8.1 MB``."""
    amount, unit = float(count), 0
    while amount >= _THOUSAND and unit < len(_UNITS) - 1:
        amount /= _THOUSAND
        unit += 1
    return f"{count} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def duration(ms: int) -> str:
    """``29:10`` or ``1:02:03``; anything shorter than a second as ``0:01``."""
    seconds = -(-ms // _THOUSAND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def signed_ms(ms: int) -> str:
    """``+320 ms``, ``−4.1 s``."""
    sign = "−" if ms < 0 else "+"
    amount = abs(ms)
    return f"{sign}{amount} ms" if amount < _THOUSAND else f"{sign}{amount / _THOUSAND:.1f} s"


def short(digest: object) -> str:
    """A digest with its middle left out."""
    text = str(digest)
    return text if len(text) <= 2 * _KEPT + 1 else f"{text[:_KEPT]}…{text[-_KEPT:]}"


def percent(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0


def _local(at: Instant) -> datetime:
    """Years that a hostile card may claim stay in UTC where the zone cannot say them."""
    told = _EPOCH + timedelta(milliseconds=at.ms)
    try:
        return told.astimezone(ZONE)
    except OverflowError:
        return told
