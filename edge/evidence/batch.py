"""One signature over many statements, each of which verifies alone: a form of its own.

A station that seals many files at once signs the root of a tree over them. A **member** is one
statement with its audit path and that signature. The signed thing is a DSSE envelope with its
own payload type, and the member has none of an envelope's members: neither can be taken for the
other, and a signature made for one form never holds for the other. The name of a member is that
of the same statement in an envelope: SHA-256 of the PAE, so chains and logs see no difference.
Does not say which form a log, a station or a package takes.

Source: DSSE v1.0 for the signature, RFC 6962 for the tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, decode_base64, encode, encode_base64
from edge.evidence.envelope import (
    ENVELOPE_LIMIT,
    Envelope,
    entitled,
    pae,
    signed_envelope,
    trusted_signatures,
)
from edge.evidence.errors import BatchError, EncodingError, ProofError, TooLargeError
from edge.evidence.keys import TrustedKey, TrustedKeys
from edge.evidence.merkle import inclusion_path, leaf_hash, root_of, verify_inclusion
from edge.evidence.signers import Signer
from edge.evidence.statement import PAYLOAD_TYPE, Statement

BATCH_TYPE = "application/vnd.liuhen.batch.v1+json"
"""The payload type of what is signed; no statement ever has it."""

MOST_MEMBERS = 1 << 16
_MEMBERS = frozenset({"batch", "index", "path", "statement"})
_MOST_NODES = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """What is signed: a tree of `size` statements with this `root`."""

    size: int
    root: Digest

    def __post_init__(self) -> None:
        if not 0 < self.size <= MOST_MEMBERS:
            raise BatchError("batch", expected=f"1 to {MOST_MEMBERS} members", found=self.size)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read the payload. Raises EncodingError for any other spelling, too."""
        wire = decode(payload)
        size, root = wire.get("size"), wire.get("root")
        if type(size) is not int or type(root) is not str:
            raise _malformed("size and root", "something else")
        made = cls(size, Digest.parse(root))
        if made.to_bytes() != payload:
            raise _malformed("exactly size and root, in RFC 8785", "something else")
        return made

    def to_bytes(self) -> bytes:
        """The payload."""
        return encode({"root": str(self.root), "size": self.size})


@dataclass(frozen=True)
class Member:
    """A member as received; `raw` are its exact bytes. Nothing is verified yet."""

    payload: bytes
    index: int
    path: tuple[Digest, ...]
    batch: Envelope
    raw: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a member of at most 1 MiB: exactly its four members. Raises EncodingError."""
        wire = decode(raw, limit=ENVELOPE_LIMIT)
        if wire.keys() != _MEMBERS:
            raise _malformed(", ".join(sorted(_MEMBERS)), ", ".join(sorted(wire)))
        batch, index, statement = wire["batch"], wire["index"], wire["statement"]
        if type(batch) is not dict or type(index) is not int or type(statement) is not str:
            raise _malformed("an envelope, an integer and base64", "something else")
        return cls(
            payload=decode_base64(statement, limit=ENVELOPE_LIMIT),
            index=index,
            path=_path(wire["path"]),
            batch=Envelope.parse(encode(batch)),
            raw=raw,
        )

    @cached_property
    def pae(self) -> bytes:
        """The PAE of the statement, as an envelope of its own would have it."""
        return pae(PAYLOAD_TYPE, self.payload)

    @cached_property
    def digest(self) -> Digest:
        """The member's name: SHA-256 of its PAE, whichever form it is signed in."""
        return Digest.of(self.pae)


@dataclass(frozen=True, slots=True)
class VerifiedMember:
    """A statement that a signed batch holds, with the key that counts.

    Only `verify_member` makes one; a function that takes it need not check again.
    """

    statement: Statement
    member: Member
    batch: Batch
    key: TrustedKey


def seal_batch(statements: Sequence[Statement], *signers: Signer) -> list[Member]:
    """Sign statements together; each member is complete.

    Raises TooLargeError where one would exceed 1 MiB, BatchError for none or too many.
    """
    payloads = [statement.to_bytes() for statement in statements]
    leaves = [leaf_hash(pae(PAYLOAD_TYPE, payload)) for payload in payloads]
    batch = Batch(len(leaves), root_of(leaves))
    envelope = signed_envelope(batch.to_bytes(), BATCH_TYPE, *signers)
    wrapped = decode(envelope.raw)
    return [
        _member(payload, index, inclusion_path(index, len(leaves), leaves), envelope, wrapped)
        for index, payload in enumerate(payloads)
    ]


def verify_member(member: Member, keys: TrustedKeys) -> VerifiedMember:
    """Check who signed the batch, that it holds the statement, then read the statement.

    1. The payload type is a batch's (BATCH_BAD).
    2. At least one signature names a trusted key (KEY_UNTRUSTED), and each that does verifies
       over the PAE of the batch (SIG_BAD).
    3. The payload is a batch; the audit path leads from the statement to its root (BATCH_BAD).
    4. The statement is one of this version (FIELD_BAD, TYPE_UNKNOWN, ...).
    5. One of those keys may sign this very statement (KEY_UNTRUSTED).
    """
    envelope = member.batch
    if envelope.payload_type != BATCH_TYPE:  # 1
        raise BatchError("payloadType", expected=BATCH_TYPE, found=envelope.payload_type)
    trusted = trusted_signatures(envelope, keys)  # 2
    for key, signature in trusted:
        key.public.verify(envelope.pae, signature.sig)
    batch = Batch.parse(envelope.payload)  # 3
    leaf = leaf_hash(member.pae)
    try:
        verify_inclusion(leaf, member.index, batch.size, member.path, batch.root)
    except ProofError as bad:
        expected, found = bad.facts["expected"], bad.facts["found"]
        raise BatchError("member", expected=expected, found=found) from bad
    statement = Statement.parse(member.payload)  # 4
    key = entitled([key for key, _ in trusted], statement)  # 5
    return VerifiedMember(statement, member, batch, key)


def _member(
    payload: bytes, index: int, path: Sequence[Digest], batch: Envelope, wrapped: dict[str, Any]
) -> Member:
    raw = encode(
        {
            "batch": wrapped,
            "index": index,
            "path": [str(node) for node in path],
            "statement": encode_base64(payload),
        }
    )
    if len(raw) > ENVELOPE_LIMIT:
        raise TooLargeError("member", expected=f"at most {ENVELOPE_LIMIT} bytes", found=len(raw))
    return Member(payload, index, tuple(path), batch, raw)


def _path(value: Any) -> tuple[Digest, ...]:  # noqa: ANN401 - unchecked JSON
    if type(value) is not list or len(value) > _MOST_NODES:
        raise _malformed(f"a path of at most {_MOST_NODES} digests", "something else")
    if not all(type(node) is str for node in value):
        raise _malformed("digests as text", "something else")
    return tuple(Digest.parse(node) for node in value)


def _malformed(expected: str, found: str) -> EncodingError:
    return EncodingError("batch", expected=expected, found=found)
