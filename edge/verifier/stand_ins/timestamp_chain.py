"""Whether a time authority's certificate leads to a trusted root, at a given time.

Sources: RFC 5280 section 6 (path validation, without names and policies), RFC 3161 section
2.3 (extended key usage). RSA with PKCS #1 v1.5 and ECDSA over P-256, P-384 and P-521 are
read; other algorithms are refused by name. Does not ask for revocation.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

HASHES: dict[bytes, SHA256 | SHA384 | SHA512] = {
    bytes.fromhex("608648016503040201"): SHA256(),
    bytes.fromhex("608648016503040202"): SHA384(),
    bytes.fromhex("608648016503040203"): SHA512(),
}
_E = TypeVar("_E", bound=x509.ExtensionType)
_LONGEST = 8
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
    }
)


def verify_signature(key: object, signature: bytes, data: bytes, hash_oid: bytes) -> None:
    """Raises InvalidSignature, ValueError for other keys, KeyError for other hashes."""
    algorithm = HASHES[hash_oid]
    if isinstance(key, RSAPublicKey):
        key.verify(signature, data, PKCS1v15(), algorithm)
    elif isinstance(key, EllipticCurvePublicKey):
        key.verify(signature, data, ECDSA(algorithm))
    else:
        message = f"expected an RSA or elliptic-curve key, found {type(key).__name__}"
        raise ValueError(message)  # noqa: TRY004 - what a token holds is a value


def check_usage(leaf: x509.Certificate) -> None:
    """The key is for time stamps, marked as critical, and for nothing else."""
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        message = "expected the critical extended key usage time stamping alone"
        raise ValueError(message)
    key_usage = _find(leaf, x509.KeyUsage)
    if key_usage is not None and not _only_signs(key_usage):
        message = "expected the key usage digital signature or content commitment alone"
        raise ValueError(message)


def check_chain(
    leaf: x509.Certificate,
    known: Sequence[x509.Certificate],
    embedded: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    """A path from `leaf` to a self-signed certificate of `known`; others may stand between."""
    trusted = {it for it in known if it.issuer == it.subject}
    paths: list[list[x509.Certificate]] = [[leaf]]
    reasons: list[str] = []
    while paths:
        path = paths.pop()
        reason = _flaw(path[-1], below=len(path) - 1, at=at)
        if reason is not None:
            reasons.append(reason)
        elif path[-1] in trusted:
            return
        elif len(path) < _LONGEST:
            paths += [[*path, it] for it in _issuers(path, [*known, *embedded])]
    message = reasons[0] if reasons else "expected a chain to a trusted root"
    raise ValueError(message)


def _issuers(
    path: Sequence[x509.Certificate], candidates: Sequence[x509.Certificate]
) -> Iterator[x509.Certificate]:
    for candidate in dict.fromkeys(candidates):
        if candidate in path or candidate.subject != path[-1].issuer:
            continue
        try:
            path[-1].verify_directly_issued_by(candidate)
        except (InvalidSignature, TypeError, ValueError):
            continue
        yield candidate


def _flaw(certificate: x509.Certificate, *, below: int, at: datetime) -> str | None:
    """Why a certificate with `below` others under it does not count; None where it does."""
    name = certificate.subject.rfc4514_string()
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return f"expected a certificate valid at {at}, found {name}"
    if any(it.critical and it.oid not in _UNDERSTOOD for it in certificate.extensions):
        return f"expected known critical extensions, found others in {name}"
    return None if below == 0 else _no_authority(certificate, below=below)


def _no_authority(certificate: x509.Certificate, *, below: int) -> str | None:
    name = certificate.subject.rfc4514_string()
    basic = _find(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        return f"expected a certificate authority, found {name}"
    if basic.path_length is not None and basic.path_length < below - 1:
        return f"expected a shorter chain below {name}"
    usage = _find(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return f"expected a key that signs certificates, found {name}"
    return None


def _find(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _only_signs(usage: x509.KeyUsage) -> bool:
    others = (
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    return (usage.digital_signature or usage.content_commitment) and not any(others)
