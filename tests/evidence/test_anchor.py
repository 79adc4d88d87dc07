"""Time stamps count from the pinned authority only: vectors of others, and a real local TSA."""

import base64
import re
import shutil
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    decode_timestamp_response,
)

from edge.evidence import anchor
from edge.evidence.anchor import TOKEN_LIMIT, TimeAuthority, request, verify_anchor
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.errors import AnchorError, PolicyError
from tests.evidence.tsa import LocalTsa
from tests.evidence.vectors import VECTORS

SETS = VECTORS / "rfc3161"
TEXT = Checkpoint("log.test/one", 3, Digest.of(b"root")).to_text()

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa.make(tmp_path_factory.mktemp("tsa") / "honest")


@pytest.fixture(scope="module")
def token(tsa: LocalTsa) -> bytes:
    return tsa.reply(request(TEXT))


def authority(name: str) -> TimeAuthority:
    """The chain of a set of vectors: its leaf pinned."""
    raw = (SETS / name / "ts_chain.pem").read_bytes()
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END", raw, re.DOTALL)
    chain = [x509.load_der_x509_certificate(base64.b64decode(block)) for block in blocks]
    chain.sort(key=lambda certificate: certificate.issuer == certificate.subject)
    return TimeAuthority(name, chain[0], tuple(chain[1:]))


# Vectors


@pytest.mark.parametrize(
    ("path", "year"),
    [
        ("sigstage/response-sha256.tsr", "2025"),
        ("sigstage/response-sha384.tsr", "2025"),
        ("sigstage/response-sha512.tsr", "2025"),
        ("sigstage/response-no-embedded-cert.tsr", "2025"),
        ("test_tsa/response.tsr", "2024"),
        ("test_tsa/response-injected-certs.tsr", "2024"),  # idle extras under other numbers
    ],
)
def test_vector_holds_over_its_text_and_no_other(path: str, year: str) -> None:
    pinned = authority(path.split("/", maxsplit=1)[0])
    raw = (SETS / path).read_bytes()
    assert str(verify_anchor(raw, "hello", [pinned]).at).startswith(year)
    with pytest.raises(AnchorError, match="Mismatch between messages"):
        verify_anchor(raw, "hello!", [pinned])


@pytest.mark.parametrize(
    "path",
    [
        "sigstage/response-invalid-signature.tsr",
        "test_tsa/other_response.tsr",
        "sigstore.mock/response-expired.tsr",
    ],
)
def test_bad_vector_is_refused(path: str) -> None:
    with pytest.raises(AnchorError) as bad:
        verify_anchor(
            (SETS / path).read_bytes(), "hello", [authority(path.split("/", maxsplit=1)[0])]
        )
    assert bad.value.code == "TSA_BAD"


def test_root_in_place_of_the_signer_pins_nothing() -> None:
    """IdenTrust's set has only the root: the signer has to be pinned itself."""
    root = x509.load_der_x509_certificate((SETS / "identrust" / "ts_chain.pem").read_bytes())
    raw = (SETS / "identrust" / "issue-104.tsr").read_bytes()
    with pytest.raises(AnchorError, match="a signer of the policy"):
        verify_anchor(raw, "hello", [TimeAuthority("root", root)])


def test_vectors_are_those_of_one_authority_each() -> None:
    raw = (SETS / "sigstage" / "response-sha256.tsr").read_bytes()
    with pytest.raises(AnchorError, match="a signer of the policy"):
        verify_anchor(raw, "hello", [authority("test_tsa")])
    both = [authority("test_tsa"), authority("sigstage")]
    assert verify_anchor(raw, "hello", both).authority == "sigstage"


# A real authority


def asking_for_certificates() -> bytes:
    return TimestampRequestBuilder(TEXT.encode(), HashAlgorithm.SHA256).build().as_bytes()


def test_token_of_the_pinned_authority_holds_here_and_for_openssl(
    tsa: LocalTsa, token: bytes
) -> None:
    held = verify_anchor(token, TEXT, [tsa.authority()])
    assert (held.authority, held.serial) == ("Test TSA", 2)
    assert tsa.verifies(token, TEXT.encode())
    assert not tsa.verifies(token, b"other")


def test_authority_may_be_given_as_base64_of_der(tsa: LocalTsa, token: bytes) -> None:
    entry = tsa.entry()
    pem = x509.load_pem_x509_certificate(str(entry["certificate"]).encode())
    entry["certificate"] = base64.b64encode(pem.public_bytes(Encoding.DER)).decode()
    assert verify_anchor(token, TEXT, [TimeAuthority.parse(entry)])


