"""Segments find the altered range, and the same bytes come to the same however they arrive."""

import hashlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError
from edge.evidence.merkle import EMPTY_ROOT, root_of
from edge.evidence.segments import (
    SEGMENT_SIZE,
    SegmentHasher,
    Segments,
    altered_ranges,
    leaf_of,
    pack_leaves,
    recording_id,
    segment_count,
    unpack_leaves,
)

FILE_ID = "00112233445566778899aabbccddeeff"
MIB = SEGMENT_SIZE


def segments_of(content: bytes, chunk: int = 1 << 16) -> Segments:
    hasher = SegmentHasher(FILE_ID)
    for at in range(0, len(content), chunk):
        hasher.update(content[at : at + chunk])
    return hasher.finish()


def by_the_book(content: bytes) -> tuple[list[bytes], bytes]:
    """The specification again, written from it and not from the code."""
    parts = [content[at : at + 1048576] for at in range(0, len(content), 1048576)]
    leaves = [hashlib.sha256(b"\x00" + part).digest() for part in parts]
    chain = hashlib.sha256(b"liuhen-chain-v1\n" + bytes.fromhex(FILE_ID)).digest()
    for leaf in leaves:
        chain = hashlib.sha256(chain + leaf).digest()
    return leaves, chain


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 5])
def test_segments_are_those_of_the_specification(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    found = segments_of(content[:size])
    leaves, chain = by_the_book(content[:size])
    assert [leaf.raw for leaf in found.leaves] == leaves
    assert found.chain_head.raw == chain
    assert found.size == size
    assert found.root == root_of(map(Digest, leaves))
    assert found == Segments.of_leaves(FILE_ID, size, found.leaves)


def test_empty_file_has_no_leaf() -> None:
    empty = SegmentHasher(FILE_ID).finish()
    assert (empty.size, empty.leaves, empty.root) == (0, (), EMPTY_ROOT)
    assert empty.chain_head == Digest.of(b"liuhen-chain-v1\n", bytes.fromhex(FILE_ID))


@given(st.lists(st.integers(0, 2 * MIB + 3), max_size=5))
@settings(deadline=None, max_examples=20)
def test_chunk_sizes_do_not_matter(sizes: list[int]) -> None:
    content = bytes(sum(sizes))
    hasher, at = SegmentHasher(FILE_ID), 0
    for size in sizes:
        hasher.update(memoryview(bytearray(content[at : at + size])))
        at += size
        assert hasher.size == at
    assert hasher.finish() == segments_of(content)


def test_hashing_goes_on_after_proven_leaves() -> None:
    content = bytes(MIB) + b"1" * MIB + b"2"
    whole = segments_of(content)
    resumed = SegmentHasher(FILE_ID, whole.leaves[:2])
    assert resumed.size == 2 * MIB
    assert resumed.leaves == whole.leaves[:2]
    resumed.update(content[2 * MIB :])
    assert resumed.finish() == whole


def test_wide_items_are_counted_in_bytes() -> None:
    words = memoryview(bytes(8)).cast("I")
    hasher = SegmentHasher(FILE_ID)
    hasher.update(words)
    assert hasher.size == 8


def test_the_chain_is_bound_to_the_recording() -> None:
    leaves = [leaf_of(b"a"), leaf_of(b"b")]
    one = Segments.of_leaves(FILE_ID, MIB + 1, leaves)
    other = Segments.of_leaves("f" * 32, MIB + 1, leaves)
    swapped = Segments.of_leaves(FILE_ID, MIB + 1, leaves[::-1])
    assert one.root == other.root
    assert len({one.chain_head, other.chain_head, swapped.chain_head}) == 3


def test_a_wrong_number_of_leaves_is_refused() -> None:
    with pytest.raises(EncodingError, match="expected 2, found 1"):
        Segments.of_leaves(FILE_ID, MIB + 1, [leaf_of(b"a")])


@pytest.mark.parametrize("name", ["", "00", "FF" * 16, "zz" * 16, "00" * 16 + "\n"])
def test_a_file_id_is_32_hex_digits(name: str) -> None:
    with pytest.raises(EncodingError):
        SegmentHasher(name)


def test_recording_id_is_that_of_the_specification() -> None:
    inventory, path = Digest.of(b"inventory"), b"DCIM/\xff.mp4"
    expected = hashlib.sha256(b"liuhen-recording-v1\n" + inventory.raw + path).hexdigest()
    assert recording_id(inventory, path) == expected[:32]
    assert recording_id(inventory, path) != recording_id(Digest.of(b"other"), path)
    assert recording_id(inventory, path) != recording_id(inventory, b"DCIM/a.mp4")


@given(st.lists(st.binary(min_size=32, max_size=32).map(Digest), max_size=10))
def test_packed_leaves_come_back(leaves: list[Digest]) -> None:
    assert unpack_leaves(pack_leaves(leaves)) == tuple(leaves)


def test_cut_leaf_list_is_refused() -> None:
    with pytest.raises(EncodingError, match="32 bytes each"):
        unpack_leaves(bytes(33))


@given(st.integers(1, 20 * MIB), st.sets(st.integers(0, 19)))
def test_altered_ranges_cover_exactly_the_altered_segments(size: int, changed: set[int]) -> None:
    count = segment_count(size)
    changed = {at for at in changed if at < count}
    expected = [leaf_of(b"%d" % at) for at in range(count)]
    found = [leaf_of(b"x") if at in changed else leaf for at, leaf in enumerate(expected)]
    ranges = altered_ranges(size, expected, tuple(found))
    touched = {at for begin, end in ranges for at in range(begin // MIB, -(-end // MIB))}
    assert touched == changed
    assert all(0 <= begin < end <= size for begin, end in ranges)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(ranges))


def test_one_flipped_byte_is_found_in_its_segment() -> None:
    content = bytearray(3 * MIB + 10)
    before = segments_of(bytes(content))
    content[MIB + 5] ^= 1
    after = segments_of(bytes(content))
    assert altered_ranges(len(content), before.leaves, after.leaves) == [(MIB, 2 * MIB)]


def test_a_truncated_file_lacks_its_end() -> None:
    before, after = segments_of(bytes(2 * MIB + 10)), segments_of(bytes(MIB))
    assert altered_ranges(before.size, before.leaves, after.leaves) == [(MIB, 2 * MIB + 10)]


def test_bytes_beyond_the_expected_size_have_no_range() -> None:
    before, after = segments_of(bytes(MIB)), segments_of(bytes(2 * MIB))
    assert altered_ranges(before.size, before.leaves, after.leaves) == []
