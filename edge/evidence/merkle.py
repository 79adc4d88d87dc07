"""The Merkle tree of RFC 6962 (section 2.1; the same tree as RFC 9162): roots and proofs.

A leaf hash is SHA-256(0x00 || data), a node is SHA-256(0x01 || left || right). Proofs are
built through a `Reader` of complete subtrees, so that a log of n leaves is proven with
O(log n) reads and nothing but hashes in memory. Does not store anything and does not say
who vouches for a root: that is a checkpoint.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Self

from edge.evidence.digest import Digest
from edge.evidence.errors import InconsistentLogError, ProofError

Reader = Callable[[int, int], Digest]
"""(level, index) -> root of the complete subtree over leaves [index<<level, +1<<level)."""

EMPTY_ROOT = Digest.of(b"")
_LEAF_LABEL = b"liuhen-leaf-v1\n"


def leaf_data(envelope: Digest) -> bytes:
    """What the log holds for an envelope: a label and the digest of its PAE, 47 bytes."""
    return _LEAF_LABEL + envelope.raw


def leaf_hash(data: bytes) -> Digest:
    """SHA-256(0x00 || data)."""
    return Digest.of(b"\x00", data)


def node_hash(left: Digest, right: Digest) -> Digest:
    """SHA-256(0x01 || left || right)."""
    return Digest.of(b"\x01", left.raw, right.raw)


class Tree:
    """A tree that only grows, held as its right edge: O(log n) memory.

    `edge` are the roots of the complete subtrees, largest first; with `size` they restore
    the tree. Raises ValueError where `edge` and `size` do not belong together.
    """

    __slots__ = ("_edge", "_size")

    def __init__(self, size: int = 0, edge: Sequence[Digest] = ()) -> None:
        if size < 0 or len(edge) != size.bit_count():
            message = f"expected {size.bit_count()} edge hashes, found {len(edge)}"
            raise ValueError(message)
        self._size = size
        self._edge = list(edge)

    @classmethod
    def restore(cls, reader: Reader, size: int) -> Self:
        """The tree of `size` leaves from stored nodes, with O(log n) reads."""
        edge: list[Digest] = []
        begin = 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                edge.append(reader(level, begin >> level))
                begin += 1 << level
        return cls(size, edge)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def edge(self) -> tuple[Digest, ...]:
        """Roots of the complete subtrees, largest first."""
        return tuple(self._edge)

    def append(self, leaf: Digest) -> None:
        """Add one leaf hash."""
        node = leaf
        for _ in range((~self._size & (self._size + 1)).bit_length() - 1):
            node = node_hash(self._edge.pop(), node)
        self._edge.append(node)
        self._size += 1

    def root(self) -> Digest:
        """The tree's root hash; SHA-256 of nothing where it is empty."""
        if not self._edge:
            return EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return node


def root_of(leaf_hashes: Iterable[Digest]) -> Digest:
    """The root over these leaf hashes (MTH of RFC 6962)."""
    tree = Tree()
    for leaf in leaf_hashes:
        tree.append(leaf)
    return tree.root()


def inclusion_path(index: int, size: int, leaf_hashes: Sequence[Digest]) -> list[Digest]:
    """The audit path of leaf `index` in the tree of the first `size` leaves."""
    return inclusion_from(_reader_of(leaf_hashes, size), index, size)


def consistency_path(old: int, new: int, leaf_hashes: Sequence[Digest]) -> list[Digest]:
    """The proof that the first `old` leaves are a prefix of the first `new`."""
    return consistency_from(_reader_of(leaf_hashes, new), old, new)


def inclusion_from(reader: Reader, index: int, size: int) -> list[Digest]:
    """PATH(index, D[size]) of RFC 6962 2.1.1, lowest sibling first."""
    if not 0 <= index < size:
        message = f"expected an index below {size}, found {index}"
        raise ValueError(message)
    path: list[Digest] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + left_size(end - begin)
        if index < middle:
            path.append(_range_root(reader, middle, end))
            end = middle
        else:
            path.append(_range_root(reader, begin, middle))
            begin = middle
    return path[::-1]


