"""Whether central takes what a station sent: a decision, without disk, clock or broker.

1. The bytes read as an envelope within the limits (TOO_LARGE, ENVELOPE_MALFORMED).
2. A trusted key signed exactly these bytes, and may sign this statement for this station and
   boot (STATION_UNKNOWN, KEY_UNTRUSTED, SIG_BAD, TYPE_UNKNOWN, CRIT_UNKNOWN, ...).
   That key, and the identity that introduced it, are not revoked (KEY_REVOKED).
3. It is a kind of statement that stations log (TYPE_NOT_ALLOWED).
4. It is the topic's own station that speaks (STATION_MISMATCH).
5. What is in the log already is answered again, whatever came after it.
6. It comes right after the station's last one (CHAIN_GAP, CHAIN_FORK, CHAIN_ROLLBACK).
7. An epoch's new key is a good one (KEY_WEAK, KEY_UNTRUSTED).

A clock that is ahead is no reason to refuse: the index notes it (`custody.observed`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from central.domain.custody import may_come_from_station
from central.log.revoked import Revoked
from edge.evidence.chain import ChainHead, check_next
from edge.evidence.digest import Digest
from edge.evidence.envelope import ENVELOPE_LIMIT, Envelope, Verified, verify
from edge.evidence.errors import (
    EncodingError,
    EvidenceError,
    TooLargeError,
    UntrustedKeyError,
)
from edge.evidence.keys import TrustedKeys
from edge.evidence.statement import STATION, Heartbeat, KeyEvent, StationLink

ENVELOPE_MALFORMED = "ENVELOPE_MALFORMED"
STATION_UNKNOWN = "STATION_UNKNOWN"
STATION_MISMATCH = "STATION_MISMATCH"
TYPE_NOT_ALLOWED = "TYPE_NOT_ALLOWED"
CHAIN_GAP = "CHAIN_GAP"
KEY_REVOKED = "KEY_REVOKED"


class RevokedKeyError(EvidenceError):
    """The root has ended the service of the key, or of the identity that introduced it."""

    code = KEY_REVOKED


@dataclass(frozen=True, slots=True)
class Accepted:
    """To be logged."""

    verified: Verified


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Verified again, and logged before: to be answered again."""

    verified: Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not taken. `envelope` is its digest, or that of the bytes where they do not read.

    `expected_seq` is set for CHAIN_GAP: where the station is to begin again.
    """

    code: str
    expected: str
    found: str
    envelope: Digest
    expected_seq: int | None = None

    @property
    def message(self) -> str:
        return f"expected {self.expected}, found {self.found}"

    @classmethod
    def of(cls, error: EvidenceError, envelope: Digest) -> Self:
        """The refusal that an error of evidence amounts to."""
        facts = error.facts
        malformed = isinstance(error, EncodingError) and not isinstance(error, TooLargeError)
        seq = facts.get("expected_seq")
        return cls(
            code=ENVELOPE_MALFORMED if malformed else error.code,
            expected=f"{facts['what']}: {facts['expected']}",
            found=str(facts["found"]),
            envelope=envelope,
            expected_seq=int(seq) if seq is not None else None,
        )


Decision = Accepted | Duplicate | Refused


@dataclass(slots=True)
class IntakeState:
    """What a decision depends on.

    It moves on with each accepted envelope, so that a batch is decided as if its envelopes
    had come one by one.
    """

    keys: TrustedKeys
    heads: dict[str, ChainHead]
    is_logged: Callable[[Digest], bool]
    accepted: set[Digest] = field(default_factory=set)
    revoked: Revoked = field(default_factory=Revoked)

    def advance(self, verified: Verified, link: StationLink) -> None:
        """Count `verified` as logged. Raises what a bad epoch key raises, and stays as is."""
        if isinstance(verified.statement.predicate, KeyEvent):
            self.keys = self.keys.with_key_event(verified)
            self.revoked = self.revoked.with_event(verified)
        digest = verified.envelope.digest
        self.heads[link.id] = ChainHead(link.seq, digest)
        self.accepted.add(digest)


def accept(raw: bytes, topic_station: str, state: IntakeState) -> Decision:
    """Decide on one envelope, and move `state` on where it is accepted."""
    name = Digest.of(raw)
    try:
        envelope = parsed(raw)  # 1
        name = envelope.digest
        verified = in_service(envelope, state)  # 2
        link = verified.statement.link
        if link is None or not may_come_from_station(verified.statement.predicate):  # 3
            return _not_allowed(verified)
        if link.id != topic_station:  # 4
            return mismatch(topic_station, link.id, name)
        if name in state.accepted or state.is_logged(name):  # 5
            return Duplicate(verified)
        check_next(state.heads.get(link.id), link)  # 6
        state.advance(verified, link)  # 7
    except UntrustedKeyError as untrusted:
        return unknown_station(topic_station, state.keys, name) or Refused.of(untrusted, name)
    except EvidenceError as refusal:
        return Refused.of(refusal, name)
    return Accepted(verified)


def accept_heartbeat(raw: bytes, topic_station: str, state: IntakeState) -> Heartbeat | Refused:
    """Steps 1 to 4 for a heartbeat, which is neither chained nor logged."""
    keys = state.keys
    name = Digest.of(raw)
    try:
        envelope = parsed(raw)
        name = envelope.digest
        verified = in_service(envelope, state)
    except UntrustedKeyError as untrusted:
        return unknown_station(topic_station, keys, name) or Refused.of(untrusted, name)
    except EvidenceError as refusal:
        return Refused.of(refusal, name)
    heartbeat = verified.statement.predicate
    if not isinstance(heartbeat, Heartbeat):
        return _not_allowed(verified)
    if heartbeat.id != topic_station:
        return mismatch(topic_station, heartbeat.id, name)
    return heartbeat


def in_service(envelope: Envelope, state: IntakeState) -> Verified:
    """Step 2."""
    verified = verify(envelope, state.keys)
    keyid = verified.key.public.keyid
    if state.revoked.covers(keyid):
        raise RevokedKeyError(
            f"key {keyid}",
            expected=f"a key of {verified.key.name} in service",
            found="revoked by the root",
        )
    return verified


def parsed(raw: bytes) -> Envelope:
    """Step 1."""
    if len(raw) > ENVELOPE_LIMIT:
        raise TooLargeError("envelope", expected=f"at most {ENVELOPE_LIMIT} bytes", found=len(raw))
    return Envelope.parse(raw)


def unknown_station(topic_station: str, keys: TrustedKeys, envelope: Digest) -> Refused | None:
    """The clearer refusal where nobody ever enrolled the station."""
    if any(key.role == STATION and key.name == topic_station for key in keys.values()):
        return None
    return Refused(
        code=STATION_UNKNOWN,
        expected=f"{topic_station} to be enrolled by the root",
        found="no enrolment",
        envelope=envelope,
    )


def mismatch(topic_station: str, found: str, envelope: Digest) -> Refused:
    return Refused(
        code=STATION_MISMATCH,
        expected=f"a statement of {topic_station}, by whose topic it came",
        found=f"one of {found}",
        envelope=envelope,
    )


def _not_allowed(verified: Verified) -> Refused:
    return Refused(
        code=TYPE_NOT_ALLOWED,
        expected="a recording, inventory, docking or epoch of the station",
        found=verified.statement.type,
        envelope=verified.envelope.digest,
    )
