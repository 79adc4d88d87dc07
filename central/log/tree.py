"""The log's Merkle tree over tiles on disk, with only its right edge in memory.

A full tile and a full entry bundle are files, written once. What is not full yet is not a
file: on disk it would be one more file for every commit that nobody may ever delete. It is
in memory while central runs, and is made again from the index. Not safe for several threads.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

from central.errors import LogInconsistentError
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError
from edge.evidence.merkle import (
    Tree,
    consistency_from,
    inclusion_from,
    leaf_data,
    leaf_hash,
    root_of,
)
from edge.evidence.tiles import (
    MAX_LEVEL,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    entries_path,
    pack_entries,
    unpack_hashes,
)

Digests = Callable[[int, int], list[Digest]]
"""(first, end) -> the envelope digests of those leaves."""

_MOST_NODES = 1 << 16


class TileFolder:
    """Full tiles on disk; each is read at most once while it is remembered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.hashes = lru_cache(maxsize=256)(self._read)
        self.root = lru_cache(maxsize=4096)(self._root)

    def write(self, path: str, content: bytes) -> None:
        """Write a full tile or bundle; the same again changes nothing."""
        file = self._folder / path
        durable.make_folder(file.parent)
        durable.write_once(file, content)

    def _read(self, level: int, index: int) -> tuple[Digest, ...]:
        path = Tile(level, index).path
        try:
            hashes = tuple(unpack_hashes((self._folder / path).read_bytes()))
        except (FileNotFoundError, EncodingError) as broken:
            raise _broken(path, str(broken)) from broken
        if len(hashes) != TILE_WIDTH:
            raise _broken(path, f"{len(hashes)} hashes")
        return hashes

    def _root(self, level: int, index: int) -> Digest:
        return root_of(self.hashes(level, index))


class LogTree:
    """All leaves of the log: append, root, proofs."""

    def __init__(self, tiles: TileFolder) -> None:
        self._tiles = tiles
        self._size = 0
        self._tree = Tree()
        self._edge: list[list[Digest]] = [[] for _ in range(MAX_LEVEL + 1)]
        self._bundle: list[Digest] = []
        self._nodes: dict[tuple[int, int], Digest] = {}

    @classmethod
    def restore(cls, tiles: TileFolder, size: int, digests: Digests) -> Self:
        """The tree of the first `size` leaves, from full tiles and the index."""
        tree = cls(tiles)
        tree._bundle = digests(size - size % TILE_WIDTH, size)
        tree._edge[0] = [_hash(digest) for digest in tree._bundle]
        for level in range(1, MAX_LEVEL + 1):
            held = size >> TILE_HEIGHT * level
            tree._edge[level] = [
                tiles.root(level - 1, index) for index in range(held - held % TILE_WIDTH, held)
            ]
        tree._size = size
        tree._tree = Tree.restore(tree._node, size)
        return tree

    @property
    def size(self) -> int:
        return self._size

    def root(self) -> Digest:
        return self._tree.root()

    def append(self, digest: Digest) -> None:
        """Add one envelope; writes what became full."""
        leaf = _hash(digest)
        self._bundle.append(digest)
        if len(self._bundle) == TILE_WIDTH:
            entries = [leaf_data(each) for each in self._bundle]
            path = entries_path(self.size // TILE_WIDTH)
            self._tiles.write(path, pack_entries(entries))
            self._bundle = []
        self._add(0, leaf)
        self._tree.append(leaf)
        self._size += 1

    def inclusion(self, index: int) -> tuple[Digest, ...]:
        """The audit path of leaf `index` in the tree as it is now."""
        return tuple(inclusion_from(self._node, index, self.size))

    def consistency(self, old: int) -> tuple[Digest, ...]:
        """The proof that the first `old` leaves are a prefix of the tree as it is now."""
        return tuple(consistency_from(self._node, old, self.size))

    def tile(self, tile: Tile) -> bytes | None:
        """The hashes of a tile, full or as wide as asked; None where it is not there."""
        held = self.size >> TILE_HEIGHT * tile.level
        if tile.index * TILE_WIDTH + tile.width > held:
            return None
        hashes = self._hashes(tile.level, tile.index)[: tile.width]
        return b"".join(each.raw for each in hashes)

    def _add(self, level: int, node: Digest) -> None:
        edge = self._edge[level]
        edge.append(node)
        if len(edge) < TILE_WIDTH:
            return
        index = self.size >> TILE_HEIGHT * (level + 1)
        content = b"".join(each.raw for each in edge)
        self._tiles.write(Tile(level, index).path, content)
        self._edge[level] = []
        if level < MAX_LEVEL:
            self._add(level + 1, root_of(edge))

    def _node(self, level: int, index: int) -> Digest:
        known = self._nodes.get((level, index))
        if known is not None:
            return known
        row, height = divmod(level, TILE_HEIGHT)
        at = index << height
        begin = at % TILE_WIDTH
        hashes = self._hashes(row, at // TILE_WIDTH)
        node = root_of(hashes[begin : begin + (1 << height)])
        if len(self._nodes) >= _MOST_NODES:
            self._nodes.clear()
        self._nodes[level, index] = node
        return node

    def _hashes(self, level: int, index: int) -> Sequence[Digest]:
        if index < self._size >> TILE_HEIGHT * (level + 1):
            return self._tiles.hashes(level, index)
        return self._edge[level]


def _hash(digest: Digest) -> Digest:
    return leaf_hash(leaf_data(digest))


def _broken(path: str, found: str) -> LogInconsistentError:
    return LogInconsistentError(expected=f"256 hashes in {path}", found=found, tile=path)
