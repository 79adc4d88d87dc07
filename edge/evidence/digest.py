"""A SHA-256 digest as a value: 32 bytes in memory, 64 lower-case hex on the wire.

Source: FIPS 180-4. Does not say of what it is a digest; the field that holds it does.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from edge.evidence.errors import EncodingError

DIGEST_SIZE = 32
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """SHA-256, 32 raw bytes. `str()` is the wire form."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != DIGEST_SIZE:
            raise EncodingError("digest", expected="32 bytes", found=len(self.raw))

    @classmethod
    def of(cls, *parts: bytes | memoryview) -> Self:
        """SHA-256 over the parts, one after the other, with nothing between them."""
        state = hashlib.sha256()
        for part in parts:
            state.update(part)
        return cls(state.digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 64 lower-case hex digits. Raises EncodingError for anything else."""
        if not _HEX.fullmatch(text):
            raise EncodingError("digest", expected="64 lower-case hex digits", found=repr(text))
        return cls(bytes.fromhex(text))

    def __str__(self) -> str:
        return self.raw.hex()
