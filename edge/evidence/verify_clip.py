"""Verify a clip from trusted roots alone, without the recording that it was cut out of.

1. files, 2. keys, 3. signatures and 4. log are those of a package. 5. footage: the range proof
leads from the clip's segments to the root in the signed manifest. 6. derived: every other byte
is written anew and compared. What only a whole package can show (the station's chain,
inventories, receipts, case links) is not looked at.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.evidence.clip import RANGE, build_clip, clip_path
from edge.evidence.clip_footage import Clip, FoundBytes, check_bytes
from edge.evidence.errors import ClipForeignError, EvidenceError
from edge.evidence.package import Exhibit, Package, envelope_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.range_proof import RangeProof
from edge.evidence.statement import Recording
from edge.evidence.verify_bag import Bag, open_bag
from edge.evidence.verify_derived import check_written
from edge.evidence.verify_log import Logged, check_log
from edge.evidence.verify_outcome import report_of
from edge.evidence.verify_report import Code, Findings, Report, StepName, Verdict
from edge.evidence.verify_scope import Scope
from edge.evidence.verify_signatures import Authentic, authenticate, verdict_of
from edge.evidence.verify_source import Progress, Source


def is_clip(source: Source) -> bool:
    """Whether a folder claims to be a clip, and not a whole package."""
    return any(entry.name == RANGE for entry in source.entries())


def verify_clip(source: Source, policy: TrustPolicy, *, progress: Progress | None = None) -> Report:
    """Take the six steps. Never raises for anything a clip may hold."""
    findings = Findings()
    bag = open_bag(source, findings)  # 1
    authentic = authenticate(bag, policy.trusted_keys(), findings)  # 2, 3
    logged = check_log(bag, authentic, policy, findings)  # 4
    since = len(findings.verdicts)
    clip = _claimed(bag, authentic, findings)
    found = None if clip is None else check_bytes(clip, bag, findings, progress)  # 5
    octets = 0 if found is None else found.size
    unchecked = 0 if clip else 1
    findings.end_step(StepName.FOOTAGE, since=since, unchecked=unchecked, bytes=octets)
    _check_rest(clip, found, bag, authentic, logged, findings)  # 6
    return _report(clip, findings, policy, logged)


def _claimed(bag: Bag, authentic: Authentic, findings: Findings) -> Clip | None:
    """5a. The range proof, once it leads to the root in an authentic manifest."""
    if RANGE not in bag.small:
        if not findings.explains(RANGE):
            findings.add(Verdict(code=Code.PKG_MISSING, file=RANGE))
        return None
    if bag.manifest_sound and RANGE in bag.claims and bag.differs(RANGE):
        findings.add(Verdict(code=Code.PKG_ALTERED, file=RANGE))
        return None
    try:
        proof = RangeProof.parse(bag.small[RANGE])
    except EvidenceError as error:
        findings.add(verdict_of(error, file=RANGE, otherwise=Code.PKG_ALTERED))
        return None
    signed = authentic.verified.get(proof.envelope)
    recording = None if signed is None else signed.statement.predicate
    if not isinstance(recording, Recording):
        file = envelope_path(proof.envelope)
        if not authentic.damaged:
            findings.add(Verdict(code=Code.PKG_MISSING, file=file, recording=proof.recording))
        return None
    try:
        proof.check(recording, proof.envelope)
    except ClipForeignError as error:
        findings.add(verdict_of(error, file=RANGE, otherwise=Code.CLIP_FOREIGN))
        return None
    return Clip(recording, proof)


def _check_rest(
    clip: Clip | None,
    found: FoundBytes | None,
    bag: Bag,
    authentic: Authentic,
    logged: Logged,
    findings: Findings,
) -> None:
    def write(exhibits: Sequence[Exhibit], checkpoint: str) -> Package:
        if clip is None or found is None:
            raise ClipForeignError("clip", expected="bytes and their proof", found="neither")
        file = clip_path(clip.recording.recording, clip.proof.part)
        # Bytes that are not proven were reported; what they were is only the manifest's word.
        claimed = bag.claims.get(file, found.sha256) if findings.explains(file) else found.sha256
        return build_clip(
            exhibits,
            checkpoint=checkpoint,
            proof=clip.proof,
            sha256=claimed,
            consistency=logged.growth.proofs,
            anchors=logged.anchors,
        )

    check_written(write, bag, authentic, logged, findings)


def _report(clip: Clip | None, findings: Findings, policy: TrustPolicy, logged: Logged) -> Report:
    if clip is None:
        return report_of(findings, policy, Scope(None, {}, {}), logged)
    proof, name = clip.proof, clip.recording.recording
    part = proof.part
    report = report_of(
        findings,
        policy,
        Scope(None, {proof.envelope: name}, {proof.envelope: clip.recording}),
        logged,
        {"recording": name, "begin": part.begin, "end": part.end, "size": part.size},
    )
    file = clip_path(name, part)
    results = (replace(it, facts=it.facts | {"file": file}) for it in report.recordings)
    return replace(report, recordings=tuple(results))
