"""A file as 1 MiB segments: leaf hashes, their tree, and a running chain.

The leaves let anyone find the altered byte range and check a part alone; the chain says
in which order the segments were read, and is bound to one recording. Hashing is one pass
over chunks of any size. Does not read files and does not hash the whole file: that digest
(`sha256`) is the caller's, in the same pass.

Source: leaves and root as RFC 6962; the chain is our own, defined here.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.errors import EncodingError
from edge.evidence.merkle import Tree, root_of

SEGMENT_SIZE = 1 << 20
"""Bytes; every segment but the last has exactly this size."""

_CHAIN_LABEL = b"liuhen-chain-v1\n"
_RECORDING_LABEL = b"liuhen-recording-v1\n"
_FILE_ID = re.compile(r"[0-9a-f]{32}")


def recording_id(inventory: Digest, path: bytes) -> str:
    """The name of one recording: 32 hex digits.

    First 16 bytes of SHA-256("liuhen-recording-v1" LF || digest of the inventory's
    envelope || path on the camera as raw bytes). Where an inventory has several parts, it
    is the part that lists the path.
    """
    return Digest.of(_RECORDING_LABEL, inventory.raw, path).raw[:16].hex()


def segment_count(size: int) -> int:
    """How many segments a file of `size` bytes has; an empty one has none."""
    return -(-size // SEGMENT_SIZE)


def leaf_of(segment: bytes | memoryview) -> Digest:
    """SHA-256(0x00 || segment)."""
    return Digest.of(b"\x00", segment)


def chain_start(file_id: str) -> Digest:
    """chain_0 = SHA-256("liuhen-chain-v1" LF || the 16 bytes of the file id)."""
    if not _FILE_ID.fullmatch(file_id):
        raise EncodingError("file id", expected="32 lower-case hex digits", found=repr(file_id))
    return Digest.of(_CHAIN_LABEL, bytes.fromhex(file_id))


def chain_next(chain: Digest, leaf: Digest) -> Digest:
    """chain_{i+1} = SHA-256(chain_i || leaf_i)."""
    return Digest.of(chain.raw, leaf.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What one file's segments come to; `size` in bytes."""

    size: int
    leaves: tuple[Digest, ...]
    root: Digest
    chain_head: Digest

    @classmethod
    def of_leaves(cls, file_id: str, size: int, leaves: Sequence[Digest]) -> Self:
        """From leaf hashes kept beside the file.

        Raises EncodingError where their number does not fit `size`.
        """
        if len(leaves) != segment_count(size):
            raise EncodingError("segments", expected=segment_count(size), found=len(leaves))
        chain = chain_start(file_id)
        for leaf in leaves:
            chain = chain_next(chain, leaf)
        return cls(size=size, leaves=tuple(leaves), root=root_of(leaves), chain_head=chain)


class SegmentHasher:
    """Hashes a file's segments as its bytes pass by, in chunks of any size.

    `done` are leaves proven before an interruption: hashing goes on after them, at byte
    ``len(done) * SEGMENT_SIZE``. Chunks are not copied. Not for use after `finish`.
    """

    def __init__(self, file_id: str, done: Sequence[Digest] = ()) -> None:
        self._chain = chain_start(file_id)
        self._tree = Tree()
        self._leaves: list[Digest] = []
        for leaf in done:
            self._take(leaf)
        self._state = hashlib.sha256(b"\x00")
        self._room = SEGMENT_SIZE

    @property
    def size(self) -> int:
        """Bytes hashed so far, those of `done` included."""
        return len(self._leaves) * SEGMENT_SIZE + SEGMENT_SIZE - self._room

    @property
    def leaves(self) -> Sequence[Digest]:
        """Leaves of the segments that are complete so far."""
        return tuple(self._leaves)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Add the next bytes of the file."""
        view = memoryview(data).cast("B")
        while len(view) >= self._room:
            self._state.update(view[: self._room])
            view = view[self._room :]
            self._close()
        if view:
            self._state.update(view)
            self._room -= len(view)

    def finish(self) -> Segments:
        """Close the last segment."""
        size = self.size
        if self._room != SEGMENT_SIZE:
            self._close()
        return Segments(
            size=size,
            leaves=tuple(self._leaves),
            root=self._tree.root(),
            chain_head=self._chain,
        )

    def _close(self) -> None:
        self._take(Digest(self._state.digest()))
        self._state = hashlib.sha256(b"\x00")
        self._room = SEGMENT_SIZE

    def _take(self, leaf: Digest) -> None:
        self._leaves.append(leaf)
        self._tree.append(leaf)
        self._chain = chain_next(self._chain, leaf)


def pack_leaves(leaves: Sequence[Digest]) -> bytes:
    """Leaf hashes one after the other, 32 bytes each."""
    return b"".join(leaf.raw for leaf in leaves)


def unpack_leaves(packed: bytes) -> tuple[Digest, ...]:
    """The inverse of `pack_leaves`. Raises EncodingError for a broken length."""
    if len(packed) % DIGEST_SIZE:
        raise EncodingError("leaf list", expected="32 bytes each", found=len(packed))
    return tuple(Digest(packed[at : at + DIGEST_SIZE]) for at in range(0, len(packed), DIGEST_SIZE))


def altered_ranges(
    size: int, expected: Sequence[Digest], found: Sequence[Digest]
) -> list[tuple[int, int]]:
    """Which bytes of a file of `size` differ: half-open ranges, merged, in order.

    `size` is the expected size. Precision is one segment. A leaf missing on either side
    counts as different; bytes beyond `size` have no range (the file is longer: say so).
    """
    ranges: list[tuple[int, int]] = []
    for index in range(segment_count(size)):
        known = index < len(expected) and index < len(found)
        if known and expected[index] == found[index]:
            continue
        begin = index * SEGMENT_SIZE
        end = min(begin + SEGMENT_SIZE, size)
        if ranges and ranges[-1][1] == begin:
            begin = ranges.pop()[0]
        ranges.append((begin, end))
    return ranges
