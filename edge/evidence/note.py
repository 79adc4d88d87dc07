"""Signed notes: a text, and lines of signatures by named keys.

Source: C2SP signed-note (c2sp.org/signed-note), signature type 0x01 (Ed25519 over the
text). Signatures by other keys are passed over, as the format demands. Says nothing about
what the text means.
"""

import re
from dataclasses import dataclass
from typing import Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode_base64, encode_base64
from edge.evidence.errors import (
    CheckpointError,
    EncodingError,
    PolicyError,
    SignatureError,
    WeakKeyError,
)
from edge.evidence.public_key import PublicKey
from edge.evidence.signers import Ed25519Signer

NOTE_LIMIT = 65_536
"""The most characters of a note."""

_ED25519_TYPE = b"\x01"
_MOST_SIGNATURES = 64
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_VKEY = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class NoteSigner:
    """Signs notes as `name`: not empty, without white space and `+`."""

    def __init__(self, name: str, signer: Ed25519Signer) -> None:
        if not re.fullmatch(r"[^+\s]+", name):
            message = f"expected a name without white space or +, found {name!r}"
            raise ValueError(message)
        self.name = name
        self._signer = signer
        self._public = PublicKey.from_spki(signer.public)

    @property
    def vkey(self) -> str:
        """The verifier key, "<name>+<8 hex>+<base64 of type and key>"."""
        key = _ED25519_TYPE + self._public.raw
        return f"{self.name}+{_key_hash(self.name, key).hex()}+{encode_base64(key)}"

    def sign(self, text: str) -> str:
        """The note: `text`, which ends in a newline, and one signature line."""
        _check_text(text)
        key_hash = _key_hash(self.name, _ED25519_TYPE + self._public.raw)
        signature = key_hash + self._signer.sign(text.encode("utf-8"))
        return f"{text}\n— {self.name} {encode_base64(signature)}\n"


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """Whose signature counts; make it with `parse`."""

    name: str
    key_hash: bytes
    public: PublicKey

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key. Raises PolicyError, or WeakKeyError for a weak key."""
        name, key_hash, key = split_vkey(vkey, _ED25519_TYPE, 32)
        return cls(name, key_hash, PublicKey.from_ed25519(key))

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        key = encode_base64(_ED25519_TYPE + self.public.raw)
        return f"{self.name}+{self.key_hash.hex()}+{key}"

    def open(self, note: str) -> str:
        """The note's text, where this verifier's signature on it holds.

        Raises CheckpointError (LOG_SIG_BAD) for a malformed note, a missing signature
        or a wrong one.
        """
        text, signatures = split_note(note)
        mine = [s for n, s in signatures if n == self.name and s[:4] == self.key_hash]
        if not mine:
            signed = ", ".join(name for name, _ in signatures)
            raise _bad(f"a signature by {self.name}+{self.key_hash.hex()}", signed)
        for signature in mine:
            try:
                self.public.verify(text.encode("utf-8"), signature[4:])
            except SignatureError as bad:
                raise _bad(f"a signature by {self.name} over this text", "a wrong one") from bad
        return text


def split_vkey(vkey: str, kind: bytes, size: int) -> tuple[str, bytes, bytes]:
    """Name, key hash and key (of `size` bytes) of a verifier key of type `kind`.

    Raises PolicyError, or WeakKeyError for another type or size. Whether the key is a good
    one is not looked at.
    """
    match = _VKEY.fullmatch(vkey)
    if match is None:
        raise PolicyError("vkey", expected="name+hash+key", found=repr(vkey))
    name, stated, encoded = match.groups()
    try:
        key = decode_base64(encoded, limit=4096)
    except EncodingError as bad:
        raise PolicyError("vkey", expected="base64", found=encoded) from bad
    if key[:1] != kind or len(key) != 1 + size:
        expected = f"a key of type {kind.hex()} and {size} bytes"
        raise WeakKeyError("vkey", expected=expected, found=f"type {key[:1].hex()}, {len(key) - 1}")
    key_hash = _key_hash(name, key)
    if key_hash.hex() != stated:
        raise PolicyError("vkey hash", expected=key_hash.hex(), found=stated)
    return name, key_hash, key[1:]


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and (name, key hash and signature) of each line. Nothing is verified.

    Raises CheckpointError for something that is no note.
    """
    if len(note) > NOTE_LIMIT:
        raise _bad(f"at most {NOTE_LIMIT} characters", str(len(note)))
    head, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise _bad("a text, an empty line and signature lines", "something else")
    text = head + "\n"
    lines = tail[:-1].split("\n")
    try:
        _check_text(text)
    except ValueError as bad:
        raise _bad("printable lines", str(bad)) from bad
    if len(lines) > _MOST_SIGNATURES:
        raise _bad(f"at most {_MOST_SIGNATURES} signatures", str(len(lines)))
    return text, [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if match is None or "+" in match[1]:
        raise _bad("— name base64", line)
    try:
        signature = decode_base64(match[2], limit=8192)
    except EncodingError as bad:
        raise _bad("base64", match[2]) from bad
    if len(signature) < 5:
        raise _bad("a key hash and a signature", f"{len(signature)} bytes")
    return match[1], signature


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        message = "expected text that ends in a newline"
        raise ValueError(message)
    if any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in text):
        message = "expected no control characters"
        raise ValueError(message)


def _key_hash(name: str, key: bytes) -> bytes:
    return Digest.of(name.encode("utf-8"), b"\n", key).raw[:4]


def _bad(expected: str, found: str) -> CheckpointError:
    return CheckpointError("note", expected=expected, found=found)
