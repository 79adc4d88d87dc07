"""Step 4, continued: the log only grew, as far as anyone who looked can tell.

Each manifest carries the checkpoint that its station had verified when it sealed. A
consistency proof, or the audit paths that are in the package anyway, show what root the log
had at that size according to the checkpoint of the package. Another root is a split view: the
log showed the station something else. Where nothing shows it, the sighting is not proven.
"""

from dataclasses import dataclass, field

from edge.evidence.checkpoint import Checkpoint
from edge.evidence.consistency import Consistency, TreeState
from edge.evidence.digest import Digest
from edge.evidence.errors import InconsistentLogError
from edge.evidence.merkle import leaf_data, leaf_hash
from edge.evidence.package import envelope_path
from edge.evidence.package_log import CONSISTENCY, consistency_path
from edge.evidence.proof import LogProof
from edge.evidence.statement import Recording, SeenCheckpoint
from edge.evidence.subtrees import KnownSubtrees
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_report import Code, Findings, Verdict
from edge.evidence.verify_signatures import Authentic, verdict_of


@dataclass(slots=True)
class Growth:
    """Roots that the package's checkpoint implies, and the proofs that were read.

    `sightings` counts what stations say they saw of this log, `proven` those that fit.
    """

    checkpoint: Checkpoint | None
    proofs: list[Consistency] = field(default_factory=list)
    roots: dict[int, Digest] = field(default_factory=dict)
    subtrees: KnownSubtrees = field(default_factory=KnownSubtrees)
    sightings: int = 0
    proven: int = 0

    def root_at(self, size: int) -> Digest | None:
        """The root at `size` that follows from the checkpoint, where that is known."""
        return self.roots.get(size) or self.subtrees.root_at(size)


def read_growth(
    bag: Bag, checkpoint: Checkpoint | None, proofs: dict[Digest, LogProof], findings: Findings
) -> Growth:
    """4e. What is known of other sizes. `proofs` are those that hold, under `checkpoint`."""
    growth = Growth(checkpoint)
    if checkpoint is not None:
        growth.roots[checkpoint.size] = checkpoint.root
        for digest, proof in proofs.items():
            leaf = leaf_hash(leaf_data(digest))
            growth.subtrees.add_path(leaf, proof.index, checkpoint.size, proof.path)
    for name in sorted(bag.small):
        if name.startswith(CONSISTENCY):
            try:
                _take(name, bag.small[name], growth)
            except InconsistentLogError as error:
                findings.add(verdict_of(error, file=name, otherwise=Code.LOG_INCONSISTENT))
    return growth


def _take(name: str, raw: bytes, growth: Growth) -> None:
    proof = Consistency.parse(raw.decode("utf-8", "replace"))
    if name != consistency_path(proof.old.size, proof.new.size):
        found = f"sizes {proof.old.size} and {proof.new.size}"
        raise InconsistentLogError("consistency proof", expected=f"those of {name}", found=found)
    proof.check()
    growth.proofs.append(proof)
    own = growth.checkpoint
    if own is None:
        return  # reported as what it is: a checkpoint that is not the log's
    other = proof.beyond(TreeState(own.size, own.root)) if proof.origin == own.origin else None
    if other is None:
        expected = f"{own.origin} at size {own.size}, root {own.root}"
        found = f"{proof.origin}, {proof.old.size} to {proof.new.size}"
        raise InconsistentLogError("consistency proof", expected=expected, found=found)
    growth.roots[other.size] = other.root


def check_sightings(
    authentic: Authentic, indices: dict[Digest, int], growth: Growth, findings: Findings
) -> None:
    """4f. What each station saw is what the log says it was."""
    own = growth.checkpoint
    told: dict[int, Digest] = {}
    for digest, recording in authentic.of(Recording):
        seen = recording.checkpoint
        if own is None or seen is None or seen.origin != own.origin:
            continue
        growth.sightings += 1
        first = told.setdefault(seen.size, seen.root)
        expected, found = _compared(seen, indices.get(digest), growth, first)
        if expected != found:
            findings.add(_split_view(digest, expected, found))
        elif growth.root_at(seen.size) is not None:
            growth.proven += 1


def _compared(
    seen: SeenCheckpoint, index: int | None, growth: Growth, first: Digest
) -> tuple[str, str]:
    """Expected and found, the same where nothing contradicts the sighting."""
    if index is not None and index < seen.size:
        return f"a place from {seen.size} on, the size it was sealed after", f"index {index}"
    root = growth.root_at(seen.size) or first
    return f"root {root} at size {seen.size}", f"root {seen.root} at size {seen.size}"


def _split_view(digest: Digest, expected: str, found: str) -> Verdict:
    file = envelope_path(digest)
    return Verdict(
        code=Code.SPLIT_VIEW, file=file, envelope=str(digest), expected=expected, found=found
    )
