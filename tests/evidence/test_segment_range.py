"""A range leads to the root of the whole tree, and only the right range does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.errors import ProofError, RangeError
from edge.evidence.merkle import inclusion_path, root_of
from edge.evidence.segment_range import SegmentRange, nodes_around, root_through
from edge.evidence.segments import SEGMENT_SIZE


def leaves(count: int) -> list[Digest]:
    return [Digest.of(bytes([at, at >> 8])) for at in range(count)]


@st.composite
def ranges(draw: st.DrawFn) -> SegmentRange:
    count = draw(st.integers(1, 70))
    first = draw(st.integers(0, count - 1))
    last = draw(st.integers(first + 1, count))
    rest = draw(st.integers(1, SEGMENT_SIZE))
    return SegmentRange((count - 1) * SEGMENT_SIZE + rest, first, last)


def count_of(part: SegmentRange) -> int:
    return -(-part.size // SEGMENT_SIZE)


@given(ranges())
def test_any_range_leads_to_the_root(part: SegmentRange) -> None:
    every = leaves(count_of(part))
    nodes = nodes_around(part, every)
    own = every[part.first : part.last]
    assert root_through(part, own, nodes) == root_of(every)
    assert len(nodes) <= 2 * count_of(part).bit_length()


@given(ranges(), st.data())
def test_another_leaf_or_node_leads_elsewhere(part: SegmentRange, data: st.DataObject) -> None:
    every = leaves(count_of(part))
    own, nodes = every[part.first : part.last], nodes_around(part, every)
    at = data.draw(st.integers(0, len(own) + len(nodes) - 1))
    mixed = [*own, *nodes]
    mixed[at] = Digest.of(b"another")
    found = root_through(part, mixed[: len(own)], mixed[len(own) :])
    assert found != root_of(every)


@given(ranges())
def test_too_few_or_too_many_are_refused(part: SegmentRange) -> None:
    every = leaves(count_of(part))
    own, nodes = every[part.first : part.last], nodes_around(part, every)
    for wrong_own, wrong_nodes in (
        (own[:-1], nodes),
        ([*own, own[0]], nodes),
        (own, [*nodes, own[0]]),
        (own, nodes[:-1] if nodes else [own[0]]),
    ):
        with pytest.raises(ProofError):
            root_through(part, wrong_own, wrong_nodes)


@given(st.integers(1, 70), st.data())
def test_one_segment_has_its_audit_path(count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    part = SegmentRange(count * SEGMENT_SIZE, index, index + 1)
    every = leaves(count)
    assert set(nodes_around(part, every)) == set(inclusion_path(index, count, every))


def test_range_is_widened_to_segment_borders() -> None:
    size = 3 * SEGMENT_SIZE + 5
    part = SegmentRange.around(size, SEGMENT_SIZE + 1, SEGMENT_SIZE + 2)
    assert (part.begin, part.end, part.count) == (SEGMENT_SIZE, 2 * SEGMENT_SIZE, 1)
    last = SegmentRange.around(size, size - 1, size)
    assert (last.begin, last.end) == (3 * SEGMENT_SIZE, size)
    assert SegmentRange.around(size, 0, size).covers(last)
    assert not part.covers(last)


@pytest.mark.parametrize(("begin", "end"), [(0, 0), (-1, 1), (5, 4), (0, 11), (10, 11)])
def test_bytes_that_are_not_there_are_refused(begin: int, end: int) -> None:
    with pytest.raises(RangeError) as refused:
        SegmentRange.around(10, begin, end)
    assert refused.value.code == "RANGE_BAD"


def test_empty_file_has_no_range() -> None:
    with pytest.raises(RangeError):
        SegmentRange.around(0, 0, 0)
    with pytest.raises(RangeError):
        SegmentRange(0, 0, 1)
