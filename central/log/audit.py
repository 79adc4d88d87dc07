"""Everything that follows from the group files, made again and compared: `central fsck`.

1. Every envelope reads, and its signature verifies (`rebuild`).
2. Every evidence table of the index equals the one made from those envelopes.
3. The published checkpoint, and each that the index kept, was signed by the log and fits.
4. Full tiles and entry bundles on disk hold what the tree gives.

Reads only, and also while central runs: what arrives meanwhile is not looked at. A finding
is a fact with a code, not an exception, and the rest is still checked.
Does not look at footage: that is the keeper's work.
"""

import time
from collections.abc import Iterator
from itertools import zip_longest

from sqlalchemy import Connection, Table, select

from central.data_folder import DataFolder
from central.errors import LogRolledBackError
from central.log import groups
from central.log.rebuild import Finding, Rebuilt, rebuild
from central.store import Store, envelopes
from central.store.schema import DERIVED, checkpoints
from edge import clock
from edge.evidence.checkpoint import open_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.errors import EvidenceError
from edge.evidence.merkle import leaf_data, leaf_hash, root_of
from edge.evidence.note import NoteVerifier
from edge.evidence.policy import TrustPolicy
from edge.evidence.tiles import TILE_WIDTH, Tile, entries_path, pack_entries

INDEX_DIFFERS = "INDEX_DIFFERS"
TILE_DIFFERS = "TILE_DIFFERS"
CHECKPOINT_DIFFERS = "CHECKPOINT_DIFFERS"
_SHOWN = 200
_CATCH_UP_S = 10.0
_POLL_S = 0.1


def audit(
    folder: DataFolder, store: Store, policy: TrustPolicy, origin: str
) -> tuple[int, list[Finding]]:
    """The number of leaves, and everything that is not as it should be."""
    published = _published(folder)  # first: it is never ahead of the group files
    made = rebuild(folder, policy)
    findings = list(made.findings)
    findings += _index(folder, store, made)
    findings += _checkpoints(published, store, made, policy.log(origin))
    findings += _tiles(folder, made.digests)
    return len(made.digests), findings


def _index(folder: DataFolder, store: Store, made: Rebuilt) -> Iterator[Finding]:
    """Step 2."""
    leaves = len(made.digests)
    _wait_for(store, leaves)
    with store.read() as live, made.store.read() as rebuilt:
        size = envelopes.size(live)
        yield from _sizes(folder, leaves, size)
        for table in DERIVED:
            both = min(size, leaves)
            pairs = zip_longest(_rows(live, table, both), _rows(rebuilt, table, both))
            for found, expected in pairs:
                if found != expected:
                    index = (expected or found or (0,))[0]
                    where = f"{table.name}, leaf {index}"
                    yield _differs(INDEX_DIFFERS, where, _shown(expected), _shown(found))
                    break  # behind the first difference in a table everything is shifted


def _wait_for(store: Store, leaves: int) -> None:
    """A running central may be between a group file and its rows: it gets a moment."""
    deadline = clock.monotonic() + _CATCH_UP_S
    while clock.monotonic() < deadline:
        with store.read() as connection:
            if envelopes.size(connection) >= leaves:
                return
        time.sleep(_POLL_S)


def _sizes(folder: DataFolder, leaves: int, indexed: int) -> Iterator[Finding]:
    if indexed < leaves:
        yield _differs(INDEX_DIFFERS, f"leaf {indexed}", f"{leaves} leaves", f"{indexed} leaves")
    if indexed > leaves:
        now = max((group.end for group in groups.groups_in(folder.envelopes)), default=0)
        if now < indexed:
            expected = f"group files for {indexed} indexed leaves"
            yield _differs(LogRolledBackError.code, f"leaf {now}", expected, f"for {now}")


def _rows(connection: Connection, table: Table, size: int) -> Iterator[tuple[object, ...]]:
    query = select(table).where(table.c.idx < size).order_by(table.c.idx)
    for row in connection.execute(query):
        yield tuple(row)


def _published(folder: DataFolder) -> str:
    try:
        return folder.checkpoint.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        return f"{failure}"


def _checkpoints(
    published: str, store: Store, made: Rebuilt, log: NoteVerifier
) -> Iterator[Finding]:
    """Step 3."""
    leaves = len(made.digests)
    query = select(checkpoints).where(checkpoints.c.size <= leaves)
    with store.read() as connection:
        kept = connection.execute(query.order_by(checkpoints.c.size)).all()
    texts = [(f"checkpoint of {row.size} leaves", str(row.text)) for row in kept]
    for where, text in [*texts, ("log/checkpoint", published)]:
        try:
            checkpoint = open_checkpoint(text, log)
        except EvidenceError as bad:
            yield _differs(bad.code, where, str(bad.facts["expected"]), str(bad.facts["found"]))
            continue
        found = f"{checkpoint.root} of {checkpoint.size} leaves"
        if checkpoint.size > leaves:
            yield _differs(CHECKPOINT_DIFFERS, where, f"at most {leaves} leaves", found)
        elif checkpoint.root != made.roots[checkpoint.size]:
            yield _differs(CHECKPOINT_DIFFERS, where, str(made.roots[checkpoint.size]), found)


def _tiles(folder: DataFolder, digests: list[Digest]) -> Iterator[Finding]:
    """Step 4."""
    row = [leaf_hash(leaf_data(digest)) for digest in digests]
    for index in range(len(digests) // TILE_WIDTH):
        bundle = digests[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
        content = pack_entries([leaf_data(digest) for digest in bundle])
        yield from _file(folder, entries_path(index), content)
    level = 0
    while len(row) >= TILE_WIDTH:
        full = [row[at : at + TILE_WIDTH] for at in range(0, len(row), TILE_WIDTH)]
        full = [hashes for hashes in full if len(hashes) == TILE_WIDTH]
        for index, hashes in enumerate(full):
            content = b"".join(each.raw for each in hashes)
            yield from _file(folder, Tile(level, index).path, content)
        row = [root_of(hashes) for hashes in full]
        level += 1


def _file(folder: DataFolder, path: str, content: bytes) -> Iterator[Finding]:
    try:
        found = (folder.log / path).read_bytes()
    except OSError as failure:
        yield _differs(TILE_DIFFERS, path, f"{len(content)} bytes", str(failure))
        return
    if found != content:
        expected, sum_found = str(Digest.of(content)), str(Digest.of(found))
        yield _differs(TILE_DIFFERS, path, f"SHA-256 {expected}", f"SHA-256 {sum_found}")


def _differs(code: str, where: str, expected: str, found: str) -> Finding:
    return Finding(code=code, where=where, expected=expected, found=found)


def _shown(row: tuple[object, ...] | None) -> str:
    if row is None:
        return "no row"
    text = ", ".join("..." if isinstance(value, bytes) else str(value) for value in row)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
