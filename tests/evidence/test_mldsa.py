"""ML-DSA-44 against Wycheproof, and cosignatures made with it."""

import base64

import pytest

from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.errors import CheckpointError, PolicyError, SignatureError, WeakKeyError
from edge.evidence.mldsa import MlDsa44Key, MlDsa44Signer
from edge.evidence.signers import Ed25519Signer
from edge.evidence.subtree_cosignature import SubtreeCosigner, SubtreeVerifier
from tests.evidence.vectors import load

TEXT = Checkpoint("log.test/one", 3, Digest.of(b"root")).to_text()


@pytest.fixture(scope="module")
def cosigner() -> SubtreeCosigner:
    return SubtreeCosigner("witness.test/pq", MlDsa44Signer.generate())


def test_wycheproof_signatures_are_judged_as_its_authors_say() -> None:
    """But for a context: ours is always empty, so a signature with another one is refused."""
    vectors = load("wycheproof", "mldsa_44_verify_test.json")
    judged = 0
    for group in vectors["testGroups"]:
        raw = bytes.fromhex(group["publicKey"])
        for case in group["tests"]:
            data, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            judged += 1
            if case["result"] == "valid" and not case.get("ctx"):
                MlDsa44Key.from_raw(raw).verify(data, signature)
                continue
            with pytest.raises((SignatureError, WeakKeyError)):
                MlDsa44Key.from_raw(raw).verify(data, signature)
    assert judged == vectors["numberOfTests"] == 180


def test_private_key_survives_its_pem() -> None:
    signer = MlDsa44Signer.generate()
    again = MlDsa44Signer.from_pem(signer.to_pem())
    assert again.public == signer.public
    signer.public.verify(b"data", again.sign(b"data"))


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN", Ed25519Signer.generate().to_pem()])
def test_other_private_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(WeakKeyError, match="ML-DSA-44"):
        MlDsa44Signer.from_pem(pem)


def test_cosignature_holds_for_its_checkpoint_and_time(cosigner: SubtreeCosigner) -> None:
    verifier = SubtreeVerifier.parse(cosigner.vkey)
    note = f"{TEXT}\n" + cosigner.line(TEXT, 5) + cosigner.line(TEXT, 9)
    assert verifier.time_of(note) == 9
    assert verifier.vkey == cosigner.vkey


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("one", "two"),
        TEXT.replace("\n3\n", "\n4\n"),
        Checkpoint("log.test/one", 3, Digest.of(b"other")).to_text(),
        TEXT + "extension\n",
    ],
)
def test_cosignature_holds_for_no_other_checkpoint(cosigner: SubtreeCosigner, text: str) -> None:
    verifier = SubtreeVerifier.parse(cosigner.vkey)
    assert verifier.time_of(f"{text}\n" + cosigner.line(TEXT, 5)) is None


@pytest.mark.parametrize("at", [0, 3, 4, 11, 12, -1])
def test_flipped_bit_is_found(cosigner: SubtreeCosigner, at: int) -> None:
    verifier = SubtreeVerifier.parse(cosigner.vkey)
    blob = bytearray(verifier.key_hash + (5).to_bytes(8, "big") + bytes(2420))
    assert verifier.seconds_of(TEXT, bytes(blob)) is None
    line = cosigner.line(TEXT, 5)
    good = bytearray(base64.b64decode(line.split()[2]))
    good[at] ^= 0x80
    forged = f"— {verifier.name} {base64.b64encode(good).decode()}\n"
    assert verifier.time_of(f"{TEXT}\n{forged}") is None
    assert verifier.seconds_of(TEXT, bytes(good[:-1])) is None


def test_name_is_part_of_what_is_signed(cosigner: SubtreeCosigner) -> None:
    verifier = SubtreeVerifier.parse(cosigner.vkey)
    other = SubtreeVerifier("witness.test/other", verifier.public)
    blob = cosigner.line(TEXT, 5)
    raw = base64.b64decode(blob.split()[2])
    assert verifier.seconds_of(TEXT, raw) == 5
    assert other.seconds_of(TEXT, raw) is None


def test_text_that_is_no_plain_checkpoint_is_not_cosigned(cosigner: SubtreeCosigner) -> None:
    for text in ("a\n", TEXT + "extension\n", TEXT[:-1], "x" * 300 + TEXT):
        with pytest.raises(CheckpointError):
            cosigner.line(text, 5)


@pytest.mark.parametrize("seconds", [-1, 1 << 63])
def test_time_beyond_the_format_is_refused(cosigner: SubtreeCosigner, seconds: int) -> None:
    with pytest.raises(ValueError, match="POSIX"):
        cosigner.line(TEXT, seconds)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "n" * 256])
def test_name_that_the_format_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 255"):
        SubtreeCosigner(name, MlDsa44Signer.generate())


def test_verifier_key_is_checked(cosigner: SubtreeCosigner) -> None:
    name, key_hash, key = cosigner.vkey.split("+", 2)
    with pytest.raises(PolicyError):
        SubtreeVerifier.parse(f"{name}+00000000+{key}")
    with pytest.raises(WeakKeyError):
        SubtreeVerifier.parse(f"{name}+{key_hash}+{key[:-8]}")
