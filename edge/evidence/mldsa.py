"""ML-DSA-44 keys: signatures that a quantum computer does not forge.

Source: FIPS 204, parameter set ML-DSA-44, pure form with an empty context. A public key is its
1,312 raw bytes, a signature has 2,420. Used beside Ed25519, never in its place. Needs a
`cryptography` whose OpenSSL knows ML-DSA; where it does not, keys are refused by name.
"""

from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.evidence.errors import SignatureError, WeakKeyError

PUBLIC_SIZE = 1312
SIGNATURE_SIZE = 2420


@dataclass(frozen=True, slots=True)
class MlDsa44Key:
    """A public key; make it with `from_raw`."""

    raw: bytes

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """Read the raw key. Raises WeakKeyError for other bytes, or where nothing can verify."""
        try:
            MLDSA44PublicKey.from_public_bytes(raw)
        except (ValueError, UnsupportedAlgorithm) as bad:
            expected = f"an ML-DSA-44 key of {PUBLIC_SIZE} bytes, and an OpenSSL that knows them"
            raise WeakKeyError("public key", expected=expected, found=f"{len(raw)} bytes") from bad
        return cls(raw)

    def verify(self, data: bytes, signature: bytes) -> None:
        """Raise SignatureError (SIG_BAD) unless `signature` is over exactly `data`."""
        try:
            MLDSA44PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except (InvalidSignature, ValueError) as bad:
            expected = f"an ML-DSA-44 signature over these {len(data)} bytes"
            found = "one that does not verify"
            raise SignatureError("signature", expected=expected, found=found) from bad


class MlDsa44Signer:
    """A private key in memory; PEM (PKCS #8, RFC 9881) in and out, not encrypted."""

    def __init__(self, key: MLDSA44PrivateKey) -> None:
        self._key = key
        self.public = MlDsa44Key(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's random source."""
        return cls(MLDSA44PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read PKCS #8 PEM. Raises WeakKeyError for anything but ML-DSA-44."""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as bad:
            raise _other("bytes that are none") from bad
        if not isinstance(key, MLDSA44PrivateKey):
            raise _other(type(key).__name__)
        return cls(key)

    def to_pem(self) -> bytes:
        """PKCS #8 PEM, not encrypted."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, data: bytes) -> bytes:
        """2,420 bytes."""
        return self._key.sign(data)


def _other(found: str) -> WeakKeyError:
    return WeakKeyError("private key", expected="an ML-DSA-44 key in PKCS #8 PEM", found=found)
