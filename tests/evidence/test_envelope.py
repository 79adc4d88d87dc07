"""Signatures are over exact bytes, and each key signs only what is its to sign."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.encoding import encode
from edge.evidence.envelope import ENVELOPE_LIMIT, Envelope, Signature, pae, seal, verify
from edge.evidence.errors import (
    EncodingError,
    EvidenceError,
    FieldError,
    SignatureError,
    TooLargeError,
    TypeUnknownError,
    UntrustedKeyError,
)
from edge.evidence.keys import EcdsaP256Signer, Ed25519Signer, PublicKey, Signer
from edge.evidence.public_key import spki_of
from edge.evidence.statement import NO_PREVIOUS, PAYLOAD_TYPE, Predicate, Statement
from tests.evidence import makers
from tests.evidence.vectors import load

DSSE = load("dsse", "protocol-vector.json")
SITE = makers.Site()
KEYS = SITE.keys()


def resigned(payload: bytes, *signers: Signer, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """An envelope over any payload, as a holder of keys could make it."""
    signed = pae(payload_type, payload)
    return Envelope(
        payload,
        payload_type,
        tuple(Signature(signer.keyid, signer.sign(signed)) for signer in signers),
        b"",
    )


def test_dsse_vector_pae_and_signature() -> None:
    envelope = Envelope.parse(json.dumps(DSSE["envelope"]).encode())
    assert envelope.pae == DSSE["pae_utf8"].encode()
    assert envelope.payload == DSSE["payload_utf8"].encode()
    numbers = EllipticCurvePublicNumbers(int(DSSE["key"]["x"]), int(DSSE["key"]["y"]), SECP256R1())
    key = PublicKey.from_spki(spki_of(numbers.public_key()))
    (signature,) = envelope.signatures
    assert signature.keyid == ""
    raw = signature.sig
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(envelope.pae, der)


def test_pae_counts_bytes() -> None:
    assert pae("é", b"a b") == b"DSSEv1 2 \xc3\xa9 3 a b"


def test_envelope_is_named_by_its_pae_whatever_its_signatures_and_spelling() -> None:
    statement = Statement.about(makers.recording())
    one = seal(statement, SITE.epoch)
    two = seal(statement, SITE.epoch, SITE.root)
    spaced = Envelope.parse(json.dumps(json.loads(one.raw), indent=2).encode())
    assert one.digest == two.digest == spaced.digest
    assert one.digest.raw == hashlib.sha256(one.pae).digest()
    assert one.raw != two.raw != spaced.raw


def test_sealed_envelope_is_canonical_and_comes_back() -> None:
    sealed = seal(Statement.about(makers.recording()), SITE.epoch)
    assert encode(json.loads(sealed.raw)) == sealed.raw
    assert Envelope.parse(sealed.raw) == sealed
    assert verify(sealed, KEYS).statement.predicate == makers.recording()


def test_verified_says_who_signed() -> None:
    verified = verify(makers.sealed(makers.recording(), SITE.epoch), KEYS)
    assert (verified.key.role, verified.key.name) == ("epoch", makers.STATION)
    assert verified.key.boot == makers.BOOT


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_any_changed_byte_of_payload_or_signature_is_refused(data: st.DataObject) -> None:
    envelope = makers.sealed(makers.docking(), SITE.epoch)
    (signature,) = envelope.signatures
    place = data.draw(st.sampled_from(["payload", "sig"]))
    target = bytearray(envelope.payload if place == "payload" else signature.sig)
    at = data.draw(st.integers(0, len(target) - 1))
    target[at] ^= data.draw(st.integers(1, 255))
    spoiled = Envelope(
        bytes(target) if place == "payload" else envelope.payload,
        envelope.payload_type,
        (signature if place == "payload" else Signature(signature.keyid, bytes(target)),),
        envelope.raw,
    )
    with pytest.raises(SignatureError) as refused:
        verify(spoiled, KEYS)
    assert refused.value.code == "SIG_BAD"


def test_payload_type_is_signed_too() -> None:
    statement = Statement.about(makers.docking())
    other = resigned(statement.to_bytes(), SITE.epoch, payload_type="text/plain")
    with pytest.raises(TypeUnknownError, match="payloadType"):
        verify(other, KEYS)
    with pytest.raises(SignatureError):
        verify(Envelope(other.payload, PAYLOAD_TYPE, other.signatures, b""), KEYS)


def test_a_stranger_is_refused() -> None:
    with pytest.raises(UntrustedKeyError) as refused:
        verify(makers.sealed(makers.docking(), Ed25519Signer.generate()), KEYS)
    assert refused.value.code == "KEY_UNTRUSTED"


def test_signatures_of_strangers_do_not_count_and_do_not_harm() -> None:
    stranger = Ed25519Signer.generate()
    verified = verify(makers.sealed(makers.docking(), stranger, SITE.epoch), KEYS)
    assert verified.key.name == makers.STATION


def test_one_bad_signature_of_a_trusted_key_spoils_the_good_one() -> None:
    envelope = seal(Statement.about(makers.docking()), SITE.epoch)
    bad = Signature(SITE.central.keyid, SITE.central.sign(b"something else"))
    with pytest.raises(SignatureError):
        verify(Envelope(envelope.payload, PAYLOAD_TYPE, (*envelope.signatures, bad), b""), KEYS)


def test_borrowed_keyid_is_refused() -> None:
    signed = seal(Statement.about(makers.docking()), Ed25519Signer.generate())
    (signature,) = signed.signatures
    borrowed = Signature(SITE.epoch.keyid, signature.sig)
    with pytest.raises(SignatureError):
        verify(Envelope(signed.payload, PAYLOAD_TYPE, (borrowed,), b""), KEYS)


ROLE_SIGNERS: dict[str, Signer] = {
    "root": SITE.root,
    "station": SITE.identity,
    "epoch": SITE.epoch,
    "central": SITE.central,
}


@pytest.mark.parametrize("predicate", makers.every_predicate(), ids=lambda p: p.TYPE)
def test_each_type_is_signed_by_its_role_and_by_no_other(predicate: Predicate) -> None:
    for role, signer in ROLE_SIGNERS.items():
        envelope = makers.sealed(predicate, signer)
        if role in predicate.roles():
            assert verify(envelope, KEYS).key.role == role
        else:
            with pytest.raises(UntrustedKeyError, match="a signature by"):
                verify(envelope, KEYS)


def test_epoch_key_speaks_for_its_own_station_and_boot_only() -> None:
    other_boot = makers.docking(station=makers.link(boot="0c" * 16))
    with pytest.raises(UntrustedKeyError, match="boot 0c0c"):
        verify(makers.sealed(other_boot, SITE.epoch), KEYS)
    with pytest.raises(UntrustedKeyError, match="dock-02"):
        verify(makers.sealed(makers.heartbeat(id="dock-02"), SITE.epoch), KEYS)
    with pytest.raises(UntrustedKeyError):
        verify(makers.sealed(makers.heartbeat(boot="0c" * 16), SITE.epoch), KEYS)


def test_station_opens_epochs_of_its_own_only() -> None:
    foreign = makers.StationLink(id="dock-02", boot=makers.BOOT, seq=0, prev=NO_PREVIOUS)
    event = makers.epoch(Ed25519Signer.generate(), foreign, name="dock-02")
    with pytest.raises(UntrustedKeyError, match="dock-02"):
        verify(makers.sealed(event, SITE.identity), KEYS)


def test_signed_nonsense_is_refused_after_its_signature() -> None:
    with pytest.raises(EncodingError):
        verify(resigned(b"not json", SITE.epoch), KEYS)
    wire = json.loads(Statement.about(makers.recording()).to_bytes())
    wire["predicate"]["file"]["size"] = 8
    wire["predicate"]["file"]["segment_count"] = 3
    with pytest.raises(FieldError):
        verify(resigned(encode(wire), SITE.epoch), KEYS)
    with pytest.raises(SignatureError):
        verify(
            Envelope(b"not json", PAYLOAD_TYPE, (Signature(SITE.epoch.keyid, bytes(64)),), b""),
            KEYS,
        )


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


GOOD: dict[str, Any] = {
    "payload": b64(b"{}"),
    "payloadType": PAYLOAD_TYPE,
    "signatures": [{"keyid": "a", "sig": b64(b"s")}],
}


@pytest.mark.parametrize(
    "spoiled",
    [
        {"payload": None},
        {"payload": 1},
        {"payload": "e30"},
        {"payload": "e30_"},
        {"payload": "e30=\n"},
        {"payloadType": None},
        {"payloadType": ["a"]},
        {"signatures": None},
        {"signatures": []},
        {"signatures": {}},
        {"signatures": ["a"]},
        {"signatures": [{"keyid": "a"}]},
        {"signatures": [{"keyid": 1, "sig": "cw=="}]},
        {"signatures": [{"keyid": "a", "sig": "*"}]},
        {"signatures": [{"keyid": "a", "sig": "cw=="}] * 9},
        {"signatures": [{"keyid": "a", "sig": b64(bytes(8193))}]},
    ],
)
def test_malformed_envelope_is_refused(spoiled: dict[str, Any]) -> None:
    assert Envelope.parse(encode(GOOD | {"later": 1})).payload == b"{}"
    with pytest.raises(EncodingError):
        Envelope.parse(encode(GOOD | spoiled))
    for name in spoiled:
        with pytest.raises(EncodingError):
            Envelope.parse(encode({n: v for n, v in GOOD.items() if n != name}))


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_truncated_envelope_is_refused(data: st.DataObject) -> None:
    raw = seal(Statement.about(makers.docking()), SITE.epoch).raw
    with pytest.raises(EncodingError):
        Envelope.parse(raw[: data.draw(st.integers(0, len(raw) - 1))])


@given(st.binary(max_size=300))
def test_noise_is_refused_and_never_crashes(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        Envelope.parse(raw)


def test_envelope_over_one_mebibyte_is_neither_read_nor_written() -> None:
    with pytest.raises(TooLargeError):
        Envelope.parse(encode(GOOD) + b" " * ENVELOPE_LIMIT)
    known = tuple(
        makers.KnownFile(path=f"{at:04d}" + "x" * 1000, recording="ab" * 16) for at in range(900)
    )
    with pytest.raises(TooLargeError) as refused:
        seal(Statement.about(makers.docking(known=known)), SITE.epoch)
    assert refused.value.code == "TOO_LARGE"


def test_number_of_signers_is_bounded() -> None:
    statement = Statement.about(makers.docking())
    for signers in ((), (SITE.epoch,) * 9):
        with pytest.raises(ValueError, match="signers"):
            seal(statement, *signers)


def test_p256_identity_signs_envelopes() -> None:
    envelope = makers.sealed(makers.epoch(Ed25519Signer.generate()), SITE.identity)
    assert isinstance(SITE.identity, EcdsaP256Signer)
    assert verify(envelope, KEYS).key.role == "station"
