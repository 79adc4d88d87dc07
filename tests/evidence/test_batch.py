"""One signature over many: each member verifies alone, and never passes for anything else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.batch import (
    BATCH_TYPE,
    MOST_MEMBERS,
    Batch,
    Member,
    seal_batch,
    verify_member,
)
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode, encode_base64
from edge.evidence.envelope import Envelope, Signature, seal, signed_envelope, verify
from edge.evidence.errors import (
    BatchError,
    EncodingError,
    EvidenceError,
    SignatureError,
    TooLargeError,
    TypeUnknownError,
    UntrustedKeyError,
)
from edge.evidence.keys import Ed25519Signer
from edge.evidence.statement import PAYLOAD_TYPE, InventoryEntry, Statement, inventory_root
from tests.evidence.makers import DIGEST, Site, inventory, link, receipt_stored, recording

SITE = Site()
KEYS = SITE.keys()
STATEMENTS = [Statement.about(recording(b"footage", path=f"{it}.mp4")) for it in range(7)]
MEMBERS = seal_batch(STATEMENTS, SITE.epoch)


def wire(member: Member = MEMBERS[3]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(member.raw)
    return read


def changed(**changes: Any) -> Member:
    return Member.parse(encode(wire() | changes))


@given(st.integers(1, 20))
def test_each_member_verifies_alone(count: int) -> None:
    statements = [STATEMENTS[it % 7] for it in range(count)]
    for at, member in enumerate(seal_batch(statements, SITE.epoch)):
        found = verify_member(Member.parse(member.raw), KEYS)
        assert found.statement == statements[at]
        assert (found.batch.size, found.key.role) == (count, "epoch")


def test_name_is_the_one_of_an_envelope() -> None:
    for statement, member in zip(STATEMENTS, MEMBERS, strict=True):
        assert member.digest == seal(statement, SITE.epoch).digest


def test_one_signature_is_made() -> None:
    class Counting(Ed25519Signer):
        made = 0

        def sign(self, data: bytes) -> bytes:
            Counting.made += 1
            return super().sign(data)

    seal_batch(STATEMENTS, Counting.generate())
    assert Counting.made == 1


def test_member_is_no_envelope_and_an_envelope_no_member() -> None:
    with pytest.raises(EncodingError):
        Envelope.parse(MEMBERS[0].raw)
    with pytest.raises(EncodingError):
        Member.parse(seal(STATEMENTS[0], SITE.epoch).raw)
    with pytest.raises(TypeUnknownError):
        verify(MEMBERS[0].batch, KEYS)


def test_signature_over_a_statement_signs_no_batch() -> None:
    plain = seal(STATEMENTS[3], SITE.epoch)
    with pytest.raises(BatchError):
        verify_member(changed(batch=json.loads(plain.raw)), KEYS)
    batch = wire()["batch"]
    signatures = json.loads(plain.raw)["signatures"]
    with pytest.raises(SignatureError):
        verify_member(changed(batch=batch | {"signatures": signatures}), KEYS)
    borrowed = Envelope(plain.payload, PAYLOAD_TYPE, MEMBERS[3].batch.signatures, b"")
    with pytest.raises(SignatureError):
        verify(borrowed, KEYS)


def test_batch_payload_under_a_statements_type_is_no_statement() -> None:
    batch = MEMBERS[3].batch
    disguised = signed_envelope(batch.payload, PAYLOAD_TYPE, SITE.epoch)
    with pytest.raises(TypeUnknownError):
        verify(disguised, KEYS)


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": encode_base64(STATEMENTS[2].to_bytes())},
        {"index": 2},
        {"index": 7},
        {"index": -1},
        {"path": wire()["path"][:-1]},
        {"path": [*wire()["path"], str(DIGEST)]},
        {"path": wire()["path"][::-1]},
    ],
)
def test_statement_that_the_batch_does_not_hold_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BatchError) as refused:
        verify_member(changed(**changes), KEYS)
    assert refused.value.code == "BATCH_BAD"


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1},
        {"batch": []},
        {"batch": {}},
        {"index": "3"},
        {"index": True},
        {"path": {}},
        {"path": [5]},
        {"path": ["00"]},
        {"path": [str(DIGEST)] * 17},
        {"statement": "?"},
        {"statement": 5},
    ],
)
def test_malformed_member_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EncodingError):
        changed(**changes)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"root":5,"size":7}',
        encode({"root": str(DIGEST), "size": "7"}),
        encode({"root": str(DIGEST), "size": 0}),
        encode({"root": str(DIGEST), "size": MOST_MEMBERS + 1}),
        encode({"root": str(DIGEST), "size": 7, "more": 1}),
        encode({"root": str(DIGEST), "size": 7}) + b" ",
    ],
)
def test_payload_that_is_no_batch_is_refused_although_signed(payload: bytes) -> None:
    envelope = signed_envelope(payload, BATCH_TYPE, SITE.epoch)
    with pytest.raises((EncodingError, BatchError)):
        verify_member(changed(batch=json.loads(envelope.raw)), KEYS)


def test_root_of_another_batch_is_refused() -> None:
    other = signed_envelope(Batch(7, DIGEST).to_bytes(), BATCH_TYPE, SITE.epoch)
    with pytest.raises(BatchError):
        verify_member(changed(batch=json.loads(other.raw)), KEYS)


def test_stranger_signs_nothing() -> None:
    (member,) = seal_batch(STATEMENTS[:1], Ed25519Signer.generate())
    with pytest.raises(UntrustedKeyError):
        verify_member(member, KEYS)


def test_trusted_key_signs_only_what_is_its_to_sign() -> None:
    mixed = [STATEMENTS[0], Statement.about(receipt_stored())]
    own, not_its_own = seal_batch(mixed, SITE.epoch)
    verify_member(own, KEYS)
    with pytest.raises(UntrustedKeyError):
        verify_member(not_its_own, KEYS)
    other_boot = Statement.about(recording(station=link(boot="ff" * 16)))
    with pytest.raises(UntrustedKeyError):
        verify_member(seal_batch([other_boot], SITE.epoch)[0], KEYS)


def test_unknown_statement_in_a_sound_batch_is_refused() -> None:
    class Odd(Statement):
        def to_bytes(self) -> bytes:
            return super().to_bytes().replace(b"recording/v1", b"recording/v9")

    odd = Odd(
        type=STATEMENTS[0].type,
        subjects=STATEMENTS[0].subjects,
        predicate=STATEMENTS[0].predicate,
    )
    with pytest.raises(TypeUnknownError):
        verify_member(seal_batch([odd], SITE.epoch)[0], KEYS)


def test_signature_by_a_stranger_beside_the_sound_one_is_ignored() -> None:
    stranger = Signature(Ed25519Signer.generate().keyid, bytes(64))
    signatures = wire()["batch"]["signatures"]
    added = {"keyid": stranger.keyid, "sig": encode_base64(stranger.sig)}
    batch = wire()["batch"] | {"signatures": [added, *signatures]}
    assert verify_member(changed(batch=batch), KEYS).statement == STATEMENTS[3]


def test_empty_and_unsigned_batches_are_not_made() -> None:
    with pytest.raises(BatchError):
        seal_batch([], SITE.epoch)
    with pytest.raises(ValueError, match="expected 1 to 8 signers"):
        seal_batch(STATEMENTS)


def test_member_beyond_the_limit_is_not_made() -> None:
    long = tuple(InventoryEntry(path=f"{it:04}" + "x" * 380, size=it) for it in range(1950))
    big = Statement.about(inventory(entries=long, inventory_root=inventory_root(long)))
    with pytest.raises(TooLargeError):
        seal_batch([big], SITE.epoch)


@given(st.data())
def test_every_flipped_bit_is_found(data: st.DataObject) -> None:
    raw = bytearray(MEMBERS[3].raw)
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(EvidenceError):
        verify_member(Member.parse(bytes(raw)), KEYS)


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_reader_down(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        Member.parse(raw)


def test_name_covers_the_statement_alone() -> None:
    again = seal_batch(STATEMENTS[3:4], SITE.epoch)[0]
    assert again.digest == MEMBERS[3].digest != Digest.of(again.raw)
