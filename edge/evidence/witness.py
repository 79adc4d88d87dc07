"""The one decision of a witness: whether a checkpoint continues what it has seen.

Source: C2SP tlog-witness, `add-checkpoint`. Pure: what was seen and the time are arguments.
A decision that its caller did not store before answering was not made: see `edge.witness`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from edge.evidence.checkpoint import Checkpoint, open_checkpoint
from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.encoding import decode_base64, encode_base64
from edge.evidence.errors import CheckpointError, EncodingError, InconsistentLogError
from edge.evidence.merkle import EMPTY_ROOT, verify_consistency
from edge.evidence.note import NOTE_LIMIT, NoteVerifier, split_note

REQUEST_LIMIT = NOTE_LIMIT + 4096
"""The most bytes of a request."""

_MOST_PROOF_LINES = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


class Cosigns(Protocol):
    """One or more keys of one witness."""

    def line(self, text: str, seconds: int) -> str:
        """Signature lines over a note's text at POSIX `seconds`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest state of one log that a witness cosigned; nothing yet is size 0."""

    size: int = 0
    root: Digest = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness agrees: store `seen` of `origin`, and only then answer `line`."""

    origin: str
    seen: Seen
    line: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The witness does not agree: `status` and `body` are those of tlog-witness (HTTP)."""

    status: int
    code: str
    body: str

    @property
    def content_type(self) -> str:
        """``text/x.tlog.size`` where the body is the size that the witness is at."""
        return "text/x.tlog.size" if self.code == "OLD_SIZE_STALE" else "text/plain"


@dataclass(frozen=True, slots=True)
class Request:
    """An `add-checkpoint` request, parsed; nothing is verified yet."""

    old: int
    proof: tuple[Digest, ...]
    note: str

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a request. Raises CheckpointError for anything that is none."""
        if len(raw) > REQUEST_LIMIT:
            raise _bad(f"at most {REQUEST_LIMIT} bytes", str(len(raw)))
        try:
            head, separator, note = raw.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError as bad:
            raise _bad("UTF-8", "other bytes") from bad
        first, *rest = head.split("\n")
        match = _OLD.fullmatch(first)
        if not separator or match is None:
            raise _bad("'old <size>', proof lines, an empty line, a checkpoint", first)
        if len(rest) > _MOST_PROOF_LINES:
            raise _bad(f"at most {_MOST_PROOF_LINES} proof lines", str(len(rest)))
        return cls(int(match[1]), tuple(_hash(line) for line in rest), note)

    def to_bytes(self) -> bytes:
        """The request as it is sent."""
        lines = [f"old {self.old}", *(encode_base64(node.raw) for node in self.proof)]
        return ("\n".join(lines) + "\n\n" + self.note).encode()


def decide(
    raw: bytes,
    *,
    cosigner: Cosigns,
    logs: Mapping[str, NoteVerifier],
    seen: Mapping[str, Seen],
    seconds: int,
) -> Cosigned | Refused:
    """Cosign a checkpoint, or say why not. `seconds` is POSIX time.

    1. The request can be read (400). 2. The log is known by its origin (404). 3. It signed
    the checkpoint (403). 4. The old size is not above the new one (400). 5. The old size is
    the one that the witness is at (409, with that size). 6. The new tree extends the seen
    one: the same root for the same size (409), a proof that holds otherwise (422).
    """
    try:
        request = Request.parse(raw)  # 1
        origin = split_note(request.note)[0].partition("\n")[0]
    except CheckpointError as bad:
        return Refused(400, "REQUEST_MALFORMED", str(bad))
    log = logs.get(origin)
    if log is None:  # 2
        return Refused(404, "LOG_UNKNOWN", f"unknown log {origin!r}")
    try:
        checkpoint = open_checkpoint(request.note, log)  # 3
    except CheckpointError as bad:
        return Refused(403, bad.code, f"invalid signature: {bad}")
    refusal = _continues(seen.get(origin, Seen()), request, checkpoint)
    if refusal is not None:
        return refusal
    text = split_note(request.note)[0]
    line = cosigner.line(text, seconds)
    return Cosigned(origin, Seen(checkpoint.size, checkpoint.root), line)


def _continues(last: Seen, request: Request, new: Checkpoint) -> Refused | None:
    if request.old > new.size:  # 4
        body = f"expected an old size of at most {new.size}, found {request.old}"
        return Refused(400, "OLD_SIZE_ABOVE_NEW", body)
    if request.old != last.size:  # 5
        return Refused(409, "OLD_SIZE_STALE", f"{last.size}\n")
    if new.size == last.size and new.root != last.root:  # 6
        body = f"expected root {last.root} at size {last.size}, found {new.root}"
        return Refused(409, "LOG_FORKED", body)
    try:
        _check_proof(last, request.proof, new)
    except InconsistentLogError as bad:
        return Refused(422, "PROOF_BAD", f"consistency proof: {bad}")
    return None


def _check_proof(last: Seen, proof: tuple[Digest, ...], new: Checkpoint) -> None:
    if last.size:
        verify_consistency(last.size, new.size, proof, last.root, new.root)
    elif proof:  # anything extends the empty tree
        raise InconsistentLogError("proof", expected="none from size 0", found=len(proof))


def _hash(line: str) -> Digest:
    try:
        return Digest(decode_base64(line, limit=DIGEST_SIZE))
    except EncodingError as bad:
        raise _bad("a hash of 32 bytes in base64", line) from bad


def _bad(expected: str, found: str) -> CheckpointError:
    return CheckpointError("add-checkpoint", expected=expected, found=found)
