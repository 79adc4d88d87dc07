"""A byte range of a file, proven by the signed root of its segment tree alone.

A range is widened to segment borders. Its own leaves, and the roots of the subtrees that
lie before and after them, lead to the root of the whole tree; none of the other segments is
needed. Reads no file, and says nothing about who signed the root.

Source: the tree is that of RFC 6962. The roots that are handed along are those that an audit
path has; for one segment they are its audit path, in the order of the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from edge.evidence.digest import Digest
from edge.evidence.errors import ProofError, RangeError
from edge.evidence.merkle import left_size, node_hash, root_of
from edge.evidence.segments import SEGMENT_SIZE, segment_count


@dataclass(frozen=True, slots=True)
class SegmentRange:
    """Segments `first` to before `last` of a file of `size` bytes; never empty."""

    size: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.last <= segment_count(self.size):
            expected = f"segments within 0 to {segment_count(self.size)}, at least one"
            raise RangeError("range", expected=expected, found=f"{self.first} to {self.last}")

    @classmethod
    def around(cls, size: int, begin: int, end: int) -> Self:
        """The segments that hold bytes [begin, end). Raises RangeError where there are none."""
        if not 0 <= begin < end <= size:
            expected = f"bytes within 0 to {size}, at least one"
            raise RangeError("range", expected=expected, found=f"{begin} to {end}")
        return cls(size, begin // SEGMENT_SIZE, segment_count(end))

    @property
    def begin(self) -> int:
        """The first byte."""
        return self.first * SEGMENT_SIZE

    @property
    def end(self) -> int:
        """One after the last byte."""
        return min(self.last * SEGMENT_SIZE, self.size)

    @property
    def count(self) -> int:
        """How many segments."""
        return self.last - self.first

    def covers(self, other: Self) -> bool:
        """Whether `other` lies within this range, in the same file."""
        inside = self.first <= other.first and other.last <= self.last
        return inside and self.size == other.size


def nodes_around(part: SegmentRange, leaves: Sequence[Digest]) -> list[Digest]:
    """Roots of the largest subtrees without a segment of `part`, in the order of the file."""
    return [
        root_of(leaves[begin:end])
        for begin, end, inside in _pieces(part, 0, segment_count(part.size))
        if not inside
    ]


def root_through(part: SegmentRange, leaves: Sequence[Digest], nodes: Sequence[Digest]) -> Digest:
    """The root of the whole tree that a range's `leaves` and `nodes` come to.

    Raises ProofError where their number is not the one that the tree's shape calls for.
    """
    if len(leaves) != part.count:
        raise ProofError("range", expected=f"{part.count} leaves", found=len(leaves))
    wanted = sum(1 for *_, inside in _pieces(part, 0, segment_count(part.size)) if not inside)
    if len(nodes) != wanted:
        raise ProofError("range", expected=f"{wanted} nodes", found=len(nodes))
    return _root(part, 0, segment_count(part.size), iter(leaves), iter(nodes))


def _pieces(part: SegmentRange, begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Subtrees wholly inside or wholly outside of `part`, from left to right."""
    inside = part.first <= begin and end <= part.last
    if inside or end <= part.first or part.last <= begin:
        yield begin, end, inside
        return
    middle = begin + left_size(end - begin)
    yield from _pieces(part, begin, middle)
    yield from _pieces(part, middle, end)


def _root(
    part: SegmentRange, begin: int, end: int, leaves: Iterator[Digest], nodes: Iterator[Digest]
) -> Digest:
    if part.first <= begin and end <= part.last:
        return root_of(next(leaves) for _ in range(end - begin))
    if end <= part.first or part.last <= begin:
        return next(nodes)
    middle = begin + left_size(end - begin)
    left = _root(part, begin, middle, leaves, nodes)
    return node_hash(left, _root(part, middle, end, leaves, nodes))
