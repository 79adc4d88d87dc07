"""What a verification comes to: its grade, each recording's result, who vouches for the log.

Reads what the steps found and adds nothing to it; shared by whole packages, byte ranges and
clips.
"""

from collections.abc import Iterator

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.package import envelope_path, footage_path, proof_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.statement import Recording
from edge.evidence.verify_log import Logged
from edge.evidence.verify_report import (
    ABOUT_THE_LOG,
    Code,
    Fact,
    Findings,
    Grade,
    RecordingResult,
    Report,
    StepName,
)
from edge.evidence.verify_scope import Scope
from edge.evidence.witnesses import OUTSIDERS, STATIONS

_BESIDE_THE_GRADE = ABOUT_THE_LOG | {
    Code.WITNESS_SHORT,
    Code.TSA_BAD,
    Code.TIME_INCOHERENT,
    Code.CASE_LINK_UNLOGGED,
}


def report_of(
    findings: Findings,
    policy: TrustPolicy,
    scope: Scope,
    logged: Logged,
    part: dict[str, Fact] | None = None,
) -> Report:
    """Everything that was found, once all steps were taken.

    With `part`, only that recording has a result: of the others no byte was read.
    """
    results = _results_of(scope, logged, findings)
    return Report(
        grade=_grade_of(findings, policy, scope, logged),
        verdicts=tuple(findings.verdicts),
        steps=tuple(findings.steps),
        recordings=tuple(it for it in results if not part or it.recording == part["recording"]),
        checkpoint=_checkpoint_facts(logged),
        witnesses=tuple(_witness_facts(logged)),
        anchors=tuple(_anchor_facts(logged)),
        part=part or {},
    )


def _grade_of(findings: Findings, policy: TrustPolicy, scope: Scope, logged: Logged) -> Grade:
    """Computed from what holds; B and A need whoever the policy asks for."""
    found = {verdict.code for verdict in findings.verdicts}
    unread = (step for step in findings.steps if step.name is not StepName.DERIVED)
    unchecked = any(step.ok is None for step in unread)
    if unchecked or not found <= _BESIDE_THE_GRADE:
        return Grade.NONE
    if found & ABOUT_THE_LOG:
        return Grade.D
    asked, witnessed, growth = policy.quorum, logged.witnessed, logged.growth
    stations = 0 < asked.stations <= len(witnessed.stations)
    if not stations or growth.proven < growth.sightings:
        return Grade.C
    outsiders = 0 < asked.outsiders <= len(witnessed.outsiders)
    return Grade.A if outsiders and _is_dated(scope, logged) else Grade.B


def _is_dated(scope: Scope, logged: Logged) -> bool:
    """Whether a time stamp covers the leaf of every recording that was handed out."""
    reach = max((it.size for it in logged.anchored), default=0)
    return reach > 0 and all(logged.indices[it] < reach for it in scope.recordings)


def _results_of(scope: Scope, logged: Logged, findings: Findings) -> Iterator[RecordingResult]:
    for digest, name in scope.named.items():
        recording = scope.recordings.get(digest)
        facts = {} if recording is None else _facts(digest, recording, logged)
        files = (facts.get("file"), envelope_path(digest), proof_path(digest))
        blamed = any(
            verdict.recording == name or (verdict.file and verdict.file in files)
            for verdict in findings.verdicts
        )
        yield RecordingResult(
            recording=name,
            envelope=str(digest),
            ok=recording is not None and digest in logged.indices and not blamed,
            facts=facts,
        )


def _facts(digest: Digest, recording: Recording, logged: Logged) -> dict[str, Fact]:
    source = recording.source
    facts: dict[str, Fact] = {
        "path": source.path,
        "file": footage_path(recording.recording, source.path),
        "size": recording.file.size,
        "sha256": str(recording.file.sha256),
        "station": recording.station.id,
        "seq": recording.station.seq,
        "station_time": str(recording.time.station),
    }
    if source.camera.serial is not None:
        facts["camera"] = source.camera.serial
    if source.camera_signature is not None:
        facts["camera_signature"] = source.camera_signature.kind
    if digest in logged.indices:
        facts["index"] = logged.indices[digest]
    return facts


def _checkpoint_facts(logged: Logged) -> dict[str, Fact]:
    checkpoint = logged.checkpoint
    if checkpoint is None:
        return {}
    root = str(checkpoint.root)
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": root}


def _witness_facts(logged: Logged) -> Iterator[dict[str, Fact]]:
    both = ((STATIONS, logged.witnessed.stations), (OUTSIDERS, logged.witnessed.outsiders))
    for kind, names in both:
        for name, seconds in sorted(names.items()):
            yield {"name": name, "kind": kind, "at": str(Instant(seconds * 1000))}


def _anchor_facts(logged: Logged) -> Iterator[dict[str, Fact]]:
    for it in logged.anchored:
        yield {"size": it.size, "tsa": it.token.authority, "at": str(it.token.at)}
