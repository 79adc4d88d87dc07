"""Where refused envelopes go: kept as bytes, listed with the reason, told to the station.

The file is written once under the SHA-256 of its bytes, before the row that names it; the
same bytes again change nothing. What one station can fill is bounded; beyond that the
refusal is still told, and the station keeps its own copy. A gap in a chain is no loss and
nothing to keep: the station sends again from where it is asked to.
"""

import json
import logging
from dataclasses import dataclass

from sqlalchemy import Connection

from central.data_folder import DataFolder
from central.intake.accept import CHAIN_GAP, Refused
from central.store import outgoing, refused
from central.store.outgoing import PROBLEM, Answer
from central.store.refused import ENVELOPE, Refusal
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

_LOG = logging.getLogger(__name__)
_PRIVATE = 0o400


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most that is kept for one station."""

    count: int = 1000
    size: int = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """One message that was not taken."""

    station: str
    raw: bytes
    received: Instant
    refusal: Refused


class Quarantine:
    """The quarantine of one data folder, for envelopes."""

    def __init__(self, folder: DataFolder, bounds: Bounds | None = None) -> None:
        self._folder = folder.quarantine
        self._bounds = bounds or Bounds()

    def take(self, connection: Connection, message: RefusedMessage) -> None:
        """Keep a refused message and queue the problem that the station is to hear."""
        refusal = message.refusal
        _LOG.warning("%s from %s: %s", refusal.code, message.station, refusal.message)
        if refusal.code != CHAIN_GAP:
            self._keep(connection, message)
        answer = Answer(
            station=message.station,
            kind=PROBLEM,
            envelope=refusal.envelope,
            payload=problem(refusal),
        )
        outgoing.queue(connection, answer, message.received)

    def _keep(self, connection: Connection, message: RefusedMessage) -> None:
        count, size = refused.usage(connection, message.station, ENVELOPE)
        full = count >= self._bounds.count or size + len(message.raw) > self._bounds.size
        if full:
            _LOG.error("quarantine of %s is full: not kept", message.station)
            return
        sha256 = Digest.of(message.raw)
        durable.write_once(self._folder / str(sha256), message.raw, mode=_PRIVATE)
        refused.add(
            connection,
            Refusal(
                kind=ENVELOPE,
                sha256=sha256,
                size=len(message.raw),
                station=message.station,
                code=message.refusal.code,
                expected=message.refusal.expected,
                found=message.refusal.found,
                recording=None,
                received=message.received,
            ),
        )


def problem(refusal: Refused) -> bytes:
    """The problem message: JSON, unsigned; it moves nothing but the station's attention."""
    body: dict[str, str | int] = {
        "code": refusal.code,
        "envelope": str(refusal.envelope),
        "expected": refusal.expected,
        "found": refusal.found,
        "message": refusal.message,
    }
    if refusal.expected_seq is not None:
        body["expected_seq"] = refusal.expected_seq
    return json.dumps(body, ensure_ascii=False).encode()
