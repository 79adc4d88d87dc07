"""Step 6: the footage itself, read once, against the signed manifest.

Whole digest and segment leaves come from the same pass, so memory stays flat however long
the recording is. The leaf list in the package is only a means to say where a file was
altered, and only after it leads to the signed root.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError
from edge.evidence.package import footage_path, leaves_path
from edge.evidence.segments import (
    SEGMENT_SIZE,
    SegmentHasher,
    Segments,
    altered_ranges,
    unpack_leaves,
)
from edge.evidence.statement import FileFacts, Recording
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_report import Code, Fact, Findings, Verdict
from edge.evidence.verify_source import Progress

Leaves = tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a footage file turned out to be, up to the size that was signed."""

    sha256: Digest
    segments: Segments


@dataclass(slots=True)
class Meter:
    """Tells a person how far the reading has come."""

    total: int
    progress: Progress | None
    done: int = 0

    def add(self, octets: int) -> None:
        self.done += octets
        if self.progress is not None:
            self.progress(self.done, self.total)


def check_footage(
    recording: Recording, bag: Bag, meter: Meter, findings: Findings
) -> Leaves | None:
    """Compare one file with its manifest. Returns leaves that lead to the signed root."""
    name, file = recording.recording, recording.file
    path = footage_path(name, recording.source.path)
    listed = listed_leaves(recording, bag)
    if path not in bag.sizes:
        if not findings.explains(path):
            findings.add(Verdict(code=Code.PKG_MISSING, file=path, recording=name))
        return listed
    try:
        with bag.source.open(path) as stream:
            found = _read(stream, name, file.size, meter)
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        expected = "a readable file"
        findings.add(
            Verdict(
                code=Code.PKG_MISSING,
                file=path,
                recording=name,
                expected=expected,
                found=reason,
            )
        )
        return listed
    for verdict in _verdicts(recording, path, bag.sizes[path], found, listed):
        findings.add(verdict)
    if listed is None and found.segments.root == file.segment_root:
        return found.segments.leaves
    return listed


def listed_leaves(recording: Recording, bag: Bag) -> Leaves | None:
    """The package's leaf list, if it is the one that was signed."""
    packed = bag.small.get(leaves_path(recording.recording))
    if packed is None:
        return None
    try:
        leaves = unpack_leaves(packed)
        size = recording.file.size
        listed = Segments.of_leaves(recording.recording, size, leaves)
    except EncodingError:
        return None
    return leaves if listed.root == recording.file.segment_root else None


def _read(stream: BinaryIO, name: str, size: int, meter: Meter) -> Found:
    """Hash the first `size` bytes; what comes after them was never signed."""
    whole, hasher = hashlib.sha256(), SegmentHasher(name)
    left = size
    while left and (chunk := stream.read(min(left, SEGMENT_SIZE))):
        whole.update(chunk)
        hasher.update(chunk)
        left -= len(chunk)
        meter.add(len(chunk))
    return Found(Digest(whole.digest()), hasher.finish())


def _verdicts(
    recording: Recording, path: str, size: int, found: Found, listed: Leaves | None
) -> list[Verdict]:
    file = recording.file
    verdicts: list[tuple[Code, Fact, Fact, Sequence[tuple[int, int]]]] = []
    read = found.segments.size
    if read < file.size:
        verdicts.append((Code.FILE_TRUNCATED, file.size, read, ()))
    elif size > file.size:
        verdicts.append((Code.FILE_EXTENDED, file.size, size, ()))
    ranges = _altered(file, found, listed)
    if ranges:
        found_hash = str(found.sha256)
        verdicts.append((Code.FILE_ALTERED, str(file.sha256), found_hash, ranges))
    elif read == file.size and found.segments.chain_head != file.chain_head:
        head, other = str(found.segments.chain_head), str(file.chain_head)
        verdicts.append((Code.CLAIM_CONTRADICTED, head, other, ()))
    return [
        Verdict(
            code=code,
            file=path,
            recording=recording.recording,
            expected=expected,
            found=value,
            ranges=tuple(bounds),
        )
        for code, expected, value, bounds in verdicts
    ]


def _altered(file: FileFacts, found: Found, listed: Leaves | None) -> Sequence[tuple[int, int]]:
    """Which ranges of what was read differ; all of it where no leaf list can say."""
    segments = found.segments
    if found.sha256 == file.sha256 and segments.root == file.segment_root:
        return ()
    if listed is None:
        return [(0, segments.size)] if segments.size == file.size else []
    complete = segments.size // SEGMENT_SIZE * SEGMENT_SIZE
    reach = segments.size if segments.size == file.size else complete
    ranges = altered_ranges(reach, listed, segments.leaves)
    if not ranges and segments.size == file.size:
        return [(0, file.size)]  # leaves agree, the whole digest does not
    return ranges
