"""Step 4: what the log proves about each envelope.

The log's key comes from the trust policy. A proof shows that the log holds the leaf. That
nobody was shown another log is for stations' sightings, witnesses and time authorities:
`verify_growth` and `verify_anchors` weigh them, for the one checkpoint of the package.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.errors import CheckpointError, EvidenceError, ProofError
from edge.evidence.merkle import leaf_data, leaf_hash, verify_inclusion
from edge.evidence.package import CHECKPOINT, envelope_path, proof_path
from edge.evidence.package_log import Anchor
from edge.evidence.policy import TrustPolicy
from edge.evidence.proof import LogProof, parse_proof
from edge.evidence.quorum import WitnessedBy
from edge.evidence.statement import CaseLink, Heartbeat, KeyEvent, Predicate, ReceiptLogged
from edge.evidence.verify_anchors import (
    AnchoredSize,
    check_anchors,
    check_witnesses,
    read_anchors,
)
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_growth import Growth, check_sightings, read_growth
from edge.evidence.verify_report import Code, Findings, StepName, Verdict
from edge.evidence.verify_revocations import check_revocations
from edge.evidence.verify_signatures import Authentic, verdict_of

_MOST_GUESSES = 1000


@dataclass(slots=True)
class Logged:
    """Proven places in the log, and who vouches for its state.

    `proofs` and `anchors` are those that were read, whether or not they hold; `anchored` are
    the time stamps that do.
    """

    checkpoint: Checkpoint | None = None
    indices: dict[Digest, int] = field(default_factory=dict)
    proofs: dict[Digest, LogProof] = field(default_factory=dict)
    growth: Growth = field(default_factory=lambda: Growth(None))
    witnessed: WitnessedBy = field(default_factory=lambda: WitnessedBy({}, {}, met=False))
    anchors: list[Anchor] = field(default_factory=list)
    anchored: list[AnchoredSize] = field(default_factory=list)


def check_log(bag: Bag, authentic: Authentic, policy: TrustPolicy, findings: Findings) -> Logged:
    """Prove each envelope's leaf, then weigh witnesses and revocations."""
    since = len(findings.verdicts)
    logged = Logged()
    opened = _Checkpoints(policy)
    logged.checkpoint = _own_checkpoint(bag, opened, findings)
    for digest, verified in authentic.verified.items():
        predicate = verified.statement.predicate
        proof = _proof_of(digest, predicate, bag, findings)
        if proof is not None:
            logged.proofs[digest] = proof
    for digest, proof in logged.proofs.items():
        _check_proof(digest, proof, opened, logged, findings)
    _check_one_leaf_each(logged, findings)
    _check_beyond(bag, authentic, policy, logged, findings)
    check_revocations(authentic, logged.indices, findings)
    findings.end_step(StepName.LOG, since=since, leaves=len(logged.indices), **_facts(logged))
    return logged


def _check_beyond(
    bag: Bag, authentic: Authentic, policy: TrustPolicy, logged: Logged, findings: Findings
) -> None:
    """4e to 4i. Growth, sightings, witnesses and time stamps of the checkpoint."""
    note = bag.small.get(CHECKPOINT, b"")
    held = {
        digest: proof
        for digest, proof in logged.proofs.items()
        if digest in logged.indices and proof.checkpoint.encode() == note
    }
    logged.growth = read_growth(bag, logged.checkpoint, held, findings)
    check_sightings(authentic, logged.indices, logged.growth, findings)
    logged.witnessed = check_witnesses(bag, policy, findings)
    logged.anchors = read_anchors(bag, findings)
    logged.anchored = check_anchors(logged.anchors, policy, logged.growth, bag, findings)


def _facts(logged: Logged) -> dict[str, int]:
    """Counts of what not every package has, where it has them."""
    counts = {
        "cosigned_stations": len(logged.witnessed.stations),
        "cosigned_outsiders": len(logged.witnessed.outsiders),
        "anchors": len(logged.anchored),
        "sightings": logged.growth.sightings,
        "sightings_proven": logged.growth.proven,
    }
    return {name: count for name, count in counts.items() if count}


class _Checkpoints:
    """Opens each checkpoint text once, with the key that the policy has for its origin."""

    def __init__(self, policy: TrustPolicy) -> None:
        self._policy = policy
        self._opened: dict[str, Checkpoint] = {}

    def open(self, text: str) -> Checkpoint:
        """Raises CheckpointError where the log is unknown or its signature bad."""
        if text not in self._opened:
            self._opened[text] = self._policy.open(text)
        return self._opened[text]


