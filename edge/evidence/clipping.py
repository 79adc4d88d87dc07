"""Cut a clip out of a package: find the recording, prove the range, gather what stands behind it.

Nothing is verified but that the bytes are those of the leaf list and that it is the manifest's:
a clip of a package that does not hold does not hold either.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.evidence.checkpoint import Checkpoint, parse_checkpoint
from edge.evidence.clip import build_clip
from edge.evidence.consistency import Consistency, TreeState, consistency
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.errors import ClipForeignError, InconsistentLogError, ProofError, RangeError
from edge.evidence.merkle import consistency_from, leaf_data, leaf_hash, verify_inclusion
from edge.evidence.note import split_note
from edge.evidence.package import (
    CHECKPOINT,
    Exhibit,
    Package,
    PackageError,
    footage_path,
    leaves_path,
    proof_path,
)
from edge.evidence.package_log import Anchor
from edge.evidence.proof import LogProof, parse_proof
from edge.evidence.range_proof import RangeProof
from edge.evidence.segment_range import SegmentRange
from edge.evidence.segments import SEGMENT_SIZE, leaf_of
from edge.evidence.statement import PAYLOAD_TYPE, Recording, Statement
from edge.evidence.verify_anchors import read_anchors
from edge.evidence.verify_bag import Bag, open_bag
from edge.evidence.verify_footage import listed_leaves
from edge.evidence.verify_growth import read_growth
from edge.evidence.verify_part import Wanted, read_whole
from edge.evidence.verify_report import Findings
from edge.evidence.verify_source import Source


@dataclass(frozen=True, slots=True)
class Original:
    """What a clip is cut from. `footage` is the file's name in the package."""

    footage: str
    proof: RangeProof
    exhibits: tuple[Exhibit, ...]
    checkpoint: str
    consistency: tuple[Consistency, ...]
    anchors: tuple[Anchor, ...]


def original_of(source: Source, wanted: Wanted) -> Original:
    """Find the recording and prove the range.

    Raises RangeError where there is no such recording or range, PackageError and other
    EvidenceErrors where the package lacks what a clip needs.
    """
    bag = open_bag(source, Findings())
    if CHECKPOINT not in bag.small:
        raise PackageError("package", expected=f"a file {CHECKPOINT}", found="none")
    checkpoint = bag.small[CHECKPOINT].decode("utf-8", "replace")
    exhibits = tuple(_exhibits(bag))
    digest, recording = _chosen(exhibits, bag, wanted.recording)
    end = recording.file.size if wanted.end is None else wanted.end
    part = SegmentRange.around(recording.file.size, wanted.begin, end)
    leaves = listed_leaves(recording, bag)
    if leaves is None:
        expected = f"{leaves_path(recording.recording)} with the signed root"
        raise PackageError("package", expected=expected, found="none")
    anchors = tuple(read_anchors(bag, Findings()))
    return Original(
        footage=footage_path(recording.recording, recording.source.path),
        proof=RangeProof.of(recording, digest, part, leaves),
        exhibits=exhibits,
        checkpoint=checkpoint,
        consistency=tuple(_growth(bag, exhibits, checkpoint, recording, anchors)),
        anchors=anchors,
    )


def clip_of(original: Original, source: Source) -> Package:
    """The clip, once its bytes were read and are the recording's."""
    whole = hashlib.sha256()
    for segment in segments_of(original, source):
        whole.update(segment)
    return build_clip(
        original.exhibits,
        checkpoint=original.checkpoint,
        proof=original.proof,
        sha256=Digest(whole.digest()),
        consistency=original.consistency,
        anchors=original.anchors,
    )


def segments_of(original: Original, source: Source) -> Iterator[bytes]:
    """The segments of the range, each held against its leaf. Raises ClipForeignError."""
    part = original.proof.part
    try:
        with source.open(original.footage) as stream:
            stream.seek(part.begin)
            for at, leaf in enumerate(original.proof.leaves):
                begin = part.begin + at * SEGMENT_SIZE
                segment = read_whole(stream, min(SEGMENT_SIZE, part.end - begin))
                if leaf_of(segment) != leaf:
                    expected = f"leaf {leaf} at byte {begin}"
                    raise ClipForeignError(original.footage, expected=expected, found="another")
                yield segment
    except (OSError, KeyError) as failure:
        raise PackageError("package", expected=original.footage, found="none") from failure


def _exhibits(bag: Bag) -> Iterator[Exhibit]:
    for _, raw in bag.envelopes():
        envelope = Envelope.parse(raw)
        text = bag.small.get(proof_path(envelope.digest))
        if text is None:
            yield Exhibit(envelope=envelope)
        else:
            proof = parse_proof(text.decode("utf-8", "replace"))
            yield Exhibit(envelope=envelope, index=proof.index, path=proof.path)


def _chosen(
    exhibits: tuple[Exhibit, ...], bag: Bag, recording: str | None
) -> tuple[Digest, Recording]:
    """The manifest that was asked for, among those whose footage is here."""
    known: dict[str, tuple[Digest, Recording]] = {}
    for exhibit in exhibits:
        envelope = exhibit.envelope
        if envelope.payload_type != PAYLOAD_TYPE:
            continue
        found = Statement.parse(envelope.payload).predicate
        if not isinstance(found, Recording):
            continue
        if footage_path(found.recording, found.source.path) in bag.sizes:
            known[found.recording] = envelope.digest, found
    if recording is None and len(known) == 1:
        return next(iter(known.values()))
    if recording is None or recording not in known:
        expected = "one of " + (", ".join(sorted(known)) or "no recordings")
        raise RangeError("recording", expected=expected, found=recording or "none named")
    return known[recording]


def _growth(
    bag: Bag,
    exhibits: Sequence[Exhibit],
    checkpoint: str,
    recording: Recording,
    anchors: Sequence[Anchor],
) -> Iterator[Consistency]:
    """Proofs about what this manifest's station saw, and about the states that are dated.

    In a package the audit paths of all its envelopes may show what a station saw; a clip has
    few of them, so there the same becomes a proof of its own.
    """
    own = parse_checkpoint(split_note(checkpoint)[0])
    proofs = {
        it.envelope.digest: LogProof(it.index, it.path, checkpoint)
        for it in exhibits
        if it.index is not None and _stands(it.envelope.digest, it.index, it.path, own)
    }
    growth = read_growth(bag, own, proofs, Findings())
    seen = recording.checkpoint
    sizes = {anchor.size for anchor in anchors} | ({str(seen.size)} if seen else set())
    given: set[int] = {own.size}
    for proof in growth.proofs:
        other = proof.beyond(TreeState(own.size, own.root))
        if other is not None and str(other.size) in sizes:
            given.add(other.size)
            yield proof
    root = growth.subtrees.root_at(seen.size) if seen and seen.size not in given else None
    if seen is None or root is None or not 0 < seen.size < own.size:
        return
    nodes = growth.subtrees.nodes
    try:
        path = consistency_from(lambda level, index: nodes[level, index], seen.size, own.size)
        old, new = TreeState(seen.size, root), TreeState(own.size, own.root)
        yield consistency(own.origin, old, new, path)
    except (KeyError, InconsistentLogError):
        return  # the package shows it no better; the verifier says that it is not proven


def _stands(envelope: Digest, index: int, path: Sequence[Digest], own: Checkpoint) -> bool:
    try:
        verify_inclusion(leaf_hash(leaf_data(envelope)), index, own.size, path, own.root)
    except ProofError:
        return False
    return True
