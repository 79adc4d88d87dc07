"""A signed statement: DSSE v1 over an in-toto Statement v1.

The signature is checked over the exact bytes, and those same bytes are then read. An
envelope's name everywhere is the SHA-256 of its PAE: it covers payload and payload type,
not the signatures, so that another signature does not make another fact. Does not check
chains, logs or time.

Source: DSSE v1.0 (protocol.md: PAE; envelope.md: JSON).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, decode_base64, encode, encode_base64
from edge.evidence.errors import (
    EncodingError,
    TooLargeError,
    TypeUnknownError,
    UntrustedKeyError,
)
from edge.evidence.keys import TrustedKey, TrustedKeys
from edge.evidence.signers import Signer
from edge.evidence.statement import EPOCH, PAYLOAD_TYPE, Predicate, Statement

ENVELOPE_LIMIT = 1 << 20
"""The most bytes of an envelope as sent."""

_MOST_SIGNATURES = 8
_SIGNATURE_LIMIT = 8192


@dataclass(frozen=True, slots=True)
class Signature:
    """`keyid` is a hint and proves nothing; it is "" where the envelope has none."""

    keyid: str
    sig: bytes


@dataclass(frozen=True)
class Envelope:
    """An envelope as received; `raw` are its exact bytes. Nothing is verified yet."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]
    raw: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read DSSE JSON of at most 1 MiB, with 1 to 8 signatures.

        Base64 is the standard alphabet with padding. Members that DSSE does not define
        are ignored. Raises EncodingError.
        """
        wire = decode(raw, limit=ENVELOPE_LIMIT)
        signatures = wire.get("signatures")
        if type(signatures) is not list or not 0 < len(signatures) <= _MOST_SIGNATURES:
            raise _malformed("signatures", f"1 to {_MOST_SIGNATURES}")
        return cls(
            payload=decode_base64(_text(wire, "payload"), limit=ENVELOPE_LIMIT),
            payload_type=_text(wire, "payloadType"),
            signatures=tuple(_signature(entry) for entry in signatures),
            raw=raw,
        )

    @cached_property
    def pae(self) -> bytes:
        """DSSE's pre-authentication encoding: the bytes that are signed."""
        return pae(self.payload_type, self.payload)

    @cached_property
    def digest(self) -> Digest:
        """The envelope's name: SHA-256 of its PAE."""
        return Digest.of(self.pae)


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement whose signature was checked, with the key that counts.

    Only `verify` makes one; a function that takes it need not check again.
    """

    statement: Statement
    envelope: Envelope
    key: TrustedKey


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload; lengths in bytes."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(statement: Statement, *signers: Signer) -> Envelope:
    """Sign a statement.

    Raises TooLargeError where the envelope would exceed 1 MiB, FieldError where the
    statement is not coherent.
    """
    return signed_envelope(statement.to_bytes(), PAYLOAD_TYPE, *signers)


def signed_envelope(payload: bytes, payload_type: str, *signers: Signer) -> Envelope:
    """Sign a payload of any type. Raises TooLargeError where the envelope would exceed 1 MiB."""
    if not 0 < len(signers) <= _MOST_SIGNATURES:
        message = f"expected 1 to {_MOST_SIGNATURES} signers, found {len(signers)}"
        raise ValueError(message)
    signed = pae(payload_type, payload)
    signatures = tuple(Signature(s.keyid, s.sign(signed)) for s in signers)
    raw = encode(
        {
            "payload": encode_base64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": s.keyid, "sig": encode_base64(s.sig)} for s in signatures],
        }
    )
    if len(raw) > ENVELOPE_LIMIT:
        raise TooLargeError("envelope", expected=f"at most {ENVELOPE_LIMIT} bytes", found=len(raw))
    return Envelope(payload, payload_type, signatures, raw)


def verify(envelope: Envelope, keys: TrustedKeys) -> Verified:
    """Check who signed, then read what they signed.

    1. The payload type is in-toto's (TYPE_UNKNOWN).
    2. At least one signature names a trusted key (KEY_UNTRUSTED).
    3. Every signature that names a trusted key verifies over the PAE (SIG_BAD).
    4. The payload is a statement of this version (FIELD_BAD, TYPE_UNKNOWN, ...).
    5. One of those keys may sign this statement: role, station and boot fit
       (KEY_UNTRUSTED). Signatures by unknown keys are ignored.
    """
    if envelope.payload_type != PAYLOAD_TYPE:  # 1
        raise TypeUnknownError("payloadType", expected=PAYLOAD_TYPE, found=envelope.payload_type)
    trusted = trusted_signatures(envelope, keys)  # 2
    for key, signature in trusted:  # 3
        key.public.verify(envelope.pae, signature.sig)
    statement = Statement.parse(envelope.payload)  # 4
    key = entitled([key for key, _ in trusted], statement)  # 5
    return Verified(statement, envelope, key)


def trusted_signatures(envelope: Envelope, keys: TrustedKeys) -> list[tuple[TrustedKey, Signature]]:
    """Signatures that name a trusted key, unchecked. Raises UntrustedKeyError for none."""
    trusted = [
        (key, signature)
        for signature in envelope.signatures
        if (key := keys.get(signature.keyid)) is not None
    ]
    if not trusted:
        named = ", ".join(s.keyid or "none" for s in envelope.signatures)
        raise UntrustedKeyError(
            "signatures", expected="one by a trusted key", found=named, keyid=named
        )
    return trusted


def entitled(keys: list[TrustedKey], statement: Statement) -> TrustedKey:
    """The first of these keys that may sign this statement. Raises UntrustedKeyError."""
    predicate = statement.predicate
    for key in keys:
        if _may_sign(key, predicate):
            return key
    roles = " or ".join(sorted(predicate.roles()))
    claims = predicate.claims()
    whose = "" if claims is None else f" of {claims[0]}, boot {claims[1]}"
    found = ", ".join(f"{k.role} {k.name}, boot {k.boot or 'none'}" for k in keys)
    raise UntrustedKeyError(
        statement.type,
        expected=f"a signature by {roles}{whose}",
        found=found,
        keyid=keys[0].public.keyid,
    )


def _may_sign(key: TrustedKey, predicate: Predicate) -> bool:
    if key.role not in predicate.roles():
        return False
    claims = predicate.claims()
    if claims is None:
        return True
    station, boot = claims
    return key.name == station and (key.role != EPOCH or key.boot == boot)


def _signature(entry: Any) -> Signature:  # noqa: ANN401 - unchecked JSON
    if type(entry) is not dict:
        raise _malformed("signature", "an object")
    keyid = entry.get("keyid", "")
    if type(keyid) is not str:
        raise _malformed("keyid", "text")
    return Signature(keyid, decode_base64(_text(entry, "sig"), limit=_SIGNATURE_LIMIT))


def _text(wire: dict[str, Any], name: str) -> str:
    value = wire.get(name)
    if type(value) is not str:
        raise _malformed(name, "text")
    return value


def _malformed(what: str, expected: str) -> EncodingError:
    return EncodingError(f"envelope {what}", expected=expected, found="something else")
