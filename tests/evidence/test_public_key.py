"""Keys are checked when they are read, and signatures as Wycheproof demands."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.curve25519 import weakness_of
from edge.evidence.errors import SignatureError, WeakKeyError
from edge.evidence.keys import EcdsaP256Signer, Ed25519Signer, PublicKey
from tests.evidence.vectors import load

P = 2**255 - 19
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")
LOW_ORDER = {
    "order 1": 1,
    "order 2": P - 1,
    "order 4": 0,
    "order 4, the other": 1 << 255,
    "order 8 a": int.from_bytes(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
    ),
    "order 8 b": int.from_bytes(
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
    ),
}
LOW_ORDER |= {
    f"{name}, the other": LOW_ORDER[name] | 1 << 255 for name in ("order 8 a", "order 8 b")
}
NOT_CANONICAL = {
    "1 + p": 1 + P,
    "0 + p": P,
    "3 + p": P + 3,
    "2^255 - 1": 2**255 - 1,
    "1 with a sign": 1 | 1 << 255,
    "-1 with a sign": (P - 1) | 1 << 255,
}


@pytest.mark.parametrize("name", ["ed25519", "ecdsa_secp256r1_sha256"])
def test_wycheproof_signatures_are_judged_as_its_authors_say(name: str) -> None:
    vectors = load("wycheproof", f"{name}_test.json")
    assert vectors["numberOfTests"] > 100
    for group in vectors["testGroups"]:
        key = PublicKey.from_spki(bytes.fromhex(group["publicKeyDer"]))
        for case in group["tests"]:
            data, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            if case["result"] == "valid":
                key.verify(data, signature)
            else:
                with pytest.raises(SignatureError, match="does not verify"):
                    key.verify(data, signature)


@pytest.mark.parametrize("name", LOW_ORDER)
def test_low_order_point_is_refused_although_openssl_takes_it(name: str) -> None:
    raw = LOW_ORDER[name].to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(raw)  # OpenSSL says nothing
    with pytest.raises(WeakKeyError, match="low order") as refused:
        PublicKey.from_spki(SPKI_ED25519 + raw)
    assert refused.value.code == "KEY_WEAK"


@pytest.mark.parametrize("name", NOT_CANONICAL)
def test_non_canonical_point_is_refused(name: str) -> None:
    raw = NOT_CANONICAL[name].to_bytes(32, "little")
    with pytest.raises(WeakKeyError):
        PublicKey.from_ed25519(raw)
    assert weakness_of(raw) in {"a non-canonical encoding", "no point on the curve"}


def test_point_outside_the_prime_order_subgroup_is_refused() -> None:
    """An honest key plus the point of order 2: (x, y) becomes (-x, -y)."""
    honest = int.from_bytes(Ed25519Signer.generate().public[-32:], "little")
    sign, y = honest >> 255, honest & ((1 << 255) - 1)
    mixed = (P - y) | ((1 - sign) << 255)
    assert weakness_of(mixed.to_bytes(32, "little")) == "a point outside the prime-order subgroup"


@given(st.integers(0, 2**255 - 1))
def test_points_off_the_curve_are_refused_and_none_crashes(y: int) -> None:
    weakness = weakness_of(y.to_bytes(32, "little"))
    assert weakness is None or "point" in weakness or "encoding" in weakness


def test_honest_keys_pass() -> None:
    for signer in (Ed25519Signer.generate(), EcdsaP256Signer.generate()):
        key = PublicKey.from_spki(signer.public)
        assert (key.keyid, key.algorithm) == (signer.keyid, signer.algorithm)
        key.verify(b"data", signer.sign(b"data"))
        with pytest.raises(SignatureError) as refused:
            key.verify(b"Data", signer.sign(b"data"))
        assert refused.value.code == "SIG_BAD"
        assert refused.value.facts["keyid"] == signer.keyid


def test_other_kinds_of_key_are_refused() -> None:
    for key in (generate_private_key(SECP384R1()), X25519PrivateKey.generate()):
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(WeakKeyError, match="Ed25519 or P-256"):
            PublicKey.from_spki(der)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", bytes(44), b"-----BEGIN PUBLIC KEY-----"])
def test_bytes_that_are_no_key_are_refused(der: bytes) -> None:
    with pytest.raises(WeakKeyError):
        PublicKey.from_spki(der)


def test_one_key_has_one_spelling() -> None:
    der = EcdsaP256Signer.generate().public
    point = der[-65:]
    compressed = bytes([2 + (point[64] & 1)]) + point[1:33]
    header = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    with pytest.raises(WeakKeyError, match="another spelling"):
        PublicKey.from_spki(header + compressed)
    with pytest.raises(WeakKeyError):
        PublicKey.from_spki(der + b"\x00")


def test_raw_bytes_are_for_ed25519_only() -> None:
    signer = Ed25519Signer.generate()
    assert PublicKey.from_ed25519(signer.public[-32:]) == PublicKey.from_spki(signer.public)
    with pytest.raises(WeakKeyError):
        _ = PublicKey.from_spki(EcdsaP256Signer.generate().public).raw
    with pytest.raises(WeakKeyError, match="32 bytes"):
        PublicKey.from_ed25519(bytes(31))
