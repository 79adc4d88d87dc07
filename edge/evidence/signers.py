"""What can sign: Ed25519 and P-256 private keys held in memory.

A hardware key is another class with the same four members. Private keys come and go as
PEM bytes (PKCS #8, RFC 5208, not encrypted); where they lie and who may read them is the
caller's business.
"""

from typing import Protocol, Self

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.evidence.digest import Digest
from edge.evidence.errors import WeakKeyError
from edge.evidence.public_key import ECDSA_P256, ED25519, spki_of


class Signer(Protocol):
    """A private key, wherever it lives."""

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of `public`."""

    @property
    def algorithm(self) -> str:
        """``ed25519`` or ``ecdsa-p256-sha256``."""

    @property
    def public(self) -> bytes:
        """SubjectPublicKeyInfo DER."""

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`: 64 bytes for Ed25519, DER for ECDSA."""


class Ed25519Signer:
    """RFC 8032 Ed25519; signatures are 64 bytes."""

    algorithm = ED25519

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = spki_of(key.public_key())
        self.keyid = str(Digest.of(self.public))

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's random source."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read PKCS #8 PEM. Raises WeakKeyError for anything but Ed25519."""
        key = _load(pem)
        if not isinstance(key, Ed25519PrivateKey):
            raise _other_kind(ED25519, key)
        return cls(key)

    def to_pem(self) -> bytes:
        """PKCS #8 PEM, not encrypted."""
        return _pem(self._key)

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(data)


class EcdsaP256Signer:
    """FIPS 186-5 ECDSA over P-256 with SHA-256; signatures are DER (RFC 3279)."""

    algorithm = ECDSA_P256

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        if not isinstance(key.curve, SECP256R1):
            raise WeakKeyError("private key", expected="P-256", found=key.curve.name)
        self._key = key
        self.public = spki_of(key.public_key())
        self.keyid = str(Digest.of(self.public))

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's random source."""
        return cls(generate_private_key(SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read PKCS #8 PEM. Raises WeakKeyError for anything but P-256."""
        key = _load(pem)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise _other_kind(ECDSA_P256, key)
        return cls(key)

    def to_pem(self) -> bytes:
        """PKCS #8 PEM, not encrypted."""
        return _pem(self._key)

    def sign(self, data: bytes) -> bytes:
        """DER, 70 to 72 bytes."""
        return self._key.sign(data, ECDSA(SHA256()))


def _load(pem: bytes) -> object:
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as bad:
        raise WeakKeyError(
            "private key", expected="unencrypted PKCS #8 PEM", found="other bytes"
        ) from bad


def _pem(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _other_kind(expected: str, key: object) -> WeakKeyError:
    return WeakKeyError("private key", expected=expected, found=type(key).__name__)
