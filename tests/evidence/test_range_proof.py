"""A range proof has one spelling, and holds for one place of one recording."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.errors import ClipForeignError, EncodingError, EvidenceError
from edge.evidence.range_proof import RangeProof
from edge.evidence.segment_range import SegmentRange
from edge.evidence.segments import SEGMENT_SIZE
from tests.evidence.makers import DIGEST, recording
from tests.evidence.package_makers import segments

CONTENT = b"".join(bytes([at]) * SEGMENT_SIZE for at in range(5)) + b"end"
MANIFEST = recording(CONTENT)
LEAVES = segments(MANIFEST.recording, CONTENT).leaves
PART = SegmentRange.around(len(CONTENT), SEGMENT_SIZE, 3 * SEGMENT_SIZE)
PROOF = RangeProof.of(MANIFEST, DIGEST, PART, LEAVES)


def spelt(**changes: Any) -> bytes:
    return encode(json.loads(PROOF.to_bytes()) | changes) + b"\n"


def test_proof_survives_its_bytes_and_holds() -> None:
    read = RangeProof.parse(PROOF.to_bytes())
    assert read == PROOF
    read.check(MANIFEST, DIGEST)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "liuhen-range/v2"},
        {"more": 1},
        {"recording": 5},
        {"envelope": "00"},
        {"segment_root": []},
        {"size": "5"},
        {"size": True},
        {"begin": SEGMENT_SIZE + 1},
        {"end": 3 * SEGMENT_SIZE - 1},
        {"end": SEGMENT_SIZE},
        {"begin": -1},
        {"leaves": {}},
        {"leaves": [5]},
        {"nodes": ["xyz"]},
    ],
)
def test_malformed_proof_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EncodingError):
        RangeProof.parse(spelt(**changes))


def test_other_spelling_is_refused() -> None:
    for raw in (PROOF.to_bytes()[:-1], PROOF.to_bytes() + b"\n", b" " + PROOF.to_bytes()):
        with pytest.raises(EncodingError):
            RangeProof.parse(raw)


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_reader_down(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        RangeProof.parse(raw)


@given(st.data())
def test_every_flipped_bit_is_found(data: st.DataObject) -> None:
    raw = bytearray(PROOF.to_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(EvidenceError):
        RangeProof.parse(bytes(raw)).check(MANIFEST, DIGEST)


@pytest.mark.parametrize(
    "changes",
    [
        {"recording": "ab" * 16},
        {"envelope": Digest.of(b"other")},
        {"segment_root": Digest.of(b"other")},
        {"part": replace(PART, size=PART.size - 1)},
        {"part": replace(PART, first=2, last=4)},
        {"leaves": PROOF.leaves[:-1]},
        {"leaves": PROOF.leaves[::-1]},
        {"nodes": PROOF.nodes[:-1]},
        {"nodes": PROOF.nodes[::-1]},
    ],
)
def test_proof_about_something_else_is_foreign(changes: dict[str, Any]) -> None:
    with pytest.raises(ClipForeignError) as refused:
        replace(PROOF, **changes).check(MANIFEST, DIGEST)
    assert refused.value.code == "CLIP_FOREIGN"


def test_leaf_list_of_another_file_makes_no_proof() -> None:
    with pytest.raises(ClipForeignError):
        RangeProof.of(MANIFEST, DIGEST, PART, LEAVES[:-1])
    with pytest.raises(ClipForeignError):
        RangeProof.of(MANIFEST, DIGEST, PART, LEAVES[::-1])
