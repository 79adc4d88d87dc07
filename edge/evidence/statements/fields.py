"""The kinds of field that statements share, by name: one limit, stated once."""

from typing import Annotated

from edge.evidence.statements.forms import (
    BytesForm,
    IntegerForm,
    PathForm,
    PatternForm,
    TextForm,
)

Text = Annotated[str, TextForm()]
"""1 to 1,024 characters."""

LooseText = Annotated[str, TextForm(least=0)]
"""0 to 1,024 characters."""

NoteText = Annotated[str, TextForm(most=65_536)]
"""A C2SP signed note: 1 to 65,536 characters."""

CameraPath = Annotated[str, PathForm(most=4096)]
"""A path on a camera, 1 to 4,096 characters."""

RawPath = Annotated[bytes, BytesForm(4096)]
"""The bytes of a path that is not UTF-8, 1 to 4,096 bytes."""

PublicKeyBytes = Annotated[bytes, BytesForm(512)]
"""A public key as SubjectPublicKeyInfo DER (RFC 5280)."""

Id = Annotated[
    str,
    PatternForm(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}", "1 to 64 of A-Z a-z 0-9 . _ -"),
]
"""The name of a station, bay or vault; never `.` or `..`."""

Word = Annotated[str, PatternForm(r"[a-z][a-z0-9-]{0,63}", "a lower-case word")]
"""A word of an open vocabulary: `[a-z][a-z0-9-]{0,63}`."""

Code = Annotated[str, PatternForm(r"[A-Z][A-Z0-9_]{0,63}", "an UPPER_SNAKE code")]
"""An error code."""

Hex12 = Annotated[str, PatternForm(r"[0-9a-f]{12}", "12 lower-case hex digits")]
Hex16 = Annotated[str, PatternForm(r"[0-9a-f]{16}", "16 lower-case hex digits")]
Hex32 = Annotated[str, PatternForm(r"[0-9a-f]{32}", "32 lower-case hex digits")]

Natural = Annotated[int, IntegerForm()]
"""0 to 2^53-1."""

Positive = Annotated[int, IntegerForm(least=1)]
"""1 to 2^53-1."""

Signed = Annotated[int, IntegerForm(least=-(2**53) + 1)]
"""-(2^53-1) to 2^53-1."""
