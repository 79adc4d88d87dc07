"""Verify an exported package from trusted roots alone, offline.

Nothing in the package is believed because it is in the package. The trust policy comes
from outside and names the roots of keys and the logs; everything else follows:

1. files       Every name is a plain file with a safe name; the small ones are read.
2. keys        Key events lead from the policy's roots to every signer.
3. signatures  Each envelope's signature holds over its exact bytes; those are then read.
4. log         The checkpoint is the log's; each envelope is a leaf of it; what stations saw
               of the log fits; witnesses, time stamps, revocations.
5. chain       Each exported manifest follows the station's statement before it.
6. footage     Each recording is byte for byte what its manifest says, or else where not.
7. claims      Inventories, stored receipts, case links and clocks do not contradict.
8. derived     Every other byte of the package is derived again, and compared.

What it cannot show stands in `verify_words`, and is printed after each verification.
"""

from collections.abc import Iterator

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.package import envelope_path, footage_path, proof_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.statement import Recording
from edge.evidence.verify_bag import Bag, open_bag
from edge.evidence.verify_chain import check_chains
from edge.evidence.verify_claims import Claims, check_claims
from edge.evidence.verify_derived import check_derived
from edge.evidence.verify_footage import Leaves, Meter, check_footage
from edge.evidence.verify_log import Logged, check_log
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
from edge.evidence.verify_scope import Scope, scope_of
from edge.evidence.verify_signatures import authenticate
from edge.evidence.verify_source import Progress, Source
from edge.evidence.witnesses import OUTSIDERS, STATIONS

_BESIDE_THE_GRADE = ABOUT_THE_LOG | {
    Code.WITNESS_SHORT,
    Code.TSA_BAD,
    Code.TIME_INCOHERENT,
    Code.CASE_LINK_UNLOGGED,
}


def verify_package(
    source: Source, policy: TrustPolicy, *, progress: Progress | None = None
) -> Report:
    """Take the eight steps. Never raises for anything a package may hold."""
    findings = Findings()
    bag = open_bag(source, findings)  # 1
    authentic = authenticate(bag, policy.trusted_keys(), findings)  # 2, 3
    logged = check_log(bag, authentic, policy, findings)  # 4
    scope = scope_of(bag, authentic, logged)
    check_chains(authentic, logged.indices, set(scope.recordings), findings)  # 5
    leaves = _check_all_footage(bag, scope, progress, findings)  # 6
    claims = Claims(authentic, logged.indices, findings)
    check_claims(scope, logged.checkpoint, claims)  # 7
    check_derived(bag, authentic, logged, leaves, findings)  # 8
    return Report(
        grade=_grade(findings, policy, scope, logged),
        verdicts=tuple(findings.verdicts),
        steps=tuple(findings.steps),
        recordings=tuple(_results(scope, logged, findings)),
        checkpoint=_checkpoint_facts(logged),
        witnesses=tuple(_witness_facts(logged)),
        anchors=tuple(_anchor_facts(logged)),
    )


def _check_all_footage(
    bag: Bag, scope: Scope, progress: Progress | None, findings: Findings
) -> dict[str, Leaves]:
    """6. Leaves that lead to the signed roots, by recording."""
    since = len(findings.verdicts)
    total = sum(it.file.size for it in scope.recordings.values())
    meter = Meter(total, progress)
    leaves = {}
    for recording in scope.recordings.values():
        found = check_footage(recording, bag, meter, findings)
        if found is not None:
            leaves[recording.recording] = found
    findings.end_step(
        StepName.FOOTAGE,
        since=since,
        unchecked=len(scope.named) - len(scope.recordings),
        recordings=len(scope.recordings),
        bytes=meter.done,
    )
    return leaves


def _grade(findings: Findings, policy: TrustPolicy, scope: Scope, logged: Logged) -> Grade:
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


def _results(scope: Scope, logged: Logged, findings: Findings) -> Iterator[RecordingResult]:
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
