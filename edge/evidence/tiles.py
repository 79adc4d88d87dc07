"""The log as files: tiles of 256 hashes and bundles of 256 entries.

A tile at level L holds, in order, the roots of complete subtrees of 256^L leaves. Only
tiles at the right edge are partial; a partial tile is never changed, a wider one replaces
it. Names and contents only: no file is touched.

Source: C2SP tlog-tiles (c2sp.org/tlog-tiles).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.errors import EncodingError
from edge.evidence.merkle import Reader, root_of

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 6
"""6 levels of 8 bits hold every size below 2^53."""

TileReader = Callable[["Tile"], bytes]
"""The content of a tile: `width` hashes of 32 bytes, one after the other."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: `width` hashes, 1 to 256; 256 is a full tile."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The tile's path in the log."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile: tile/0/x001/234, or tile/0/x001/234.p/5 where it is partial."""
    if not 0 <= level <= MAX_LEVEL:
        message = f"expected a level from 0 to {MAX_LEVEL}, found {level}"
        raise ValueError(message)
    return f"tile/{level}/{_numbered(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The path of an entry bundle: tile/entries/x001/234, partial ones with .p/5."""
    return f"tile/entries/{_numbered(index, width)}"


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Entries, each behind its length as two big-endian bytes.

    Raises ValueError for an entry over 65,535 bytes.
    """
    if any(len(entry) > 0xFFFF for entry in entries):
        message = "expected entries of at most 65535 bytes"
        raise ValueError(message)
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(bundle: bytes) -> list[bytes]:
    """The inverse of `pack_entries`. Raises EncodingError for a cut bundle."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        begin = at + 2
        end = begin + int.from_bytes(bundle[at:begin], "big")
        if begin > len(bundle) or end > len(bundle):
            raise EncodingError("entry bundle", expected=end, found=len(bundle))
        entries.append(bundle[begin:end])
        at = end
    return entries


def unpack_hashes(content: bytes) -> list[Digest]:
    """The hashes of a tile. Raises EncodingError for a broken length."""
    if len(content) % DIGEST_SIZE or not 0 < len(content) <= TILE_WIDTH * DIGEST_SIZE:
        raise EncodingError("tile", expected="1 to 256 hashes", found=len(content))
    return [Digest(content[at : at + DIGEST_SIZE]) for at in range(0, len(content), DIGEST_SIZE)]


def tiles_for(old: int, new: int) -> Iterator[Tile]:
    """The tiles to write when the log grows from `old` to `new` leaves, lowest first."""
    for level in range(MAX_LEVEL + 1):
        before, after = old >> TILE_HEIGHT * level, new >> TILE_HEIGHT * level
        if after == 0:
            return
        if before == after:
            continue
        for index in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
            yield Tile(level, index, _width(after, index))


def bundles_for(old: int, new: int) -> Iterator[tuple[int, int]]:
    """Index and width of the entry bundles to write when the log grows."""
    if old == new:
        return
    for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
        yield index, _width(new, index)


def tile_content(reader: Reader, tile: Tile) -> bytes:
    """The bytes of a tile, from stored nodes."""
    first = tile.index * TILE_WIDTH
    level = TILE_HEIGHT * tile.level
    return b"".join(reader(level, first + at).raw for at in range(tile.width))


def reader_from_tiles(read: TileReader, size: int) -> Reader:
    """Nodes of the log of `size` leaves, each tile read at most once.

    Raises EncodingError where a tile does not have the width that `size` implies.
    """
    kept: dict[Tile, list[Digest]] = {}

    def hashes_of(tile: Tile) -> list[Digest]:
        if tile not in kept:
            hashes = unpack_hashes(read(tile))
            if len(hashes) != tile.width:
                raise EncodingError(tile.path, expected=tile.width, found=len(hashes))
            kept[tile] = hashes
        return kept[tile]

    def node(level: int, index: int) -> Digest:
        row, height = divmod(level, TILE_HEIGHT)
        at = index << height
        held = size >> TILE_HEIGHT * row
        tile = Tile(row, at // TILE_WIDTH, _width(held, at // TILE_WIDTH))
        begin = at % TILE_WIDTH
        return root_of(hashes_of(tile)[begin : begin + (1 << height)])

    return node


def _width(count: int, index: int) -> int:
    """The width of tile `index` where a level holds `count` hashes."""
    return min(TILE_WIDTH, count - index * TILE_WIDTH)


def _numbered(index: int, width: int) -> str:
    if index < 0 or not 0 < width <= TILE_WIDTH:
        message = f"expected an index and a width of 1 to 256, found {index}, {width}"
        raise ValueError(message)
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return "/".join(groups) + partial
