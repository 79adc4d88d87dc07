"""Two packages, one log? Proves a split view: that the log signed two histories.

Each package's checkpoint implies roots at other sizes (consistency proofs) and roots of complete
subtrees (audit paths). Where both imply something and it differs, no honest log signed both;
the two signed checkpoints are the proof. Where neither extends the other by what the packages
hold, that is said, and is no verdict. Statements, footage and witnesses are not looked at.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.evidence.checkpoint import Checkpoint, parse_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.errors import EvidenceError
from edge.evidence.merkle import leaf_data, leaf_hash, verify_inclusion
from edge.evidence.note import split_note
from edge.evidence.package import CHECKPOINT, proof_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.proof import LogProof, parse_proof
from edge.evidence.verify_bag import Bag, open_bag
from edge.evidence.verify_growth import Growth, read_growth
from edge.evidence.verify_report import Findings
from edge.evidence.verify_source import Source


class CompareError(EvidenceError):
    """The packages cannot be held against each other: other logs, or no checkpoint."""

    code = "NOT_COMPARABLE"


class Outcome(StrEnum):
    CONSISTENT = "consistent"
    SPLIT_VIEW = "split-view"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class View:
    """What one package shows of its log. `signed`: the log's key was checked."""

    note: str
    checkpoint: Checkpoint
    signed: bool
    growth: Growth


@dataclass(frozen=True, slots=True)
class Comparison:
    """`leaves` is the half-open range for which the roots `first` and `second` differ."""

    outcome: Outcome
    views: tuple[View, View]
    leaves: tuple[int, int] | None = None
    roots: tuple[Digest, Digest] | None = None

    def to_wire(self) -> dict[str, Any]:
        first = self.views[0]
        wire: dict[str, Any] = {
            "format": "liuhen-comparison/v1",
            "outcome": str(self.outcome),
            "origin": first.checkpoint.origin,
            "signed": all(view.signed for view in self.views),
            "checkpoints": [view.note for view in self.views],
        }
        if self.leaves is not None and self.roots is not None:
            roots = [str(root) for root in self.roots]
            wire["verdict"] = {"code": "SPLIT_VIEW", "leaves": list(self.leaves), "roots": roots}
        return wire


def view_of(source: Source, policy: TrustPolicy | None) -> View:
    """Read what a package shows of its log; without a policy no signature is checked.

    Raises CompareError where there is no checkpoint, CheckpointError for one that is not
    the log's.
    """
    bag = open_bag(source, Findings())
    if CHECKPOINT not in bag.small:
        raise CompareError("package", expected=f"a file {CHECKPOINT}", found="none")
    note = bag.small[CHECKPOINT].decode("utf-8", "replace")
    own = policy.open(note) if policy else parse_checkpoint(split_note(note)[0])
    growth = read_growth(bag, own, _proofs_that_hold(bag, own), Findings())
    return View(note, own, policy is not None, growth)


def compare(first: View, second: View) -> Comparison:
    """Hold everything that both imply against each other, the smallest tree first.

    Raises CompareError for two logs.
    """
    origins = first.checkpoint.origin, second.checkpoint.origin
    if origins[0] != origins[1]:
        raise CompareError("packages", expected=f"log {origins[0]}", found=f"log {origins[1]}")
    views = (first, second)
    one, other = first.growth, second.growth
    place = one.subtrees.contradiction(other.subtrees)
    if place is not None:
        level, index = place
        roots = (one.subtrees.nodes[place], other.subtrees.nodes[place])
        leaves = (index << level, (index + 1) << level)
        return Comparison(Outcome.SPLIT_VIEW, views, leaves, roots)
    for size in sorted(one.roots.keys() | other.roots.keys()):
        both = (one.root_at(size), other.root_at(size))
        if both[0] is not None and both[1] is not None and both[0] != both[1]:
            return Comparison(Outcome.SPLIT_VIEW, views, (0, size), (both[0], both[1]))
    older, newer = sorted(views, key=lambda view: view.checkpoint.size)
    proven = newer.growth.root_at(older.checkpoint.size) is not None
    return Comparison(Outcome.CONSISTENT if proven else Outcome.UNDECIDED, views)


def tell_comparison(found: Comparison) -> str:
    """For people; in a split view with both checkpoints, which are the proof."""
    sizes = " and ".join(f"{view.checkpoint.size:,}" for view in found.views)
    head = f"log {found.views[0].checkpoint.origin}, {sizes} entries"
    lines = {
        Outcome.CONSISTENT: [f"✔ consistent: {head}. The larger extends the smaller."],
        Outcome.SPLIT_VIEW: [f"✘ SPLIT_VIEW: {head}. The log signed two histories."],
        Outcome.UNDECIDED: [
            f"– undecided: {head}.",
            "The packages hold no proof that leads from one to the other. Ask the log for a",
            "consistency proof between these sizes; an honest log can always give it.",
        ],
    }[found.outcome]
    if found.leaves is not None and found.roots is not None:
        lines.append(f"entries {found.leaves[0]:,} to {found.leaves[1] - 1:,} have two roots:")
        for root, view in zip(found.roots, found.views, strict=True):
            lines += [f"  {root}", "", view.note]
    if not all(view.signed for view in found.views):
        lines.append("No signature was checked: without --trust this proves nothing to others.")
    return "\n".join(lines) + "\n"


def _proofs_that_hold(bag: Bag, own: Checkpoint) -> dict[Digest, LogProof]:
    held = {}
    for _, raw in bag.envelopes():
        try:
            digest = Envelope.parse(raw).digest
            text = bag.small[proof_path(digest)].decode("utf-8", "replace")
            proof = parse_proof(text)
            leaf = leaf_hash(leaf_data(digest))
            verify_inclusion(leaf, proof.index, own.size, proof.path, own.root)
        except (EvidenceError, KeyError):
            continue  # proves nothing; `verify` says why
        held[digest] = proof
    return held
