"""`dock-agent enrol`: a new station makes its own keys, and central admits them.

    OUT/station.toml   configuration            OUT/tls/     certificate, key, authority
    OUT/identity.pem   the station's P-256 key  OUT/trust/   policy.json, keys/central.json
    OUT/witness.json   its key as a witness

1. Keys are made and on disk, or are those of an earlier try. 2. Central's authority is the one
that the token names; from here on TLS is verified against it. 3. Token, root request,
certificate request and witness key go out. 4. What comes back fits what was sent. 5. It is
written; station.toml last: a station that has one is whole. No private key leaves this machine.
"""

import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from dock_agent.errors import AgentError
from edge import durable
from edge.evidence.errors import EvidenceError
from edge.evidence.policy import TrustPolicy
from edge.evidence.signers import EcdsaP256Signer
from edge.evidence.statement import STATION
from edge.root_request import RootRequest
from edge.witness.keys import WitnessKeys, read_keys, write_keys

_SECONDS = 30.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}\.[0-9a-f]{64}")
_ANSWER = ("certificate", "ca", "policy", "central", "config")


class EnrolmentError(AgentError):
    """Central did not admit this station, or is not the one that the token names."""

    code = "ENROLMENT_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is to enrol where: `origin` is the name of central's log."""

    url: str
    token: str
    station: str
    origin: str


@dataclass(frozen=True, slots=True)
class _Keys:
    identity: EcdsaP256Signer
    tls: EllipticCurvePrivateKey
    witness: WitnessKeys


def enrol(invited: Invitation, out: Path) -> str:
    """Enrol, and return the fingerprint of the identity for the person at the root.

    Raises EnrolmentError. The same token again with the same folder goes on where it ended.
    """
    if not _TOKEN.fullmatch(invited.token):
        raise EnrolmentError(expected="a token of `central enrol --token`", found="other text")
    if (out / "station.toml").exists():
        raise EnrolmentError(expected=f"{out} without a station", found="station.toml")
    keys = _keys(invited, out)  # 1
    request = RootRequest.enrol(STATION, invited.station, keys.identity)
    asked = {
        "token": invited.token,
        "request": request.to_bytes(keys.identity).decode(),
        "csr": _certificate_request(invited.station, keys.tls),
        "witness": keys.witness.vkeys[0],
    }
    answer = _ask(invited, asked, _authority(invited))  # 2, 3
    _check(answer, keys)  # 4
    _write(answer, out)  # 5
    return request.fingerprint


def _keys(invited: Invitation, out: Path) -> _Keys:
    identity, tls, witness = out / "identity.pem", out / "tls" / "station.key", out / "witness.json"
    durable.make_folder(out, mode=0o700)
    durable.make_folder(tls.parent)
    if not identity.exists():
        durable.write_once(identity, EcdsaP256Signer.generate().to_pem(), mode=0o600)
    if not tls.exists():
        made = generate_private_key(SECP256R1())
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        durable.write_once(tls, pem, mode=0o600)
    if not witness.exists():
        name = f"{invited.origin}/witness/{invited.station}"
        write_keys(witness, WitnessKeys.generate(name))
    key = load_pem_private_key(tls.read_bytes(), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise EnrolmentError(expected=f"a P-256 key in {tls}", found=type(key).__name__)
    return _Keys(EcdsaP256Signer.from_pem(identity.read_bytes()), key, read_keys(witness))


def _certificate_request(station: str, key: EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, station)])
    built = x509.CertificateSigningRequestBuilder().subject_name(name)
    return built.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def _authority(invited: Invitation) -> str:
    """Step 2: fetched over unverified TLS, and believed because the token has its digest."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    pem = _talk(invited, "GET", "/enrol/v1/ca", blind, None)
    try:
        found = x509.load_pem_x509_certificate(pem).fingerprint(SHA256()).hex()
    except ValueError as bad:
        raise EnrolmentError(expected="a certificate of central's authority", found="none") from bad
    wanted = invited.token.rpartition(".")[2]
    if found != wanted:
        raise EnrolmentError(
            code="CENTRAL_UNTRUSTED", expected=f"authority {wanted}", found=f"authority {found}"
        )
    return pem.decode()


def _ask(invited: Invitation, asked: dict[str, str], ca: str) -> dict[str, Any]:
    raw = json.dumps(asked).encode()
    context = ssl.create_default_context(cadata=ca)
    answer = json.loads(_talk(invited, "POST", "/enrol/v1/stations", context, raw))
    if not isinstance(answer, dict) or not all(isinstance(answer.get(it), str) for it in _ANSWER):
        raise EnrolmentError(expected=", ".join(_ANSWER), found="another answer")
    if answer["ca"] != ca:
        raise EnrolmentError(expected="the authority of the token", found="another one")
    return answer


def _talk(
    invited: Invitation, method: str, path: str, tls: ssl.SSLContext, body: bytes | None
) -> bytes:
    try:
        with httpx.Client(verify=tls, timeout=_SECONDS, trust_env=False) as client:
            response = client.request(method, invited.url.rstrip("/") + path, content=body)
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise EnrolmentError(
            code="CENTRAL_UNREACHABLE", expected=f"an answer of {invited.url}", found=str(failure)
        ) from failure
    if not response.is_success:
        found = f"{response.status_code} {response.text[:500]}"
        raise EnrolmentError(expected="central to admit this station", found=found)
    return response.content


def _check(answer: dict[str, Any], keys: _Keys) -> None:
    try:
        certificate = x509.load_pem_x509_certificate(answer["certificate"].encode())
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(answer["ca"].encode()))
        TrustPolicy.parse(answer["policy"].encode())
    except (ValueError, TypeError, EvidenceError) as bad:
        expected = "a certificate of the authority, and a trust policy"
        raise EnrolmentError(expected=expected, found=str(bad)) from bad
    if certificate.public_key() != keys.tls.public_key():
        raise EnrolmentError(expected="a certificate for this station's key", found="another key")


def _write(answer: dict[str, Any], out: Path) -> None:
    files = {
        out / "tls" / "station.pem": "certificate",
        out / "tls" / "ca.pem": "ca",
        out / "trust" / "policy.json": "policy",
        out / "trust" / "keys" / "central.json": "central",
        out / "station.toml": "config",
    }
    for path, member in files.items():
        durable.make_folder(path.parent)
        durable.replace(path, answer[member].encode())
