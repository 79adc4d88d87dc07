"""Strict JSON: RFC 8785 out, nothing ambiguous in."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.encoding import (
    MAX_DEPTH,
    MAX_INTEGER,
    decode,
    decode_base64,
    encode,
    encode_base64,
)
from edge.evidence.errors import EncodingError, TooLargeError
from tests.evidence.vectors import below

JCS = below("rfc8785-jcs", "input")
WITH_FLOATS = {"structures.json", "values.json"}
"""The vectors that hold 56.0, 4.50, 1E30: evidence has integers only, so that no reader
needs ECMAScript's number formatting and no two readers can disagree about a value."""

integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(text, values, max_size=5)


def nested(levels: int) -> bytes:
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


@pytest.mark.parametrize("path", JCS, ids=lambda path: path.name)
def test_rfc_8785_vector_is_written_or_refused_for_its_floats(path: Path) -> None:
    value = json.loads(path.read_bytes())
    if path.name in WITH_FLOATS:
        with pytest.raises(EncodingError):
            encode(value)
    else:
        assert encode(value) == (path.parent.parent / "output" / path.name).read_bytes()


@pytest.mark.parametrize("path", JCS, ids=lambda path: path.name)
def test_rfc_8785_input_is_read_unless_it_is_a_list_or_has_floats(path: Path) -> None:
    if path.name in WITH_FLOATS | {"arrays.json"}:
        with pytest.raises(EncodingError):
            decode(path.read_bytes())
    else:
        assert decode(path.read_bytes()) == json.loads(path.read_bytes())


@given(objects)
def test_what_is_written_is_read_and_written_the_same(value: dict[str, Any]) -> None:
    assert decode(encode(value)) == value
    assert encode(decode(encode(value))) == encode(value)


@given(objects)
def test_spelling_does_not_matter_to_reading(value: dict[str, Any]) -> None:
    loose = json.dumps(value, indent=1, ensure_ascii=True).encode()
    assert decode(loose) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"a"',
        b"null",
        b"{} {}",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"\\u0062":2}}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\n"}',
        b"\xef\xbb\xbf{}",
        b'{"a":1,}',
        nested(MAX_DEPTH + 1),
        nested(100_000),
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_ambiguous_or_broken_json_is_refused(raw: bytes) -> None:
    with pytest.raises(EncodingError) as refused:
        decode(raw)
    assert refused.value.code == "ENCODING_BAD"


def test_the_error_names_the_member_that_came_twice() -> None:
    with pytest.raises(EncodingError, match="'size' twice"):
        decode(b'{"size":1,"size":2}')


def test_bounds_themselves_are_accepted() -> None:
    assert decode(nested(MAX_DEPTH))
    assert decode(b'{"a":9007199254740991,"b":-9007199254740991}')


def test_size_limit_counts_bytes() -> None:
    raw = encode({"a": "é" * 10})
    assert decode(raw, limit=len(raw))
    with pytest.raises(TooLargeError) as refused:
        decode(raw, limit=len(raw) - 1)
    assert refused.value.code == "TOO_LARGE"


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_crashes(raw: bytes) -> None:
    try:
        decode(raw)
    except EncodingError:
        return


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1.5},
        {"a": float("nan")},
        {"a": MAX_INTEGER + 1},
        {"a": "\ud800"},
        {"\ud800": 1},
        {1: "a"},
        {"a": b"bytes"},
        {"a": {1, 2}},
        {"a": object()},
    ],
)
def test_values_outside_the_format_are_not_written(value: dict[Any, Any]) -> None:
    with pytest.raises(EncodingError):
        encode(value)


def test_a_value_too_deep_is_not_written() -> None:
    value: list[Any] = []
    for _ in range(MAX_DEPTH):
        value = [value]
    with pytest.raises(EncodingError, match="32 levels"):
        encode(value)
    value.append(value)
    with pytest.raises(EncodingError, match="32 levels"):
        encode(value)


@given(st.binary())
def test_base64_comes_back(raw: bytes) -> None:
    assert decode_base64(encode_base64(raw)) == raw


@pytest.mark.parametrize(
    "spelled", ["QQ", "QQ=", "QR==", "QQ==\n", "Q Q==", "-_-_", "QQ==QQ==", "é"]
)
def test_base64_has_one_spelling(spelled: str) -> None:
    with pytest.raises(EncodingError):
        decode_base64(spelled)


def test_base64_limit_counts_decoded_bytes() -> None:
    assert decode_base64(encode_base64(bytes(7)), limit=7) == bytes(7)
    for size in (8, 9, 1000):
        with pytest.raises(TooLargeError):
            decode_base64(encode_base64(bytes(size)), limit=7)
