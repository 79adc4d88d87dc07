"""Strict JSON: one canonical way to write, and no ambiguous bytes accepted.

Writing follows RFC 8785 (JCS). Both directions are narrower than JSON (RFC 8259): no
floats, integers within +-(2^53-1), no duplicate names, no lone surrogates, at most 32
levels. Reading does not demand canonical bytes: a verifier checks a signature over the
bytes as received and reads those same bytes. Knows nothing of any statement.
"""

import base64
import binascii
import json
from typing import Any, NoReturn

import rfc8785

from edge.evidence.errors import EncodingError, TooLargeError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32
DEFAULT_LIMIT = 1 << 20
_MAX_DIGITS = len(str(-MAX_INTEGER))


def encode(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The RFC 8785 bytes of `value`: dict, list, tuple, str, int, bool or None.

    Raises EncodingError for floats, integers outside +-(2^53-1), names that are not
    strings, lone surrogates, more than 32 levels, and any other type.
    """
    _check(value)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as refused:
        raise _error("a JSON value", str(refused)) from refused


def decode(raw: bytes, *, limit: int = DEFAULT_LIMIT) -> dict[str, Any]:
    """Read one JSON object from UTF-8 bytes of at most `limit`.

    Raises TooLargeError, or EncodingError for bad UTF-8, bad JSON, duplicate names,
    floats, exponents, NaN, large integers, lone surrogates and more than 32 levels.
    """
    if len(raw) > limit:
        raise TooLargeError("JSON", expected=f"at most {limit}", found=len(raw))
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except UnicodeDecodeError as bad:
        raise _error("UTF-8", f"byte {bad.start}: {bad.reason}") from bad
    except json.JSONDecodeError as bad:
        raise _error("JSON", f"at {bad.pos}: {bad.msg}") from bad
    except RecursionError as deep:
        raise _error(f"at most {MAX_DEPTH} levels", "more") from deep
    if not isinstance(value, dict):
        raise _error("a JSON object", type(value).__name__)
    _check(value)
    return value


def encode_base64(raw: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode("ascii")


def decode_base64(text: str, *, limit: int = DEFAULT_LIMIT) -> bytes:
    """Read standard base64 with padding; only the one canonical spelling is accepted.

    `limit` bounds the decoded bytes. Raises EncodingError or TooLargeError.
    """
    if len(text) > (limit + 2) // 3 * 4:
        raise TooLargeError("base64", expected=f"at most {limit}", found=len(text))
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as bad:
        raise _error("standard base64", str(bad)) from bad
    if len(raw) > limit:
        raise TooLargeError("base64", expected=f"at most {limit}", found=len(raw))
    if encode_base64(raw) != text:
        raise _error("canonical base64", "bits set beyond the last byte")
    return raw


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(n for n, _ in pairs if n in seen or seen.add(n))  # type: ignore[func-returns-value] # set.add in a filter
        raise _error("each name once", f"{twice!r} twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _error("an integer within +-(2^53-1)", digits)
    return int(digits)  # the bound itself is checked with the rest


def _refuse_number(text: str) -> NoReturn:
    raise _error("integers only", text)


def _check(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Walk level by level: no recursion for a hostile input to exhaust."""
    level, depth = [value], 0
    while level:
        if depth == MAX_DEPTH and any(isinstance(i, dict | list | tuple) for i in level):
            raise _error(f"at most {MAX_DEPTH} levels", "more")
        below: list[Any] = []
        for item in level:
            _check_one(item, below)
        level, depth = below, depth + 1


def _check_one(item: Any, below: list[Any]) -> None:  # noqa: ANN401 - any JSON value
    kind = type(item)
    if kind is str:
        _check_text(item)
    elif kind is int:
        _check_integer(item)
    elif kind is dict:
        if not all(type(name) is str for name in item):
            raise _error("names that are strings", "another type")
        below.extend(item)
        below.extend(item.values())
    elif kind is list or kind is tuple:
        below.extend(item)
    elif kind is not bool and item is not None:
        raise _error("str, int, bool, list or object", kind.__name__)


def _check_integer(number: int) -> None:
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise _error("an integer within +-(2^53-1)", str(number))


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as lone:
        raise _error("Unicode text", f"a lone surrogate at {lone.start}") from lone


def _error(expected: str, found: str) -> EncodingError:
    return EncodingError("JSON", expected=expected, found=found)
