"""Step 4: what the log proves about each envelope.

The log's key comes from the trust policy. A proof shows that the log holds the leaf; that
nobody was shown another log is for witnesses, which this version cannot weigh: a policy
that asks for them is told so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.evidence.checkpoint import Checkpoint, open_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.errors import CheckpointError, EvidenceError, PolicyError, ProofError
from edge.evidence.merkle import leaf_data, leaf_hash, verify_inclusion
from edge.evidence.package import CHECKPOINT, envelope_path, proof_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.proof import LogProof, parse_proof
from edge.evidence.statement import CaseLink, Heartbeat, KeyEvent, Predicate, ReceiptLogged
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_report import Code, Findings, StepName, Verdict
from edge.evidence.verify_signatures import Authentic, verdict_of

_MOST_GUESSES = 1000


@dataclass(slots=True)
class Logged:
    """Proven places in the log, and the proofs that were read, whether or not they hold."""

    checkpoint: Checkpoint | None = None
    indices: dict[Digest, int] = field(default_factory=dict)
    proofs: dict[Digest, LogProof] = field(default_factory=dict)


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
    _check_quorum(policy, findings)
    _check_revocations(authentic, logged, findings)
    findings.end_step(StepName.LOG, since=since, leaves=len(logged.indices))
    return logged


class _Checkpoints:
    """Opens each checkpoint text once, with the key that the policy has for its origin."""

    def __init__(self, policy: TrustPolicy) -> None:
        self._policy = policy
        self._opened: dict[str, Checkpoint] = {}

    def open(self, text: str) -> Checkpoint:
        """Raises CheckpointError where the log is unknown or its signature bad."""
        if text not in self._opened:
            origin = text.partition("\n")[0]
            try:
                verifier = self._policy.log(origin)
            except PolicyError as unknown:
                raise CheckpointError(
                    "checkpoint",
                    expected=unknown.facts["expected"],
                    found=unknown.facts["found"],
                ) from unknown
            self._opened[text] = open_checkpoint(text, verifier)
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


def _check_quorum(policy: TrustPolicy, findings: Findings) -> None:
    """4e. Packages of v1 carry no cosignature that this version could count."""
    asked = policy.quorum
    if asked.stations or asked.outsiders:
        findings.add(
            Verdict(
                code=Code.WITNESS_SHORT,
                file=CHECKPOINT,
                expected=f"{asked.stations} stations, {asked.outsiders} outsiders",
                found="0 stations, 0 outsiders",
            )
        )


def _check_revocations(authentic: Authentic, logged: Logged, findings: Findings) -> None:
    """4f. A revoked key signs nothing from the revocation's place in the log on.

    Nor do the epoch keys that a revoked identity introduced.
    """
    ends: dict[str, int] = {}
    introducers: dict[str, str] = {}
    for digest, event in authentic.of(KeyEvent):
        keyid = str(event.keyid)
        if event.action == "revoke":
            index = logged.indices.get(digest, 0)
            ends[keyid] = min(index, ends.get(keyid, index))
        else:
            introducers[keyid] = authentic.verified[digest].key.public.keyid
    for digest, verified in authentic.verified.items():
        signer = verified.key.public.keyid
        both = (ends.get(signer), ends.get(introducers.get(signer, "")))
        end = min((index for index in both if index is not None), default=None)
        place = logged.indices.get(digest)
        if end is not None and (place is None or place >= end):
            findings.add(
                Verdict(
                    code=Code.KEY_REVOKED,
                    file=envelope_path(digest),
                    envelope=str(digest),
                    expected=f"a leaf before index {end}",
                    found="no leaf" if place is None else f"index {place}",
                )
            )


def _text(raw: bytes, kind: type[EvidenceError]) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as bad:
        raise kind("text", expected="UTF-8", found=f"byte {bad.start}") from bad
