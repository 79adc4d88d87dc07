"""Packet lists lead to the signed roots, or are refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError
from edge.evidence.media_tree import (
    NO_TIME,
    StreamPackets,
    pack_packets,
    packet_root,
    tree_of,
    unpack_packets,
)
from edge.evidence.merkle import leaf_hash, root_of


def digests(count: int, seed: int = 0) -> tuple[bytes, ...]:
    return tuple(Digest.of(bytes([seed, it & 255, it >> 8])).raw for it in range(count))


STREAMS = (
    StreamPackets(0, "video", digests(5), (0, 40, 20, 60, NO_TIME), Digest.of(b"avcC")),
    StreamPackets(3, "audio", digests(3, 1), (-5, 10, 20)),
    StreamPackets(4, "audio", (), ()),
)
TREE = tree_of(STREAMS)


@given(st.integers(0, 70))
def test_root_is_that_of_rfc_6962(count: int) -> None:
    leaves = digests(count)
    assert packet_root(leaves) == root_of(leaf_hash(it) for it in leaves)


def test_packet_list_survives_its_bytes() -> None:
    read = unpack_packets(TREE, pack_packets(STREAMS))
    assert [(it.index, it.digests, it.times, it.setup) for it in read] == [
        (it.index, it.digests, it.times, it.setup) for it in STREAMS
    ]


@given(st.data())
def test_every_flipped_bit_is_refused(data: st.DataObject) -> None:
    packed = bytearray(pack_packets(STREAMS))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(EncodingError):
        unpack_packets(TREE, bytes(packed))


@pytest.mark.parametrize("packed", [b"", pack_packets(STREAMS) + b"\0", pack_packets(STREAMS[:1])])
def test_other_sizes_are_refused(packed: bytes) -> None:
    with pytest.raises(EncodingError):
        unpack_packets(TREE, packed)


def test_unknown_algorithm_is_refused_and_not_guessed() -> None:
    with pytest.raises(EncodingError):
        unpack_packets(replace(TREE, algorithm="framehash-blake3"), pack_packets(STREAMS))


def test_each_packet_has_a_time() -> None:
    with pytest.raises(ValueError, match="expected 2 times"):
        StreamPackets(0, "video", digests(2), (0,))


def test_streams_of_a_tree_stand_in_order() -> None:
    with pytest.raises(EncodingError):
        tree_of(STREAMS[::-1])
