"""A checkpoint: the log's origin, its size and its root, as a signed note.

Source: C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint). Extension lines are accepted and
mean nothing here. Does not say whether anyone else saw the same checkpoint: those are
witnesses.
"""

import re
from dataclasses import dataclass

from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.encoding import MAX_INTEGER, decode_base64, encode_base64
from edge.evidence.errors import CheckpointError, EncodingError
from edge.evidence.merkle import EMPTY_ROOT
from edge.evidence.note import NoteSigner, NoteVerifier

__all__ = [
    "Checkpoint",
    "NoteSigner",
    "NoteVerifier",
    "open_checkpoint",
    "parse_checkpoint",
    "sign_checkpoint",
]

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: `size` leaves under `root`; `origin` names the log."""

    origin: str
    size: int
    root: Digest

    def to_text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root.raw)}\n"


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """The signed note. Raises ValueError where the signer is not the log's own."""
    if signer.name != checkpoint.origin:
        message = f"expected signer {checkpoint.origin}, found {signer.name}"
        raise ValueError(message)
    return signer.sign(checkpoint.to_text())


def open_checkpoint(text: str, verifier: NoteVerifier) -> Checkpoint:
    """Check the log's signature and read the checkpoint.

    Raises CheckpointError (LOG_SIG_BAD) where the signature or the form is wrong, or the
    origin is not the verifier's name.
    """
    checkpoint = _read(verifier.open(text))
    if checkpoint.origin != verifier.name:
        raise _bad(f"origin {verifier.name}", checkpoint.origin)
    return checkpoint


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the signed lines alone, without extension lines. Proves nothing.

    Raises CheckpointError for any text but the one that `to_text` gives.
    """
    checkpoint = _read(text)
    if checkpoint.to_text() != text:
        raise _bad("origin, size and root, and no more", "other lines")
    return checkpoint


def _read(text: str) -> Checkpoint:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or any(not line for line in lines):
        raise _bad("origin, size and root", f"{len(lines)} lines")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > MAX_INTEGER:
        raise _bad("a size in decimal", size)
    checkpoint = Checkpoint(origin, int(size), _root(root))
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise _bad(f"root {EMPTY_ROOT} for an empty log", str(checkpoint.root))
    return checkpoint


def _root(line: str) -> Digest:
    try:
        return Digest(decode_base64(line, limit=DIGEST_SIZE))
    except EncodingError as bad:
        raise _bad("a root of 32 bytes in base64", line) from bad


def _bad(expected: str, found: str) -> CheckpointError:
    return CheckpointError("checkpoint", expected=expected, found=found)
