"""A receipt counts only for exactly what it must answer."""

from typing import Any

import pytest

from edge.evidence.checkpoint import NoteSigner
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.errors import (
    CheckpointError,
    EvidenceError,
    ProofError,
    ReceiptError,
    SignatureError,
    UntrustedKeyError,
)
from edge.evidence.keys import Ed25519Signer
from edge.evidence.receipt import verify_logged, verify_stored
from tests.evidence import makers

SITE = makers.Site()
KEYS = SITE.keys()
NAMES = [Digest.of(b"envelope %d" % at) for at in range(7)]
SHA256 = Digest.of(b"footage")


@pytest.mark.parametrize("index", range(7))
def test_logged_receipt_of_every_leaf_holds(index: int) -> None:
    fact = verify_logged(SITE.logged(NAMES, index), KEYS, SITE.verifier, NAMES[index])
    assert (fact.index, fact.received) == (index, makers.AT)
    assert (fact.checkpoint.origin, fact.checkpoint.size) == (makers.ORIGIN, 7)


def test_logged_receipt_for_another_envelope_is_refused() -> None:
    with pytest.raises(ReceiptError) as refused:
        verify_logged(SITE.logged(NAMES, 3), KEYS, SITE.verifier, NAMES[4])
    assert refused.value.code == "RECEIPT_MISMATCH"
    assert refused.value.facts == {
        "what": "envelope",
        "expected": str(NAMES[4]),
        "found": str(NAMES[3]),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 4},
        {"index": 7},
        {"path": ()},
        {"path": (NAMES[0],) * 3},
        {"checkpoint": SITE.checkpoint(NAMES)},
    ],
)
def test_logged_receipt_whose_proof_fails_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProofError) as refused:
        verify_logged(SITE.logged(NAMES, 3, **changes), KEYS, SITE.verifier, NAMES[3])
    assert refused.value.code == "LOG_NOT_INCLUDED"


def test_logged_receipt_with_another_logs_checkpoint_is_refused() -> None:
    other = makers.Site()
    with pytest.raises(CheckpointError):
        verify_logged(
            SITE.logged(NAMES, 3, checkpoint=other.checkpoint(NAMES)),
            KEYS,
            SITE.verifier,
            NAMES[3],
        )
    elsewhere = NoteSigner("other.test/log", SITE.log_key)
    with pytest.raises(CheckpointError):
        verify_logged(
            SITE.logged(NAMES, 3),
            KEYS,
            makers.NoteVerifier.parse(elsewhere.vkey),
            NAMES[3],
        )


def test_receipt_not_by_central_is_refused() -> None:
    for signer in (SITE.epoch, SITE.identity, SITE.root, Ed25519Signer.generate()):
        receipt = makers.sealed(makers.receipt_stored(), signer)
        with pytest.raises(UntrustedKeyError):
            verify_stored(receipt, KEYS, SHA256, 7, makers.DIGEST)


def test_altered_receipt_is_refused() -> None:
    receipt = makers.sealed(makers.receipt_stored(), SITE.central)
    altered = Envelope(
        receipt.payload.replace(b'"size":7', b'"size":8'),
        receipt.payload_type,
        receipt.signatures,
        receipt.raw,
    )
    with pytest.raises(SignatureError):
        verify_stored(altered, KEYS, SHA256, 8, makers.DIGEST)


def test_stored_receipt_names_its_replicas() -> None:
    receipt = makers.sealed(makers.receipt_stored(), SITE.central)
    fact = verify_stored(receipt, KEYS, SHA256, 7, makers.DIGEST)
    assert fact.replicas == makers.receipt_stored().replicas
    assert fact.stored == makers.AT


@pytest.mark.parametrize(
    ("sha256", "size", "manifest", "what"),
    [
        (Digest.of(b"other"), 7, makers.DIGEST, "sha256"),
        (SHA256, 8, makers.DIGEST, "size"),
        (SHA256, 7, Digest.of(b"other"), "envelope"),
    ],
)
def test_stored_receipt_for_something_else_is_refused(
    sha256: Digest, size: int, manifest: Digest, what: str
) -> None:
    receipt = makers.sealed(makers.receipt_stored(), SITE.central)
    with pytest.raises(ReceiptError) as refused:
        verify_stored(receipt, KEYS, sha256, size, manifest)
    assert refused.value.facts["what"] == what


def test_one_kind_of_receipt_is_not_the_other() -> None:
    stored = makers.sealed(makers.receipt_stored(envelope=NAMES[0]), SITE.central)
    with pytest.raises(ReceiptError, match="expected receipt-logged/v1, found receipt-stored/v1"):
        verify_logged(stored, KEYS, SITE.verifier, NAMES[0])
    with pytest.raises(ReceiptError, match="receipt-stored/v1"):
        verify_stored(SITE.logged(NAMES, 0), KEYS, SHA256, 7, NAMES[0])


def test_every_refusal_is_an_evidence_error_with_facts() -> None:
    with pytest.raises(EvidenceError) as refused:
        verify_logged(SITE.logged(NAMES, 0), KEYS, SITE.verifier, NAMES[1])
    assert {"what", "expected", "found"} <= set(refused.value.facts)
