"""Central's receipts, verified before anything counts.

`accept`, in order:
1. The envelope parses and a key that the root enrolled for central signed it.
2. It answers an envelope that this station sealed.
3. logged: the proof leads from that envelope's leaf to the root of a checkpoint that the
   log of our trust policy signed; stored: digest, size and manifest are the ones sealed.
4. One leaf index has one envelope, and the checkpoint is proven to be a state of the log that
   this station has seen (`growth`); until then the receipt waits and counts for nothing.
5. Receipt, outbox row, file state and checkpoint change in one transaction.
A PUBACK is no receipt.
"""

from dataclasses import dataclass

from dock_agent.errors import ForkError, ReceiptError
from dock_agent.growth import Growth
from dock_agent.ledger import Ledger, ReceiptRow, SealedRow
from dock_agent.trust import Trust
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, verify
from edge.evidence.errors import EvidenceError
from edge.evidence.instant import Instant
from edge.evidence.receipt import LoggedFact, StoredFact, verify_logged, verify_stored
from edge.evidence.statement import ReceiptLogged, ReceiptStored


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """Central has proven that the envelope is a leaf of its log."""

    envelope: Digest
    recording: str | None
    index: int
    new: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sound receipt over a checkpoint whose place in the log is not proven yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Central has signed where the footage lies and until when it is kept."""

    envelope: Digest
    recording: str
    replicas: list[dict[str, str]]
    new: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What receipts are judged by."""

    ledger: Ledger
    trust: Trust
    growth: Growth


def accept(raw: bytes, desk: Desk, at: Instant) -> Logged | Stored | Waiting:
    """Verify one receipt and let it count. Raises ReceiptError and changes nothing."""
    ledger, trust = desk.ledger, desk.trust
    try:
        receipt = Envelope.parse(raw)
        fact = verify(receipt, trust.keys).statement.predicate  # 1
        if isinstance(fact, ReceiptLogged):
            return _logged(receipt, fact, desk, at)
        if isinstance(fact, ReceiptStored):
            return _stored(receipt, fact, ledger, trust, at)
    except EvidenceError as bad:
        raise ReceiptError(
            expected=f"a receipt that verifies ({bad.facts.get('expected', '')})",
            found=f"{bad.code}: {bad}",
            reason=bad.code,
        ) from bad
    raise ReceiptError(
        expected="receipt-logged/v1 or receipt-stored/v1",
        found=type(fact).__name__,
        reason="TYPE_UNKNOWN",
    )


def _logged(receipt: Envelope, claim: ReceiptLogged, desk: Desk, at: Instant) -> Logged | Waiting:
    ledger, trust = desk.ledger, desk.trust
    row = _answered(claim.envelope, ledger)  # 2
    fact = verify_logged(receipt, trust.keys, trust.log, row.digest)  # 3
    with ledger.transaction():
        new = ledger.receipts.count(row.digest, "logged") == 0
        _refuse_second_leaf(fact, row, ledger)  # 4
        if not desk.growth.is_proven(fact.checkpoint, claim.checkpoint, receipt.raw):
            return Waiting()
        ledger.receipts.logged(  # 5
            _row(receipt, row, at), fact.index, fact.checkpoint, claim.checkpoint
        )
    return Logged(envelope=row.digest, recording=row.recording, index=fact.index, new=new)


def _stored(
    receipt: Envelope, claim: ReceiptStored, ledger: Ledger, trust: Trust, at: Instant
) -> Stored:
    row = _answered(claim.envelope, ledger)  # 2
    file = ledger.files.sealed(row.recording) if row.recording else None
    if row.recording is None or file is None or file.sha256 is None or file.copy is None:
        raise ReceiptError(
            expected="a stored receipt for a recording",
            found=f"one for {row.type} seq {row.seq}",
            reason="RECEIPT_MISMATCH",
        )
    fact: StoredFact = verify_stored(  # 3
        receipt, trust.keys, Digest.parse(file.sha256), file.copy["size"], row.digest
    )
    with ledger.transaction():
        new = ledger.receipts.count(row.digest, "stored") == 0
        ledger.receipts.stored(_row(receipt, row, at))  # 5
    replicas = [
        {"vault": each.vault, "kind": each.kind, "retain_until": str(each.retain_until)}
        for each in fact.replicas
    ]
    return Stored(envelope=row.digest, recording=row.recording, replicas=replicas, new=new)


def _answered(digest: Digest, ledger: Ledger) -> SealedRow:
    row = ledger.chain.by_digest(digest)
    if row is None:
        raise ReceiptError(
            expected="a receipt for an envelope that this station sealed",
            found=f"one for {digest}",
            reason="RECEIPT_UNKNOWN",
        )
    return row


def _refuse_second_leaf(fact: LoggedFact, row: SealedRow, ledger: Ledger) -> None:
    other = ledger.receipts.envelope_at(fact.index)
    if other is not None and other != row.digest:
        raise ForkError(
            expected=f"leaf {fact.index} to be envelope {other}",
            found=f"a receipt that puts {row.digest} there",
        )


def _row(receipt: Envelope, row: SealedRow, at: Instant) -> ReceiptRow:
    return ReceiptRow(
        digest=receipt.digest,
        envelope=row.digest,
        recording=row.recording,
        raw=receipt.raw,
        verified=at,
    )
