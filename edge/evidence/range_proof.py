"""The proof of a byte range as a file of its own: `liuhen-range/v1`.

With the signed manifest it shows, for bytes on segment borders, that they stand at their place
in the recording; neither the rest of the file nor its leaf list is needed. There is one
spelling of a proof, so that no byte of it can change unseen. Says nothing about signatures:
the manifest it is held against has to be authentic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import ClipForeignError, EncodingError, ProofError, RangeError
from edge.evidence.segment_range import SegmentRange, nodes_around, root_through
from edge.evidence.segments import SEGMENT_SIZE, segment_count
from edge.evidence.statement import Recording

FORMAT = "liuhen-range/v1"
RANGE_PROOF_LIMIT = 64 << 20
"""Bytes; room for the leaves of about a terabyte."""

_MEMBERS = frozenset(
    {"format", "recording", "envelope", "size", "segment_root", "begin", "end", "leaves", "nodes"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeProof:
    """A claim until `check` was called. `envelope` is the digest of the manifest."""

    recording: str
    envelope: Digest
    segment_root: Digest
    part: SegmentRange
    leaves: tuple[Digest, ...]
    nodes: tuple[Digest, ...]

    @classmethod
    def of(
        cls, recording: Recording, envelope: Digest, part: SegmentRange, leaves: Sequence[Digest]
    ) -> Self:
        """From the whole leaf list. Raises ClipForeignError where it is not the recording's."""
        if len(leaves) != segment_count(part.size):
            raise _foreign(f"{segment_count(part.size)} leaves", len(leaves))
        made = cls(
            recording=recording.recording,
            envelope=envelope,
            segment_root=recording.file.segment_root,
            part=part,
            leaves=tuple(leaves[part.first : part.last]),
            nodes=tuple(nodes_around(part, leaves)),
        )
        made.check(recording, envelope)
        return made

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the file. Raises EncodingError, for any other spelling of the same, too."""
        wire = decode(raw, limit=RANGE_PROOF_LIMIT)
        if wire.keys() != _MEMBERS or wire["format"] != FORMAT:
            raise _malformed(f"the members of {FORMAT}", ", ".join(sorted(wire)))
        made = cls(
            recording=_text(wire, "recording"),
            envelope=Digest.parse(_text(wire, "envelope")),
            segment_root=Digest.parse(_text(wire, "segment_root")),
            part=_part(wire),
            leaves=_digests(wire, "leaves"),
            nodes=_digests(wire, "nodes"),
        )
        if made.to_bytes() != raw:
            raise _malformed("RFC 8785 and one newline", "another spelling")
        return made

    def to_bytes(self) -> bytes:
        """The file."""
        wire = {
            "format": FORMAT,
            "recording": self.recording,
            "envelope": str(self.envelope),
            "size": self.part.size,
            "segment_root": str(self.segment_root),
            "begin": self.part.begin,
            "end": self.part.end,
            "leaves": [str(leaf) for leaf in self.leaves],
            "nodes": [str(node) for node in self.nodes],
        }
        return encode(wire) + b"\n"

    def check(self, recording: Recording, envelope: Digest) -> None:
        """Raise ClipForeignError unless these leaves stand at this place of `recording`."""
        said = (self.recording, self.envelope, self.part.size, self.segment_root)
        file = recording.file
        if said != (recording.recording, envelope, file.size, file.segment_root):
            raise _foreign(
                f"recording {recording.recording}, envelope {envelope}",
                f"recording {self.recording}, envelope {self.envelope}, or other file facts",
            )
        try:
            root = root_through(self.part, self.leaves, self.nodes)
        except ProofError as bad:
            raise _foreign(bad.facts["expected"], bad.facts["found"]) from bad
        if root != file.segment_root:
            raise _foreign(f"segment root {file.segment_root}", f"root {root}")


def _part(wire: dict[str, Any]) -> SegmentRange:
    size, begin, end = (_whole(wire, name) for name in ("size", "begin", "end"))
    try:
        part = SegmentRange.around(size, begin, end)
    except RangeError as bad:
        raise _malformed(str(bad.facts["expected"]), str(bad.facts["found"])) from bad
    if (part.begin, part.end) != (begin, end):
        raise _malformed(f"borders of segments of {SEGMENT_SIZE}", f"{begin} to {end}")
    return part


def _digests(wire: dict[str, Any], name: str) -> tuple[Digest, ...]:
    value = wire[name]
    if type(value) is not list or not all(type(it) is str for it in value):
        raise _malformed(f"a list of digests as {name}", type(value).__name__)
    return tuple(Digest.parse(it) for it in value)


def _text(wire: dict[str, Any], name: str) -> str:
    value = wire[name]
    if type(value) is not str:
        raise _malformed(f"text as {name}", type(value).__name__)
    return value


def _whole(wire: dict[str, Any], name: str) -> int:
    value = wire[name]
    if type(value) is not int:
        raise _malformed(f"an integer as {name}", type(value).__name__)
    return value


def _malformed(expected: str, found: str) -> EncodingError:
    return EncodingError("range proof", expected=expected, found=found)


def _foreign(expected: str | int, found: str | int) -> ClipForeignError:
    return ClipForeignError("range proof", expected=expected, found=found)
