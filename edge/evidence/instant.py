"""A moment in UTC, to the millisecond: "2026-11-23T08:30:15.123Z".

Source: RFC 3339, narrowed to one spelling (UTC, `Z`, always three decimals) so that equal
moments are equal text. Leap seconds cannot be written. Does not say whose clock it was;
the field that holds it does. Reads no clock.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from edge.evidence.errors import EncodingError

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
_LAST = (datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC) - _EPOCH) // _MS


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """Milliseconds since 1970-01-01T00:00:00.000Z; years 0001 to 9999.

    Raises EncodingError outside that range (a hostile card may claim any time).
    """

    ms: int

    def __post_init__(self) -> None:
        if type(self.ms) is not int or not _FIRST <= self.ms <= _LAST:
            raise EncodingError(
                "instant", expected="a year from 0001 to 9999", found=f"{self.ms} ms"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the wire form. Raises EncodingError for any other spelling."""
        if not _FORM.fullmatch(text):
            raise EncodingError("instant", expected="YYYY-MM-DDThh:mm:ss.sssZ", found=repr(text))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as impossible:
            raise EncodingError(
                "instant", expected="a real date and time", found=text
            ) from impossible
        return cls((moment - _EPOCH) // _MS)

    def __str__(self) -> str:
        moment = _EPOCH + timedelta(milliseconds=self.ms)
        return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

    def plus_ms(self, ms: int) -> Self:
        """The moment `ms` milliseconds later (earlier where negative)."""
        return type(self)(self.ms + ms)

    def minus(self, other: "Instant") -> int:
        """Milliseconds from `other` to this moment; negative where `other` is later."""
        return self.ms - other.ms
