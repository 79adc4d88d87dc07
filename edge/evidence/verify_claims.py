"""Step 7: what the authentic statements say fits together.

Signatures show who said something, not that it is so. Here statements are held against
each other: the recording against its inventory and its stored receipt, the case against
the link, clock against clock. No clock is believed; only contradictions are reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.package import envelope_path, proof_path
from edge.evidence.statement import (
    CaseLink,
    CaseUnlink,
    Docking,
    Inventory,
    KeyEvent,
    ReceiptStored,
    Recording,
)
from edge.evidence.verify_report import Code, Fact, Findings, StepName, Verdict
from edge.evidence.verify_scope import Scope
from edge.evidence.verify_signatures import Authentic

CLOCK_TOLERANCE_MS = 300_000
"""How far apart two clocks may stand before their order counts as a contradiction."""


@dataclass(slots=True)
class Claims:
    """The statements and places that the checks hold against each other."""

    authentic: Authentic
    indices: Mapping[Digest, int]
    findings: Findings
    unchecked: int = 0

    def missing(self, verdict: Verdict) -> None:
        """A statement that should be here: unless a damaged one may be just that."""
        if self.authentic.damaged:
            self.unchecked += 1
        else:
            self.findings.add(verdict)

    def contradicted(self, digest: Digest, expected: object, found: object) -> None:
        self._report(Code.CLAIM_CONTRADICTED, digest, expected, found)

    def incoherent(self, digest: Digest, expected: object, found: object) -> None:
        self._report(Code.TIME_INCOHERENT, digest, expected, found)

    def _report(self, code: Code, digest: Digest, expected: object, found: object) -> None:
        self.findings.add(
            Verdict(
                code=code,
                file=envelope_path(digest),
                envelope=str(digest),
                expected=_fact(expected),
                found=_fact(found),
            )
        )


def check_claims(scope: Scope, checkpoint: Checkpoint | None, claims: Claims) -> None:
    """Hold the statements about each exported recording against each other."""
    findings = claims.findings
    since = len(findings.verdicts)
    _check_export(scope, checkpoint, claims)
    for digest, recording in scope.recordings.items():
        _check_inventory(digest, recording, claims)
        _check_stored(digest, recording, claims)
        _check_epoch(digest, recording, claims)
        _check_case(digest, recording, scope, claims)
    for digest, docking in claims.authentic.of(Docking):
        if docking.finished < docking.started:
            expected = f"finished after {docking.started}"
            claims.incoherent(digest, expected, docking.finished)
    findings.end_step(
        StepName.CLAIMS,
        since=since,
        unchecked=claims.unchecked,
        recordings=len(scope.recordings),
    )


def _check_export(scope: Scope, checkpoint: Checkpoint | None, claims: Claims) -> None:
    """7a. What was handed out is here, and the log had grown that far."""
    if scope.export is None:
        expected = "an export/v1 statement"
        claims.missing(Verdict(code=Code.PKG_MISSING, expected=expected, found=0))
        return
    digest, export = scope.export
    if checkpoint is not None and export.size > checkpoint.size:
        claims.contradicted(digest, f"a size up to {checkpoint.size}", export.size)
    for manifest, name in scope.named.items():
        recording = scope.recordings.get(manifest)
        if recording is None:
            file = envelope_path(manifest)
            claims.missing(Verdict(code=Code.PKG_MISSING, file=file, recording=name))
        elif recording.recording != name:
            claims.contradicted(digest, recording.recording, name)


def _check_inventory(digest: Digest, recording: Recording, claims: Claims) -> None:
    """7b. The file stands in the inventory that was signed before it was copied."""
    source = recording.source
    verified = claims.authentic.verified.get(source.inventory)
    if verified is None:
        claims.missing(
            Verdict(
                code=Code.PKG_MISSING,
                file=envelope_path(source.inventory),
                recording=recording.recording,
            )
        )
        return
    inventory = verified.statement.predicate
    if not isinstance(inventory, Inventory):
        claims.contradicted(digest, "an inventory/v1", verified.statement.type)
        return
    same: list[tuple[object, object]] = [
        (inventory.station.id, recording.station.id),
        (inventory.docking, source.docking),
        (inventory.inventory_root, source.inventory_root),
    ]
    for expected, found in same:
        if expected != found:
            claims.contradicted(digest, expected, found)
    if source.path_bytes not in {entry.path_bytes for entry in inventory.entries}:
        claims.contradicted(digest, "a path of the inventory", source.path)
    if inventory.station.seq > recording.station.seq:
        claims.contradicted(digest, "an inventory before it", inventory.station.seq)


def _check_stored(digest: Digest, recording: Recording, claims: Claims) -> None:
    """7c. Central's stored receipt is about these very bytes."""
    file = recording.file
    receipts = [
        (receipt_digest, receipt)
        for receipt_digest, receipt in claims.authentic.of(ReceiptStored)
        if receipt.envelope == digest
    ]
    if not receipts:
        expected = f"receipt-stored/v1 of {recording.recording}"
        claims.missing(
            Verdict(
                code=Code.PKG_MISSING,
                recording=recording.recording,
                expected=expected,
                found=0,
            )
        )
    for receipt_digest, receipt in receipts:
        if (receipt.sha256, receipt.size) != (file.sha256, file.size):
            expected = f"{file.sha256}, {file.size} bytes"
            found = f"{receipt.sha256}, {receipt.size} bytes"
            claims.contradicted(receipt_digest, expected, found)
        if receipt.recording != recording.recording:
            expected = recording.recording
            claims.contradicted(receipt_digest, expected, receipt.recording)
        if _before(receipt.stored, recording.time.station):
            expected = f"stored after {recording.time.station}"
            claims.incoherent(receipt_digest, expected, receipt.stored)
        for replica in receipt.replicas:
            if replica.retain_until < receipt.stored:
                expected = f"kept beyond {receipt.stored}"
                claims.incoherent(receipt_digest, expected, replica.retain_until)


def _check_epoch(digest: Digest, recording: Recording, claims: Claims) -> None:
    """7d. The boot that signed had begun by then."""
    link = recording.station
    for _, event in claims.authentic.of(KeyEvent):
        began = (event.action, event.name, event.boot)
        if began != ("epoch", link.id, link.boot):
            continue
        if _before(recording.time.station, event.at):
            claims.incoherent(digest, f"after {event.at}", recording.time.station)


def _check_case(digest: Digest, recording: Recording, scope: Scope, claims: Claims) -> None:
    """7e. A logged link puts the recording in the case, and no unlink takes it out."""
    case = None if scope.export is None else scope.export[1].case
    if case is None:
        return
    undone = {it.link for _, it in claims.authentic.of(CaseUnlink)}
    links = [
        link_digest
        for link_digest, link in claims.authentic.of(CaseLink)
        if (link.case, link.envelope) == (case, digest) and link_digest not in undone
    ]
    if any(link in claims.indices for link in links):
        return
    if any(claims.findings.explains(proof_path(link)) for link in links):
        return  # the proof itself is what is wrong, and was reported as that
    claims.missing(
        Verdict(
            code=Code.CASE_LINK_UNLOGGED,
            recording=recording.recording,
            expected=f"a logged link to case {case}",
            found="none",
        )
    )


def _before(later: Instant, earlier: Instant) -> bool:
    """Whether what must come later came clearly before."""
    return later.minus(earlier) < -CLOCK_TOLERANCE_MS


def _fact(value: object) -> Fact:
    return value if isinstance(value, int) else str(value)