def test_forged_token_whose_ca_is_embedded_is_refused(tsa: LocalTsa, tmp_path: Path) -> None:
    """Same names, same serial number, a chain that holds in itself: only not the pinned one."""
    forger = LocalTsa.make(tmp_path / "forger")
    both = tmp_path / "both.pem"
    both.write_bytes((forger.folder / "ca.pem").read_bytes())
    forged = forger.reply(asking_for_certificates(), embed=both)
    embedded = decode_timestamp_response(forged).signed_data.certificates
    assert len(embedded) == 2
    assert forger.verifies(forged, TEXT.encode())
    with pytest.raises(AnchorError, match="another one under its issuer and number"):
        verify_anchor(forged, TEXT, [tsa.authority()])


def test_forged_token_with_the_pinned_certificate_beside_its_own_is_refused(
    tsa: LocalTsa, tmp_path: Path
) -> None:
    forger = LocalTsa.make(tmp_path / "forger")
    both = tmp_path / "both.pem"
    parts = [forger.folder / "ca.pem", tsa.folder / "tsa.pem", tsa.folder / "ca.pem"]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    forged = forger.reply(asking_for_certificates(), embed=both)
    with pytest.raises(AnchorError):
        verify_anchor(forged, TEXT, [tsa.authority()])


def test_forged_token_without_any_certificate_is_refused(tsa: LocalTsa, tmp_path: Path) -> None:
    """Nothing to compare, so the signature itself has to be the pinned key's."""
    forger = LocalTsa.make(tmp_path / "forger")
    raw = forger.reply(request(TEXT))
    assert not decode_timestamp_response(raw).signed_data.certificates
    with pytest.raises(AnchorError):
        verify_anchor(raw, TEXT, [tsa.authority()])
    assert verify_anchor(raw, TEXT, [forger.authority()])


def test_authority_that_may_not_stamp_time_is_refused(tmp_path: Path) -> None:
    """OpenSSL does not even sign with such a certificate; a forger's program would."""
    other = LocalTsa.make(tmp_path / "other", usage="critical, timeStamping")
    wrong = LocalTsa.make(tmp_path / "wrong", usage="critical, codeSigning")
    token = other.reply(request(TEXT))
    with pytest.raises(AnchorError):
        verify_anchor(token, TEXT, [wrong.authority()])


def test_authority_without_its_chain_is_not_enough(tsa: LocalTsa, token: bytes) -> None:
    entry = tsa.entry()
    del entry["chain"]
    with pytest.raises(AnchorError, match="certificates"):
        verify_anchor(token, TEXT, [TimeAuthority.parse(entry)])


def test_no_flipped_byte_changes_what_a_token_says(tsa: LocalTsa, token: bytes) -> None:
    """CMS leaves a few bytes unsigned, such as versions; a package's manifest covers those."""
    pinned = [tsa.authority()]
    held = verify_anchor(token, TEXT, pinned)
    unsigned = []
    for at in range(len(token)):
        other = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
        try:
            found = verify_anchor(other, TEXT, pinned)
        except AnchorError:
            continue
        assert found == held
        unsigned.append(at)
    assert len(unsigned) < 20


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_bytes_make_it_fall_over(tsa: LocalTsa, token: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(token) - 1))
    end = data.draw(st.integers(at, min(len(token), at + 30)))
    forged = token[:at] + data.draw(st.binary(max_size=30)) + token[end:]
    try:
        held = verify_anchor(forged, TEXT, [tsa.authority()])
    except AnchorError:
        return
    assert held == verify_anchor(token, TEXT, [tsa.authority()])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"0",
        bytes(TOKEN_LIMIT + 1),
        bytes.fromhex("30053003020102"),  # rejected: no token in it
        bytes.fromhex("30053003020100"),  # granted, and no token in it
    ],
)
def test_what_is_no_token_is_refused(tsa: LocalTsa, raw: bytes) -> None:
    with pytest.raises(AnchorError):
        verify_anchor(raw, TEXT, [tsa.authority()])


def test_interruption_is_no_verdict(
    tsa: LocalTsa, token: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(raw: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(anchor, "decode_timestamp_response", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify_anchor(token, TEXT, [tsa.authority()])


# The policy's entry


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": 1},
        {"certificate": ""},
        {"certificate": 1},
        {"certificate": "!"},
        {"certificate": "-----BEGIN CERTIFICATE-----\n"},
        {"certificate": "A" * 40_000},
        {"chain": "a"},
        {"chain": ["a"]},
        {"chain": ["a"] * 9},
        {"later": 1},
    ],
    ids=lambda it: str(it)[:40],
)
def test_entry_that_cannot_be_used_is_refused(tsa: LocalTsa, changes: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        TimeAuthority.parse(tsa.entry() | changes)
    with pytest.raises(PolicyError):
        TimeAuthority.parse("text")