def _own_checkpoint(bag: Bag, opened: _Checkpoints, findings: Findings) -> Checkpoint | None:
    """4a. The state of the log that the package proves against."""
    raw = bag.small.get(CHECKPOINT)
    if raw is None:
        findings.add(Verdict(code=Code.PKG_MISSING, file=CHECKPOINT))
        return None
    try:
        return opened.open(_text(raw, CheckpointError))
    except EvidenceError as error:
        findings.add(verdict_of(error, file=CHECKPOINT, otherwise=Code.LOG_SIG_BAD))
        return None


def _proof_of(
    digest: Digest, predicate: Predicate, bag: Bag, findings: Findings
) -> LogProof | None:
    """4b. The proof file; a missing one is a finding where the envelope must be a leaf."""
    name = proof_path(digest)
    raw = bag.small.get(name)
    if raw is None:
        if name in bag.claims:
            findings.add(Verdict(code=Code.PKG_MISSING, file=name))
        elif must_be_logged(predicate):
            findings.add(_unlogged(digest, predicate))
        return None
    try:
        return parse_proof(_text(raw, ProofError))
    except ProofError as error:
        findings.add(verdict_of(error, file=name, otherwise=Code.LOG_NOT_INCLUDED))
        return None


def must_be_logged(predicate: Predicate) -> bool:
    """Enrolments rest on the root's signature; logged receipts and heartbeats are no leaves."""
    if isinstance(predicate, KeyEvent):
        return predicate.action != "enrol"
    return not isinstance(predicate, ReceiptLogged | Heartbeat)


def _unlogged(digest: Digest, predicate: Predicate) -> Verdict:
    is_link = isinstance(predicate, CaseLink)
    return Verdict(
        code=Code.CASE_LINK_UNLOGGED if is_link else Code.LOG_NOT_INCLUDED,
        file=envelope_path(digest),
        envelope=str(digest),
        expected="a log proof",
        found="none",
    )


def _check_proof(
    digest: Digest,
    proof: LogProof,
    opened: _Checkpoints,
    logged: Logged,
    findings: Findings,
) -> None:
    """4c. From the leaf, along the path, to a root that the log signed."""
    name = proof_path(digest)
    try:
        checkpoint = opened.open(proof.checkpoint)
    except CheckpointError as error:
        findings.add(verdict_of(error, file=name, otherwise=Code.LOG_SIG_BAD))
        return
    try:
        _include(digest, proof, checkpoint)
    except ProofError as error:
        for other in _others(digest, proof, checkpoint, logged):
            findings.add(
                Verdict(
                    code=Code.LOG_LEAF_MISMATCH,
                    file=name,
                    envelope=str(digest),
                    expected=f"leaf of {digest}",
                    found=f"leaf of {other}",
                )
            )
            return
        findings.add(verdict_of(error, file=name, otherwise=Code.LOG_NOT_INCLUDED))
        return
    logged.indices[digest] = proof.index


def _include(digest: Digest, proof: LogProof, checkpoint: Checkpoint) -> None:
    leaf = leaf_hash(leaf_data(digest))
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)


def _others(
    digest: Digest, proof: LogProof, checkpoint: Checkpoint, logged: Logged
) -> Iterator[Digest]:
    """Which other envelope of the package this proof is about, if any."""
    for other in list(logged.proofs)[:_MOST_GUESSES]:
        try:
            _include(other, proof, checkpoint)
        except ProofError:
            continue
        if other != digest:
            yield other


def _check_one_leaf_each(logged: Logged, findings: Findings) -> None:
    """4d. No two envelopes at one place (they would need two different trees)."""
    taken: dict[int, Digest] = {}
    for digest, index in logged.indices.items():
        first = taken.setdefault(index, digest)
        if first != digest:
            findings.add(
                Verdict(
                    code=Code.LOG_LEAF_MISMATCH,
                    file=proof_path(digest),
                    envelope=str(digest),
                    expected=f"index {index} for {first} alone",
                    found=f"index {index}",
                )
            )


def _text(raw: bytes, kind: type[EvidenceError]) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise kind("text", expected="UTF-8", found=f"byte {bad.start}") from bad
