"""The receipts that a commit owes: made with the rows that make them true.

A logged receipt answers every envelope that came by a station's topic, also one that was
logged before: then with a fresh proof, and with the stored receipt where there is one. A
stored receipt is a leaf itself and goes to the station that sealed the recording.
"""

from typing import Protocol

from sqlalchemy import Connection

from central.store import envelopes, recordings
from central.store.derive import Leaf
from central.store.outgoing import LOGGED, STORED, Answer
from edge.evidence.digest import Digest
from edge.evidence.envelope import seal
from edge.evidence.instant import Instant
from edge.evidence.signers import Signer
from edge.evidence.statement import ReceiptLogged, ReceiptStored, Recording, Statement


class Placed(Protocol):
    """Where an envelope stands in the log."""

    @property
    def index(self) -> int: ...
    @property
    def digest(self) -> Digest: ...
    @property
    def received(self) -> Instant: ...
    @property
    def path(self) -> tuple[Digest, ...]: ...
    @property
    def checkpoint_text(self) -> str: ...
    @property
    def known(self) -> bool: ...


def answers_to(connection: Connection, leaf: Leaf, placed: Placed, key: Signer) -> list[Answer]:
    """What is owed to stations because `leaf` is logged (again)."""
    answers = []
    if leaf.station is not None:
        receipt = logged_receipt(placed, key)
        answers.append(_answer(leaf.station, LOGGED, placed.digest, receipt))
    predicate = leaf.statement.predicate
    if placed.known and isinstance(predicate, Recording) and leaf.station is not None:
        kept = _stored_receipt(connection, placed.digest)
        if kept is not None:
            answers.append(_answer(leaf.station, STORED, placed.digest, kept))
    if isinstance(predicate, ReceiptStored):
        station = recordings.station_of(connection, predicate.envelope)
        if station is not None:
            answers.append(_answer(station, STORED, predicate.envelope, leaf.raw))
    return answers


def logged_receipt(placed: Placed, key: Signer) -> bytes:
    """A receipt-logged/v1, signed. Not a leaf: it can be made again at any time."""
    receipt = ReceiptLogged(
        envelope=placed.digest,
        index=placed.index,
        received=placed.received,
        path=placed.path,
        checkpoint=placed.checkpoint_text,
    )
    return seal(Statement.about(receipt), key).raw


def _stored_receipt(connection: Connection, manifest: Digest) -> bytes | None:
    found = recordings.stored_fact(connection, manifest)
    if found is None:
        return None
    logged = envelopes.by_digest(connection, found.receipt)
    return None if logged is None else logged.raw


def _answer(station: str, kind: str, envelope: Digest, payload: bytes) -> Answer:
    return Answer(station=station, kind=kind, envelope=envelope, payload=payload)
