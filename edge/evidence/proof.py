"""Offline log proofs as text, after c2sp.org/tlog-proof@v1.

A proof carries a leaf's index, its inclusion path and the checkpoint it leads to, verbatim.
Reading one proves nothing: the caller checks the checkpoint's signature and the path. The
optional ``extra`` line is unauthenticated; it is skipped, and never written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.encoding import decode_base64, encode_base64
from edge.evidence.errors import EncodingError, ProofError

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "
_INDEX_DIGITS = 16
_PATH_LIMIT = 64


@dataclass(frozen=True, slots=True)
class LogProof:
    """What a proof file claims."""

    index: int
    path: tuple[Digest, ...]
    checkpoint: str


def format_proof(index: int, path: Sequence[Digest], checkpoint: str) -> str:
    """The text of a proof; `checkpoint` is a signed note and goes in as it is."""
    hashes = [encode_base64(node.raw) for node in path]
    return "\n".join([_HEADER, f"{_INDEX}{index}", *hashes, "", checkpoint])


def parse_proof(text: str) -> LogProof:
    """Read a proof. Raises ProofError where the text is no such proof."""
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != _HEADER:
        raise _malformed("a tlog-proof@v1", head)
    if lines and lines[0].startswith(_EXTRA):
        _decoded(lines.pop(0).removeprefix(_EXTRA))
    if not lines:
        raise _malformed("a line with the index", "none")
    index = _index(lines.pop(0))
    if len(lines) > _PATH_LIMIT:
        raise _malformed(f"at most {_PATH_LIMIT} hashes", str(len(lines)))
    return LogProof(index, tuple(_hash(line) for line in lines), checkpoint)


def _index(line: str) -> int:
    digits = line.removeprefix(_INDEX)
    plain = digits.isascii() and digits.isdigit() and len(digits) <= _INDEX_DIGITS
    if line == digits or not plain or str(int(digits)) != digits:
        raise _malformed("index <decimal>", line)
    return int(digits)


def _hash(line: str) -> Digest:
    raw = _decoded(line)
    if len(raw) != DIGEST_SIZE:
        raise _malformed(f"a hash of {DIGEST_SIZE} bytes", line)
    return Digest(raw)


def _decoded(line: str) -> bytes:
    try:
        return decode_base64(line)
    except EncodingError as bad:
        raise _malformed("canonical base64", line) from bad


def _malformed(expected: str, found: str) -> ProofError:
    return ProofError("log proof", expected=expected, found=found)
