"""RFC 8785 for values without floats: what `edge.evidence.encoding` lets through.

The caller has checked types and integers. Names are sorted by their UTF-16 code units, and
Python's own JSON strings are those of RFC 8785 once non-ASCII characters stay as they are.
"""

import json
from typing import Any


class CanonicalizationError(ValueError):
    """Never raised here: what could not be written was refused before."""


def dumps(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The canonical bytes. Raises UnicodeEncodeError for lone surrogates."""
    text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def _sorted(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _sorted(value[name]) for name in names}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
