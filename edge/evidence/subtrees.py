"""What inclusion proofs of one tree give away about the rest of it.

An audit path holds roots of complete subtrees, and those never change while a log grows. Two
trees that give another root for the same complete subtree do not extend each other, whatever
their sizes; and where enough of them are known, the root at an earlier size follows.
"""

from collections.abc import Iterator, Sequence

from edge.evidence.digest import Digest
from edge.evidence.merkle import EMPTY_ROOT, left_size, node_hash

Place = tuple[int, int]
"""(level, index): the subtree over leaves [index<<level, (index+1)<<level)."""


class KnownSubtrees:
    """Complete subtrees of one tree, by place. Only what was proven goes in, through `add_path`."""

    def __init__(self) -> None:
        self.nodes: dict[Place, Digest] = {}

    def add_path(self, leaf: Digest, index: int, size: int, path: Sequence[Digest]) -> None:
        """Take in a verified audit path, and what follows from it with what is known."""
        for (begin, end), sibling in zip(_siblings(index, size), reversed(path), strict=True):
            count = end - begin
            if count.bit_count() == 1:
                level = count.bit_length() - 1
                self._add((level, begin >> level), sibling)
        self._add((0, index), leaf)

    def root_at(self, size: int) -> Digest | None:
        """The root that the tree had at `size`, or None where too little is known."""
        root: Digest | None = None
        end = size
        while end:
            count = end & -end  # the smallest complete subtree at the right edge
            node = self.nodes.get((count.bit_length() - 1, (end - 1) // count))
            if node is None:
                return None
            root = node if root is None else node_hash(node, root)
            end -= count
        return EMPTY_ROOT if root is None else root

    def contradiction(self, other: "KnownSubtrees") -> Place | None:
        """The smallest, then first, subtree for which the other has another root."""
        both = self.nodes.keys() & other.nodes.keys()
        return min((it for it in both if self.nodes[it] != other.nodes[it]), default=None)

    def _add(self, place: Place, node: Digest) -> None:
        while place not in self.nodes:
            self.nodes[place] = node
            level, index = place
            sibling = self.nodes.get((level, index ^ 1))
            if sibling is None:
                return
            node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
            place = (level + 1, index >> 1)


def _siblings(index: int, size: int) -> Iterator[tuple[int, int]]:
    """The ranges of leaves that an audit path's nodes stand for, the largest first."""
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + left_size(end - begin)
        if index < middle:
            yield middle, end
            end = middle
        else:
            yield begin, middle
            begin = middle