def consistency_from(reader: Reader, old: int, new: int) -> list[Digest]:
    """PROOF(old, D[new]) of RFC 6962 2.1.2; empty where both sizes are equal."""
    if not 0 < old <= new:
        message = f"expected 0 < old <= {new}, found {old}"
        raise ValueError(message)
    path: list[Digest] = []
    begin, end = 0, new
    whole = True  # the old tree is still a complete left subtree on this walk
    while old != end:
        middle = begin + left_size(end - begin)
        if old <= middle:
            path.append(_range_root(reader, middle, end))
            end = middle
        else:
            path.append(_range_root(reader, begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(_range_root(reader, begin, end))
    return path[::-1]


def verify_inclusion(
    leaf: Digest, index: int, size: int, path: Sequence[Digest], root: Digest
) -> None:
    """Check that leaf hash `leaf` stands at `index` of the tree (RFC 9162 2.1.3.2).

    Raises ProofError (LOG_NOT_INCLUDED).
    """
    if not 0 <= index < size:
        raise ProofError("inclusion", expected=f"an index below {size}", found=index)
    fn, sn, node = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            raise ProofError("inclusion", expected="a shorter path", found=len(path))
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofError("inclusion", expected="a longer path", found=len(path))
    if node != root:
        raise ProofError("inclusion", expected=f"root {root}", found=str(node))


def verify_consistency(
    old: int, new: int, path: Sequence[Digest], old_root: Digest, new_root: Digest
) -> None:
    """Check that the tree of `new` leaves extends the tree of `old` (RFC 9162 2.1.4.2).

    Raises InconsistentLogError (LOG_INCONSISTENT). An empty old tree proves nothing and is
    refused: anything extends it.
    """
    if not 0 < old <= new:
        raise InconsistentLogError("consistency", expected=f"a size from 1 to {new}", found=old)
    if old == new:
        if path:
            raise InconsistentLogError("consistency", expected="an empty path", found=len(path))
        _same_root("consistency", old_root, new_root)
        return
    _walk_consistency(old, new, path, old_root, new_root)


def _walk_consistency(
    old: int, new: int, path: Sequence[Digest], old_root: Digest, new_root: Digest
) -> None:
    nodes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not path or not nodes:
        raise InconsistentLogError("consistency", expected="a path", found="none")
    fr = sr = nodes[0]
    for node in nodes[1:]:
        if sn == 0:
            raise InconsistentLogError("consistency", expected="a shorter path", found=len(path))
        if fn & 1 or fn == sn:
            fr, sr = node_hash(node, fr), node_hash(node, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, node)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise InconsistentLogError("consistency", expected="a longer path", found=len(path))
    _same_root("older root", old_root, fr)
    _same_root("newer root", new_root, sr)


def _same_root(what: str, expected: Digest, found: Digest) -> None:
    if expected != found:
        raise InconsistentLogError(what, expected=str(expected), found=str(found))


def left_size(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(reader: Reader, begin: int, end: int) -> Digest:
    """The root over leaves [begin, end), where `begin` is aligned as the tree needs."""
    count = end - begin
    level = count.bit_length() - 1
    if count == 1 << level:
        return reader(level, begin >> level)
    middle = begin + left_size(count)
    left = reader(level, begin >> level)
    return node_hash(left, _range_root(reader, middle, end))


def _reader_of(leaf_hashes: Sequence[Digest], size: int) -> Reader:
    if len(leaf_hashes) < size:
        message = f"expected {size} leaf hashes, found {len(leaf_hashes)}"
        raise ValueError(message)

    def read(level: int, index: int) -> Digest:
        return root_of(leaf_hashes[index << level : (index + 1) << level])

    return read
