"""The bytes of a clip against the segments that its proof puts there.

Read once; memory stays flat. A segment of the recording that stands at another place than its
own is told apart from bytes that are altered: the first is a gap, whoever made it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from edge.evidence.clip import clip_path
from edge.evidence.digest import Digest
from edge.evidence.range_proof import RangeProof
from edge.evidence.segments import SEGMENT_SIZE, altered_ranges, leaf_of
from edge.evidence.statement import Recording
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_footage import Meter
from edge.evidence.verify_part import read_whole
from edge.evidence.verify_report import Code, Fact, Findings, Ranges, Verdict
from edge.evidence.verify_source import Progress


@dataclass(frozen=True, slots=True)
class Clip:
    """A range proof that leads to the root in `recording`'s manifest."""

    recording: Recording
    proof: RangeProof


@dataclass(frozen=True, slots=True)
class FoundBytes:
    """What a clip's file turned out to be, up to the size that was proven."""

    sha256: Digest
    size: int
    leaves: tuple[Digest, ...]


def check_bytes(
    clip: Clip, bag: Bag, findings: Findings, progress: Progress | None
) -> FoundBytes | None:
    """5b. Compare the file with the proven segments; None where there is no file to read."""
    name, part = clip.recording.recording, clip.proof.part
    file, size = clip_path(name, part), part.end - part.begin
    if file not in bag.sizes:
        if not findings.explains(file):
            findings.add(Verdict(code=Code.PKG_MISSING, file=file, recording=name))
        return None
    try:
        with bag.source.open(file) as stream:
            found = _read(stream, size, Meter(size, progress))
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        findings.add(
            Verdict(
                code=Code.PKG_MISSING,
                file=file,
                recording=name,
                expected="a readable file",
                found=reason,
            )
        )
        return None
    for code, expected, value, ranges in _differences(clip.proof, found, bag.sizes[file]):
        findings.add(
            Verdict(
                code=code, file=file, recording=name, expected=expected, found=value, ranges=ranges
            )
        )
    return found


_Difference = tuple[Code, Fact | None, Fact | None, Ranges]


def _differences(proof: RangeProof, found: FoundBytes, size: int) -> Iterator[_Difference]:
    """`size`: how long the file is, beyond what was proven, too."""
    proven = proof.part.end - proof.part.begin
    whole = proven if found.size == proven else found.size // SEGMENT_SIZE * SEGMENT_SIZE
    ranges = tuple(altered_ranges(whole, proof.leaves, found.leaves))
    moved = _moved(proof, found)
    if size > proven:
        yield Code.FILE_EXTENDED, proven, size, ()
    if ranges and moved is not None:
        yield Code.CLIP_GAP, *moved, ranges
        return
    if found.size < proven:
        yield Code.FILE_TRUNCATED, proven, found.size, ()
    if ranges:
        yield Code.FILE_ALTERED, None, None, ranges


def _read(stream: BinaryIO, size: int, meter: Meter) -> FoundBytes:
    whole = hashlib.sha256()
    leaves: list[Digest] = []
    while meter.done < size:
        segment = read_whole(stream, min(SEGMENT_SIZE, size - meter.done))
        if not segment:
            break
        whole.update(segment)
        leaves.append(leaf_of(segment))
        meter.add(len(segment))
    return FoundBytes(Digest(whole.digest()), meter.done, tuple(leaves))


def _moved(proof: RangeProof, found: FoundBytes) -> tuple[Fact, Fact] | None:
    """Where every segment is one of the clip's own: the first that is not at its place.

    Expected and found, as offsets in the recording.
    """
    places = {leaf: proof.part.begin + at * SEGMENT_SIZE for at, leaf in enumerate(proof.leaves)}
    if not found.leaves or not all(leaf in places for leaf in found.leaves):
        return None
    for at, (leaf, own) in enumerate(zip(found.leaves, proof.leaves, strict=False)):
        if leaf != own:
            place = proof.part.begin + at * SEGMENT_SIZE
            return f"byte {place} of the recording", f"byte {places[leaf]} of the recording"
    return None
