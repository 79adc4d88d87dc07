"""Cosignatures: what a witness adds to a checkpoint, and how many of them count.

Source: C2SP tlog-cosignature, the Ed25519 form ``cosignature/v1`` (signature type 0x04). The
signed message covers the time and the whole note text. Does not decide whether to cosign:
that is `witness`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode_base64, encode_base64
from edge.evidence.errors import EncodingError, PolicyError, SignatureError, WeakKeyError
from edge.evidence.note import split_note
from edge.evidence.public_key import PublicKey
from edge.evidence.signers import Ed25519Signer

_TYPE = b"\x04"
_TIME_SIZE = 8
_SIGNATURE_SIZE = 4 + _TIME_SIZE + 64
_LATEST = (1 << 63) - 1
_NAME = re.compile(r"[^+\s]+")
_VKEY = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class Cosigner:
    """Cosigns as `name`; the key signs nothing but cosignatures, for one name only."""

    def __init__(self, name: str, signer: Ed25519Signer) -> None:
        if not _NAME.fullmatch(name):
            message = f"expected a name without white space or +, found {name!r}"
            raise ValueError(message)
        self.name = name
        self._signer = signer
        self._public = PublicKey.from_spki(signer.public)

    @property
    def vkey(self) -> str:
        """The verifier key, "<name>+<8 hex>+<base64 of 0x04 and key>"."""
        return CosignatureVerifier(self.name, self._public).vkey

    def line(self, text: str, seconds: int) -> str:
        """One signature line, newline included, over a note text at POSIX `seconds`."""
        if not 0 <= seconds <= _LATEST:
            message = f"expected POSIX seconds, found {seconds}"
            raise ValueError(message)
        key_hash = CosignatureVerifier(self.name, self._public).key_hash
        signature = self._signer.sign(cosigned_message(text, seconds))
        blob = key_hash + seconds.to_bytes(_TIME_SIZE, "big") + signature
        return f"— {self.name} {encode_base64(blob)}\n"


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """A witness that a policy knows, by name and key."""

    name: str
    public: PublicKey

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key of type 0x04. Raises PolicyError, WeakKeyError."""
        match = _VKEY.fullmatch(vkey)
        if match is None:
            raise PolicyError("vkey", expected="name+hash+key", found=repr(vkey))
        name, stated, encoded = match.groups()
        try:
            key = decode_base64(encoded, limit=4096)
        except EncodingError as bad:
            raise PolicyError("vkey", expected="base64", found=encoded) from bad
        if key[:1] != _TYPE or len(key) != 33:
            found = key[:1].hex()
            raise WeakKeyError("vkey", expected="an Ed25519 cosignature key (04)", found=found)
        verifier = cls(name, PublicKey.from_ed25519(key[1:]))
        if verifier.key_hash.hex() != stated:
            raise PolicyError("vkey hash", expected=verifier.key_hash.hex(), found=stated)
        return verifier

    @property
    def key_hash(self) -> bytes:
        """The first 4 bytes of SHA-256(name || newline || 0x04 || key)."""
        return Digest.of(self.name.encode("utf-8"), b"\n", _TYPE, self.public.raw).raw[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        return f"{self.name}+{self.key_hash.hex()}+{encode_base64(_TYPE + self.public.raw)}"

    def time_of(self, note: str) -> int | None:
        """POSIX seconds of this witness's cosignature of `note`, or None where none holds.

        Where it cosigned more than once, the latest counts. Raises CheckpointError for
        something that is no note.
        """
        text, signatures = split_note(note)
        times = [
            seconds
            for name, blob in signatures
            if name == self.name and blob[:4] == self.key_hash
            if (seconds := self._seconds(text, blob)) is not None
        ]
        return max(times, default=None)

    def _seconds(self, text: str, blob: bytes) -> int | None:
        if len(blob) != _SIGNATURE_SIZE:
            return None
        seconds = int.from_bytes(blob[4 : 4 + _TIME_SIZE], "big")
        if seconds > _LATEST:
            return None
        try:
            self.public.verify(cosigned_message(text, seconds), blob[4 + _TIME_SIZE :])
        except SignatureError:
            return None
        return seconds


def cosigned_message(text: str, seconds: int) -> bytes:
    """The bytes that a cosignature/v1 signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosigned_by(note: str, witnesses: Iterable[CosignatureVerifier]) -> dict[str, int]:
    """Which of these witnesses cosigned `note`, and when (POSIX seconds), by name."""
    times = {witness.name: witness.time_of(note) for witness in witnesses}
    return {name: seconds for name, seconds in times.items() if seconds is not None}
