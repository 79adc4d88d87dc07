"""Step 4, continued: who else vouches for the package's checkpoint, and since when it exists.

Witnesses and time authorities are those of the trust policy. A line under a known witness's
name that does not hold is a forgery, not a missing cosignature. Without a time authority in
the policy, tokens are not read: they prove nothing then, and are only compared.
"""

from dataclasses import dataclass

from edge.evidence.anchor import Anchored, verify_anchor
from edge.evidence.checkpoint import Checkpoint, parse_checkpoint
from edge.evidence.errors import AnchorError, CheckpointError, EvidenceError
from edge.evidence.package import CHECKPOINT
from edge.evidence.package_log import ANCHORS, Anchor, anchor_path, anchored_text_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.quorum import WitnessedBy, false_cosigners, quorum_of
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_growth import Growth
from edge.evidence.verify_report import Code, Findings, Verdict
from edge.evidence.verify_signatures import verdict_of


@dataclass(frozen=True, slots=True)
class AnchoredSize:
    """A token that holds: the log had this size, with this package's roots, at that time."""

    size: int
    token: Anchored


def check_witnesses(bag: Bag, policy: TrustPolicy, findings: Findings) -> WitnessedBy:
    """4g. Count cosignatures of the package's checkpoint against the policy's quorum."""
    asked = policy.quorum
    nobody = WitnessedBy({}, {}, met=asked.stations == 0 and asked.outsiders == 0)
    note = bag.small.get(CHECKPOINT, b"").decode("utf-8", "replace")
    try:
        witnessed, false = quorum_of(note, policy), false_cosigners(note, policy)
    except CheckpointError:
        witnessed, false = nobody, []
    for name in false:
        expected = f"a cosignature by {name} over this checkpoint"
        findings.add(_about_checkpoint(Code.LOG_SIG_BAD, expected, "a wrong one"))
    altered = bag.manifest_sound and CHECKPOINT in bag.small and bag.differs(CHECKPOINT)
    if altered and not findings.explains(CHECKPOINT):  # in a line by nobody that is known
        findings.add(Verdict(code=Code.PKG_ALTERED, file=CHECKPOINT))
    if not witnessed.met:
        expected = f"{asked.stations} stations, {asked.outsiders} outsiders"
        found = f"{len(witnessed.stations)} stations, {len(witnessed.outsiders)} outsiders"
        findings.add(_about_checkpoint(Code.WITNESS_SHORT, expected, found))
    return witnessed


def _about_checkpoint(code: Code, expected: str, found: str) -> Verdict:
    return Verdict(code=code, file=CHECKPOINT, expected=expected, found=found)


def read_anchors(bag: Bag, findings: Findings) -> list[Anchor]:
    """4h. Each text with its token; one without the other is a finding."""
    names = [name.removeprefix(ANCHORS) for name in bag.small if name.startswith(ANCHORS)]
    anchors = []
    for size in sorted({name.rsplit(".", 1)[0] for name in names}):
        text, token = anchored_text_path(size), anchor_path(size)
        for missing in {text, token} - bag.small.keys():
            findings.add(Verdict(code=Code.PKG_MISSING, file=missing))
        if {text, token} <= bag.small.keys():
            anchor = Anchor(bag.small[text].decode("utf-8", "replace"), bag.small[token])
            if f"{anchor.text}\n".split("\n")[1:2] == [size]:
                anchors.append(anchor)
            else:
                found = "another size"
                findings.add(Verdict(code=Code.TSA_BAD, file=text, expected=size, found=found))
    return anchors


def check_anchors(
    anchors: list[Anchor], policy: TrustPolicy, growth: Growth, bag: Bag, findings: Findings
) -> list[AnchoredSize]:
    """4i. Each token is one by an authority of the policy, over a state of this log."""
    held = []
    for anchor in anchors:
        text, token = anchored_text_path(anchor.size), anchor_path(anchor.size)
        try:
            checkpoint = _own_state(anchor, growth)
        except EvidenceError as error:
            findings.add(verdict_of(error, file=text, otherwise=Code.TSA_BAD))
            continue
        try:
            if policy.tsa:
                found = verify_anchor(anchor.token, anchor.text, policy.tsa)
                held.append(AnchoredSize(checkpoint.size, found))
        except AnchorError as error:
            findings.add(verdict_of(error, file=token, otherwise=Code.TSA_BAD))
            continue
        if bag.manifest_sound and bag.differs(token):
            findings.add(Verdict(code=Code.PKG_ALTERED, file=token))
    return held


def _own_state(anchor: Anchor, growth: Growth) -> Checkpoint:
    """The dated state, which the package's checkpoint has to imply."""
    try:
        checkpoint = parse_checkpoint(anchor.text)
    except CheckpointError as bad:
        expected, found = bad.facts["expected"], bad.facts["found"]
        raise AnchorError("anchor", expected=expected, found=found) from bad
    own = growth.checkpoint
    origin = checkpoint.origin if own is None else own.origin
    root = checkpoint.root if own is None else growth.root_at(checkpoint.size)
    if (checkpoint.origin, checkpoint.root) != (origin, root):
        expected = f"{origin}, root {root or 'proven by a consistency proof'}"
        found = f"{checkpoint.origin}, root {checkpoint.root}"
        raise AnchorError("anchor", expected=expected, found=found)
    return checkpoint
