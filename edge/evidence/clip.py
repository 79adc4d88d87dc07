"""A clip: bytes of one recording, on segment borders, as a small package of their own.

It proves what they are, and at which place of which recording they stand, without the rest:
the signed manifest, its log proof, the keys behind it, and a range proof. A pure function of
those, like a package. Leaves out what is about the recording as a whole (inventory, receipts,
case links, the neighbours in the station's chain). A cut through a container seldom plays.
"""

from collections.abc import Iterable, Sequence

from edge.evidence.clip_readme import readmes
from edge.evidence.consistency import Consistency
from edge.evidence.digest import Digest
from edge.evidence.errors import ClipForeignError
from edge.evidence.package import (
    Content,
    Exhibit,
    FootageFile,
    Package,
    evidence_files,
    read_contents,
)
from edge.evidence.package_bag import framed
from edge.evidence.package_log import Anchor, log_files
from edge.evidence.range_proof import RangeProof
from edge.evidence.segment_range import SegmentRange
from edge.evidence.statement import KeyEvent, Recording

RANGE = "data/range.json"


def build_clip(
    exhibits: Iterable[Exhibit],
    *,
    checkpoint: str,
    proof: RangeProof,
    sha256: Digest,
    consistency: Iterable[Consistency] = (),
    anchors: Iterable[Anchor] = (),
) -> Package:
    """Lay out a clip. `sha256` is that of the clip's bytes, which the caller places itself.

    Of `exhibits` it takes the manifest and the key events behind it. Raises ClipForeignError
    where the manifest is not among them, or the proof is not about it.
    """
    contents = read_contents(exhibits)
    recording = _manifest(contents, proof.envelope)
    proof.check(recording, proof.envelope)
    needed = _needed(contents, proof.envelope)
    payload = dict(evidence_files(needed, checkpoint)) | dict(log_files(consistency, anchors))
    payload[RANGE] = proof.to_bytes()
    payload |= readmes(recording, proof)
    part = proof.part
    footage = FootageFile(
        path=clip_path(recording.recording, part),
        recording=recording.recording,
        sha256=sha256,
        size=part.end - part.begin,
    )
    files = framed(
        payload,
        {footage.path: (footage.sha256, footage.size)},
        identifier=f"{recording.recording}-{part.begin}-{part.end}",
        date=str(recording.time.station)[:10],
        description=f"bytes {part.begin} to {part.end} of {part.size}",
    )
    return Package(files=files, footage=(footage,))


def clip_path(recording: str, part: SegmentRange) -> str:
    return f"data/footage/{recording}/{part.begin}-{part.end}.part"


def _manifest(contents: Sequence[Content], envelope: Digest) -> Recording:
    for exhibit, statement in contents:
        predicate = statement.predicate
        if exhibit.envelope.digest == envelope and isinstance(predicate, Recording):
            return predicate
    raise ClipForeignError("clip", expected=f"a manifest {envelope}", found="none")


def _needed(contents: Sequence[Content], envelope: Digest) -> list[Content]:
    """The manifest, and every event about a key that it, or such an event, is signed with."""
    needed = {envelope}
    signers: set[str] = set()
    grew = True
    while grew:
        known = len(needed), len(signers)
        for exhibit, statement in contents:
            about = statement.predicate
            if isinstance(about, KeyEvent) and str(about.keyid) in signers:
                needed.add(exhibit.envelope.digest)
            if exhibit.envelope.digest in needed:
                signers |= {signature.keyid for signature in exhibit.envelope.signatures}
        grew = known != (len(needed), len(signers))
    return [content for content in contents if content[0].envelope.digest in needed]
