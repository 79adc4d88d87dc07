"""A digest is 32 bytes, and its wire form has one spelling."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError


@given(st.binary(), st.binary())
def test_parts_are_hashed_one_after_the_other(first: bytes, second: bytes) -> None:
    assert Digest.of(first, memoryview(second)).raw == hashlib.sha256(first + second).digest()


@given(st.binary(min_size=32, max_size=32))
def test_wire_form_comes_back(raw: bytes) -> None:
    assert Digest.parse(str(Digest(raw))) == Digest(raw)


@pytest.mark.parametrize("text", ["", "ab", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "zz" * 32])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(EncodingError) as refused:
        Digest.parse(text)
    assert refused.value.code == "ENCODING_BAD"
    assert refused.value.facts["expected"] == "64 lower-case hex digits"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(EncodingError, match=f"found {length}"):
        Digest(bytes(length))
