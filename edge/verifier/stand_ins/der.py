"""A strict reader of DER (X.690): definite, minimal lengths, and nothing left over.

Knows tags and lengths, not what they mean. Every error is a ValueError.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

INTEGER, BITS, OCTETS, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
TIME, SEQUENCE, SET = 0x18, 0x30, 0x31
_MOST_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Element:
    """One tag with its content; `raw` is the whole of it, tag and length included."""

    tag: int
    content: bytes
    raw: bytes

    @classmethod
    def only(cls, raw: bytes, tag: int) -> Self:
        """The one element that these bytes are."""
        found, rest = cls.first(raw)
        if rest:
            message = f"expected nothing after the element, found {len(rest)} bytes"
            raise ValueError(message)
        return found.of(tag)

    @classmethod
    def first(cls, raw: bytes) -> tuple[Self, bytes]:
        """The element that these bytes begin with, and what comes after it."""
        if len(raw) < 2 or raw[0] & 0x1F == 0x1F:
            message = "expected a tag and a length"
            raise ValueError(message)
        begin, size = 2, raw[1]
        if size >= 0x80:
            begin, size = _long_length(raw)
        end = begin + size
        if end > len(raw):
            message = f"expected {size} bytes, found {len(raw) - begin}"
            raise ValueError(message)
        return cls(raw[0], raw[begin:end], raw[:end]), raw[end:]

    def of(self, tag: int) -> Self:
        """The element itself, if it has `tag`."""
        if self.tag != tag:
            message = f"expected tag {tag:#04x}, found {self.tag:#04x}"
            raise ValueError(message)
        return self

    def parts(self) -> list[Self]:
        """The elements inside."""
        return list(self._parts())

    def _parts(self) -> Iterator[Self]:
        rest = self.content
        while rest:
            found, rest = type(self).first(rest)
            yield found

    def integer(self) -> int:
        self.of(INTEGER)
        content = self.content
        padded = len(content) > 1 and content[0] in {0, 0xFF} and (content[0] ^ content[1]) < 0x80
        if not content or padded:
            message = "expected an integer in its shortest form"
            raise ValueError(message)
        return int.from_bytes(content, "big", signed=True)

    def time(self) -> datetime:
        """A GeneralizedTime in UTC, with or without a fraction."""
        text = self.of(TIME).content.decode("ascii")
        seconds, _, fraction = text.removesuffix("Z").partition(".")
        plain = len(seconds) == 14 and (seconds + fraction).isdigit()
        if not plain or not text.endswith("Z") or fraction.endswith("0"):
            message = f"expected YYYYMMDDhhmmss[.fraction]Z, found {text!r}"
            raise ValueError(message)
        whole = datetime.strptime(seconds, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return whole + timedelta(microseconds=int(f"{fraction:0<6}"[:6]))


def _long_length(raw: bytes) -> tuple[int, int]:
    count = raw[1] & 0x7F
    size = int.from_bytes(raw[2 : 2 + count], "big")
    minimal = 0 < count <= _MOST_LENGTH_BYTES and len(raw) >= 2 + count
    if not minimal or raw[2] == 0 or size < 0x80:
        message = "expected a definite length in its shortest form"
        raise ValueError(message)
    return 2 + count, size
