"""A public key that was checked when it was read: Ed25519, or ECDSA over P-256.

Sources: RFC 5280 (SubjectPublicKeyInfo), RFC 8410 and RFC 8032 (Ed25519), RFC 5480 and
FIPS 186-5 (P-256, SHA-256, DER signatures). Says nothing about whose key it is.
"""

from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from edge.evidence.curve25519 import weakness_of
from edge.evidence.digest import Digest
from edge.evidence.errors import SignatureError, WeakKeyError

ED25519 = "ed25519"
ECDSA_P256 = "ecdsa-p256-sha256"

_Key = Ed25519PublicKey | EllipticCurvePublicKey


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """A usable public key; make it with `from_spki`."""

    algorithm: str
    spki: bytes
    _key: _Key

    @classmethod
    def from_spki(cls, der: bytes) -> Self:
        """Read SubjectPublicKeyInfo DER.

        Raises WeakKeyError (KEY_WEAK) for other algorithms and curves, DER that is not
        the one canonical spelling, and Ed25519 points that are not in the prime-order
        subgroup, of low order, or not canonical.
        """
        try:
            key = load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm) as bad:
            raise _weak("SubjectPublicKeyInfo DER", "bytes that are none") from bad
        if isinstance(key, Ed25519PublicKey):
            return cls._ed25519(der, key)
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            _refuse_other_spelling(der, key)
            return cls(ECDSA_P256, der, key)
        raise _weak("Ed25519 or P-256", type(key).__name__)

    @classmethod
    def from_ed25519(cls, raw: bytes) -> Self:
        """Read the 32 bytes of RFC 8032. Raises WeakKeyError."""
        if len(raw) != 32:
            raise _weak("32 bytes", str(len(raw)))
        key = Ed25519PublicKey.from_public_bytes(raw)
        return cls._ed25519(spki_of(key), key)

    @classmethod
    def _ed25519(cls, der: bytes, key: Ed25519PublicKey) -> Self:
        _refuse_other_spelling(der, key)
        weakness = weakness_of(key.public_bytes_raw())
        if weakness is not None:
            raise _weak("an Ed25519 key of prime order", weakness)
        return cls(ED25519, der, key)

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the SubjectPublicKeyInfo DER."""
        return str(Digest.of(self.spki))

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key. Raises WeakKeyError for other kinds."""
        if not isinstance(self._key, Ed25519PublicKey):
            raise _weak(ED25519, self.algorithm)
        return self._key.public_bytes_raw()

    def verify(self, data: bytes, signature: bytes) -> None:
        """Raise SignatureError (SIG_BAD) unless `signature` is over exactly `data`."""
        try:
            if isinstance(self._key, Ed25519PublicKey):
                self._key.verify(signature, data)
            else:
                self._key.verify(signature, data, ECDSA(SHA256()))
        except InvalidSignature as bad:
            raise SignatureError(
                "signature",
                expected=f"one by key {self.keyid} over these {len(data)} bytes",
                found="one that does not verify",
                keyid=self.keyid,
            ) from bad

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)


def spki_of(key: _Key) -> bytes:
    """The SubjectPublicKeyInfo DER of a key."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _refuse_other_spelling(der: bytes, key: _Key) -> None:
    """A key has one keyid only if it has one spelling."""
    if spki_of(key) != der:
        raise _weak("canonical SubjectPublicKeyInfo DER", "another spelling")


def _weak(expected: str, found: str) -> WeakKeyError:
    return WeakKeyError("public key", expected=expected, found=found)
