"""What a package holds about the log beyond its own leaves: growth, and time stamps.

Neither is a leaf, and neither is signed by the site. A consistency proof ties an older or
newer state of the log to the package's checkpoint: one that a station saw, or one that a
time authority dated. Both are optional; without them a verifier proves less, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.evidence.consistency import Consistency
from edge.evidence.envelope import Envelope
from edge.evidence.statement import Recording, Statement

CONSISTENCY = "data/consistency/"
ANCHORS = "data/anchors/"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint's text, without signature lines, and an RFC 3161 response over it."""

    text: str
    token: bytes

    @property
    def size(self) -> str:
        """The size in the text, in decimal, as it stands there."""
        return self.text.split("\n", 2)[1]


def consistency_path(old: int, new: int) -> str:
    return f"{CONSISTENCY}{old}-{new}.txt"


def anchored_text_path(size: str) -> str:
    return f"{ANCHORS}{size}.txt"


def anchor_path(size: str) -> str:
    return f"{ANCHORS}{size}.tsr"


def log_files(
    proofs: Iterable[Consistency], anchors: Iterable[Anchor]
) -> Iterable[tuple[str, bytes]]:
    """One file for each proof; text and token for each anchor."""
    for proof in proofs:
        yield consistency_path(proof.old.size, proof.new.size), proof.to_text().encode()
    for anchor in anchors:
        yield anchored_text_path(anchor.size), anchor.text.encode()
        yield anchor_path(anchor.size), anchor.token


def sizes_seen(envelopes: Iterable[Envelope], origin: str, size: int) -> list[int]:
    """The sizes that manifests say their station saw of this log, from 1 to below `size`.

    A package over the checkpoint at `size` should hold a consistency proof from each.
    """
    sizes = set()
    for envelope in envelopes:
        predicate = Statement.parse(envelope.payload).predicate
        seen = predicate.checkpoint if isinstance(predicate, Recording) else None
        if seen is not None and seen.origin == origin and 0 < seen.size < size:
            sizes.add(seen.size)
    return sorted(sizes)
