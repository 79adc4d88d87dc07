"""Tiles and bundles are C2SP's: a log written by Tessera reads, and ours has its shape."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.checkpoint import NoteVerifier, open_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError
from edge.evidence.merkle import (
    Tree,
    consistency_from,
    inclusion_from,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from edge.evidence.tiles import (
    Tile,
    bundles_for,
    entries_path,
    pack_entries,
    reader_from_tiles,
    tile_content,
    tile_path,
    tiles_for,
    unpack_entries,
    unpack_hashes,
)
from tests.evidence.vectors import VECTORS, load

LOG = VECTORS / "tlog-tiles-tessera-log"
VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
ENTRIES = (
    b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten"
).split()
C2SP = load("c2sp-spec-examples", "examples.json")


def read_tessera(tile: Tile) -> bytes:
    return (LOG / tile.path).read_bytes()


@pytest.mark.parametrize("size", range(1, 16))
def test_tessera_checkpoint_tiles_and_entries_agree(size: int) -> None:
    checkpoint = open_checkpoint(
        (LOG / f"checkpoint.{size}").read_text("utf-8"), NoteVerifier.parse(VKEY)
    )
    assert checkpoint.size == size
    assert Tree.restore(reader_from_tiles(read_tessera, size), size).root() == checkpoint.root
    bundle = (LOG / entries_path(0, size)).read_bytes()
    assert unpack_entries(bundle) == ENTRIES[:size]
    assert pack_entries(ENTRIES[:size]) == bundle
    hashes = [leaf_hash(entry) for entry in ENTRIES[:size]]
    assert unpack_hashes(read_tessera(Tile(0, 0, size))) == hashes


@pytest.mark.parametrize("size", range(1, 16))
def test_proofs_from_tessera_tiles_verify(size: int) -> None:
    verifier = NoteVerifier.parse(VKEY)
    now = open_checkpoint((LOG / "checkpoint").read_text("utf-8"), verifier)
    then = open_checkpoint((LOG / f"checkpoint.{size}").read_text("utf-8"), verifier)
    reader = reader_from_tiles(read_tessera, now.size)
    index = size - 1
    path = inclusion_from(reader, index, now.size)
    verify_inclusion(leaf_hash(ENTRIES[index]), index, now.size, path, now.root)
    growth = consistency_from(reader, size, now.size)
    verify_consistency(size, now.size, growth, then.root, now.root)


def test_paths_are_those_of_the_specification() -> None:
    (example,) = C2SP["tile_paths"]
    assert tile_path(0, example["index"]) == f"tile/0/{example['path']}"
    assert tile_path(1, 0, 17) == "tile/1/000.p/17"
    assert entries_path(1234067, 5) == f"tile/entries/{example['path']}.p/5"


def test_tiles_of_70000_leaves_are_those_of_the_specification() -> None:
    layout = C2SP["tile_layout"]
    every = list(tiles_for(0, layout["tree_size"]))
    widths = [[t.width for t in every if t.level == level] for level in range(3)]
    assert widths[0] == [256] * layout["level0_full"] + [layout["level0_partial"]]
    assert widths[1] == [256] * layout["level1_full"] + [layout["level1_partial"]]
    assert widths[2] == [layout["level2_partial"]]
    assert len(every) == sum(len(row) for row in widths)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6))
@settings(deadline=None, max_examples=30)
def test_a_log_that_grows_in_steps_proves_every_leaf_from_its_tiles(steps: list[int]) -> None:
    """Each step writes only new tiles, from the tiles before it and the new leaves."""
    disk: dict[Tile, bytes] = {}
    leaves: list[Digest] = []

    def stored(level: int, index: int) -> Digest:
        return root_of(leaves[index << level : (index + 1) << level])

    for step in steps:
        old = len(leaves)
        leaves.extend(leaf_hash(b"%d" % at) for at in range(old, old + step))
        for tile in tiles_for(old, len(leaves)):
            assert tile not in disk, "a written tile would be written again"
            disk[tile] = tile_content(stored, tile)
    size = len(leaves)
    if size == 0:
        assert not disk
        return
    root = root_of(leaves)
    reader = reader_from_tiles(disk.__getitem__, size)
    assert Tree.restore(reader, size).root() == root
    for index in {0, size // 2, size - 1}:
        verify_inclusion(leaves[index], index, size, inclusion_from(reader, index, size), root)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_bundles_cover_exactly_what_grew(old: int, more: int) -> None:
    new = old + more
    written = list(bundles_for(old, new))
    covered = {at for index, width in written for at in range(index * 256, index * 256 + width)}
    assert covered >= set(range(old, new))
    assert not covered or max(covered) == new - 1
    assert all(width == 256 for _, width in written[:-1])


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundle_comes_back_as_it_went(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries)) == entries


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5), st.data())
def test_cut_bundle_is_refused_or_shorter_by_whole_entries(
    entries: list[bytes], data: st.DataObject
) -> None:
    bundle = pack_entries(entries)
    cut = data.draw(st.integers(0, len(bundle) - 1))
    try:
        read = unpack_entries(bundle[:cut])
    except EncodingError:
        return
    assert read == entries[: len(read)]


def test_entry_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        pack_entries([bytes(1 << 16)])


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(257 * 32)])
def test_tile_of_a_wrong_length_is_refused(content: bytes) -> None:
    with pytest.raises(EncodingError):
        unpack_hashes(content)


def test_tile_narrower_than_the_size_implies_is_refused() -> None:
    reader = reader_from_tiles(lambda tile: bytes(32 * (tile.width - 1)), 5)
    with pytest.raises(EncodingError) as refused:
        reader(0, 0)
    assert refused.value.facts["what"] == "tile/0/000.p/5"


def test_impossible_tiles_are_programming_errors() -> None:
    for arguments in ((7, 0, 256), (0, -1, 256), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(ValueError, match="expected"):
            tile_path(*arguments)
