"""Cosignatures by ML-DSA-44: of a witness, or as the second signature of the log itself.

Source: C2SP tlog-cosignature, signature type 0x06, the form over a whole tree (`start` 0). The
signed message holds signer, time, origin, size and root, and nothing else: a checkpoint with
extension lines is refused, for they would stand unsigned beside what is signed.
"""

import re
from dataclasses import dataclass
from typing import Self

from edge.evidence.checkpoint import Checkpoint, parse_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode_base64
from edge.evidence.errors import CheckpointError, SignatureError
from edge.evidence.mldsa import PUBLIC_SIZE, SIGNATURE_SIZE, MlDsa44Key, MlDsa44Signer
from edge.evidence.note import split_note, split_vkey

TYPE = b"\x06"
_LABEL = b"subtree/v1\n\x00"
_TIME_SIZE = 8
_BLOB_SIZE = 4 + _TIME_SIZE + SIGNATURE_SIZE
_LATEST = (1 << 63) - 1
_LONGEST_NAME = 255


class SubtreeCosigner:
    """Cosigns as `name`. A log that signs so has its origin as the name."""

    def __init__(self, name: str, signer: MlDsa44Signer) -> None:
        if not re.fullmatch(r"[^+\s]+", name) or len(name.encode()) > _LONGEST_NAME:
            message = f"expected 1 to 255 bytes without white space or +, found {name!r}"
            raise ValueError(message)
        self.name = name
        self._signer = signer
        self._verifier = SubtreeVerifier(name, signer.public)

    @property
    def vkey(self) -> str:
        """The verifier key, "<name>+<8 hex>+<base64 of 0x06 and key>"."""
        return self._verifier.vkey

    def line(self, text: str, seconds: int) -> str:
        """One signature line over a checkpoint's text at POSIX `seconds`.

        Raises CheckpointError for a text that is no plain checkpoint.
        """
        if not 0 <= seconds <= _LATEST:
            message = f"expected POSIX seconds, found {seconds}"
            raise ValueError(message)
        signature = self._signer.sign(_message(self.name, seconds, parse_checkpoint(text)))
        blob = self._verifier.key_hash + seconds.to_bytes(_TIME_SIZE, "big") + signature
        return f"— {self.name} {encode_base64(blob)}\n"


@dataclass(frozen=True, slots=True)
class SubtreeVerifier:
    """A witness, or a log's second key, that a policy knows by name and key."""

    name: str
    public: MlDsa44Key

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key of type 0x06. Raises PolicyError, WeakKeyError."""
        name, _, key = split_vkey(vkey, TYPE, PUBLIC_SIZE)
        return cls(name, MlDsa44Key.from_raw(key))

    @property
    def key_hash(self) -> bytes:
        """The first 4 bytes of SHA-256(name || newline || 0x06 || key)."""
        return Digest.of(self.name.encode(), b"\n", TYPE, self.public.raw).raw[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        return f"{self.name}+{self.key_hash.hex()}+{encode_base64(TYPE + self.public.raw)}"

    def time_of(self, note: str) -> int | None:
        """POSIX seconds of the latest signature of `note` that holds, or None.

        Raises CheckpointError for something that is no note.
        """
        text, signatures = split_note(note)
        mine = [blob for name, blob in signatures if name == self.name]
        times = [self.seconds_of(text, blob) for blob in mine if blob[:4] == self.key_hash]
        return max((seconds for seconds in times if seconds is not None), default=None)

    def seconds_of(self, text: str, blob: bytes) -> int | None:
        """POSIX seconds of one signature (key hash and all), or None where it does not hold."""
        seconds = int.from_bytes(blob[4 : 4 + _TIME_SIZE], "big")
        if len(blob) != _BLOB_SIZE or seconds > _LATEST:
            return None
        try:
            message = _message(self.name, seconds, parse_checkpoint(text))
            self.public.verify(message, blob[4 + _TIME_SIZE :])
        except (CheckpointError, SignatureError):
            return None
        return seconds


def _message(name: str, seconds: int, checkpoint: Checkpoint) -> bytes:
    """`cosigned_message` over the whole tree: start is 0, end the size."""
    tree = (0).to_bytes(8, "big") + checkpoint.size.to_bytes(8, "big") + checkpoint.root.raw
    return b"".join(
        [_LABEL, _opaque(name), seconds.to_bytes(8, "big"), _opaque(checkpoint.origin), tree]
    )


def _opaque(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > _LONGEST_NAME:
        raise CheckpointError("origin", expected="at most 255 bytes", found=len(raw))
    return len(raw).to_bytes(1, "big") + raw
