"""Cosignatures: what a witness adds to a checkpoint, and how many of them count.

Source: C2SP tlog-cosignature, the Ed25519 form ``cosignature/v1`` (signature type 0x04). The
signed message covers the time and the whole note text. Does not decide whether to cosign:
that is `witness`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode_base64
from edge.evidence.errors import SignatureError
from edge.evidence.note import split_note, split_vkey
from edge.evidence.public_key import PublicKey
from edge.evidence.signers import Ed25519Signer

TYPE = b"\x04"
_TIME_SIZE = 8
_SIGNATURE_SIZE = 4 + _TIME_SIZE + 64
_LATEST = (1 << 63) - 1
_NAME = re.compile(r"[^+\s]+")


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
        name, _, key = split_vkey(vkey, TYPE, 32)
        return cls(name, PublicKey.from_ed25519(key))

    @property
    def key_hash(self) -> bytes:
        """The first 4 bytes of SHA-256(name || newline || 0x04 || key)."""
        return Digest.of(self.name.encode("utf-8"), b"\n", TYPE, self.public.raw).raw[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        return f"{self.name}+{self.key_hash.hex()}+{encode_base64(TYPE + self.public.raw)}"

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
            if (seconds := self.seconds_of(text, blob)) is not None
        ]
        return max(times, default=None)

    def seconds_of(self, text: str, blob: bytes) -> int | None:
        """POSIX seconds of one signature (key hash and all), or None where it does not hold."""
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


class WitnessKey(Protocol):
    """What a policy knows of a witness: this form, or that of `subtree_cosignature`."""

    @property
    def name(self) -> str:
        """The witness's name, as in its signature lines."""

    @property
    def key_hash(self) -> bytes:
        """Four bytes that, with the name, say which lines are its own."""

    def time_of(self, note: str) -> int | None:
        """POSIX seconds of its latest signature of `note` that holds, or None."""


def cosigned_by(note: str, witnesses: Iterable[WitnessKey]) -> dict[str, int]:
    """Which of these witnesses cosigned `note`, and when (POSIX seconds), by name.

    A witness with several keys counts once, with the latest time.
    """
    found: dict[str, int] = {}
    for witness in witnesses:
        seconds = witness.time_of(note)
        if seconds is not None:
            found[witness.name] = max(seconds, found.get(witness.name, seconds))
    return found
