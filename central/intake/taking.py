"""A batch of messages from stations: decided, logged, quarantined, noted.

When `take` returns, everything about the batch is on disk, and what is owed to the stations
is queued; only then may the broker be told. When it raises, nothing was told, and the same
batch is taken again: what was logged by then is a duplicate. Knows nothing of MQTT.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from central.errors import ConfigError
from central.intake.accept import (
    CHAIN_GAP,
    STATION_UNKNOWN,
    Decision,
    IntakeState,
    Refused,
    accept,
    accept_heartbeat,
)
from central.intake.quarantine import Quarantine, RefusedMessage
from central.log.keyring import Enrolments, Keyring
from central.log.writer import Entry, LogWriter
from central.store import Store, chains, envelopes, stations
from edge import clock
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.statement import Heartbeat

EVIDENCE, HEARTBEAT = "evidence", "heartbeat"
_LOG = logging.getLogger(__name__)
_MAY_BE_NEW = frozenset({STATION_UNKNOWN, "KEY_UNTRUSTED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it came: by whose topic, of which kind, and its exact bytes."""

    station: str
    kind: str
    raw: bytes


class Intake:
    """Takes batches, one at a time."""

    def __init__(
        self,
        store: Store,
        log: LogWriter,
        keyring: Keyring,
        enrolments: Enrolments,
        quarantine: Quarantine,
        *,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self._store = store
        self._log = log
        self._keyring = keyring
        self._enrolments = enrolments
        self._quarantine = quarantine
        self._now = now
        self._state = self._fresh()
        self._failed = False

    def take(self, batch: Sequence[Message]) -> None:
        """Decide on each message in order, and make all of it durable.

        Raises OSError, SQLAlchemy's or the log's errors where that fails.
        """
        if self._failed:
            self._recover()
        self._enrolled_more()
        self._failed = True
        received = self._now()
        entries: list[Entry] = []
        refused: list[RefusedMessage] = []
        beats: list[Heartbeat] = []
        for message in batch:
            decision = self._decide(message)
            if isinstance(decision, Refused):
                refused.append(_refused(message, decision, received))
            elif isinstance(decision, Heartbeat):
                beats.append(decision)
            else:
                entries.append(_entry(message, received))
        if entries:
            self._log.append(entries)
        self._keyring.keys, self._keyring.revoked = self._state.keys, self._state.revoked
        self._state.accepted.clear()
        if refused or beats:
            self._note(_one_gap_each(refused), beats, received)
        self._failed = False

    def _decide(self, message: Message) -> Decision | Heartbeat:
        decision = self._ask(message)
        may_be_new = isinstance(decision, Refused) and decision.code in _MAY_BE_NEW
        return self._ask(message) if may_be_new and self._enrolled_more() else decision

    def _ask(self, message: Message) -> Decision | Heartbeat:
        state = self._state
        try:
            if message.kind == HEARTBEAT:
                return accept_heartbeat(message.raw, message.station, state)
            return accept(message.raw, message.station, state)
        except Exception as bug:  # noqa: BLE001 - one message must not stop all stations
            _LOG.exception("no decision on a message of %s", message.station)
            return Refused(
                code="INTAKE_FAILED",
                expected="a decision",
                found=type(bug).__name__,
                envelope=Digest.of(message.raw),
            )

    def _enrolled_more(self) -> bool:
        try:
            if not self._enrolments.take():
                return False
        except ConfigError as bad:
            _LOG.error("an enrolment is not taken: %s: %s", bad.code, bad)
            return False
        for key in self._keyring.keys.values():
            self._state.keys = self._state.keys.add(key)
        self._state.revoked = self._state.revoked.joined(self._keyring.revoked)
        return True

    def _note(
        self,
        refused: Sequence[RefusedMessage],
        beats: Sequence[Heartbeat],
        received: Instant,
    ) -> None:
        with self._store.write() as connection:
            for message in refused:
                self._quarantine.take(connection, message)
            for heartbeat in beats:
                stations.beat(connection, heartbeat, received)

    def _fresh(self) -> IntakeState:
        with self._store.read() as connection:
            heads = chains.heads(connection)
        ring = self._keyring
        return IntakeState(ring.keys, heads, self._is_logged, revoked=ring.revoked)

    def _recover(self) -> None:
        """What a failed commit left in the log counts; what it did not reach does not."""
        self._log.append([])
        self._keyring.reload(self._store)
        self._state = self._fresh()

    def _is_logged(self, digest: Digest) -> bool:
        with self._store.read() as connection:
            return envelopes.index_of(connection, digest) is not None


def _entry(message: Message, received: Instant) -> Entry:
    return Entry(raw_envelope=message.raw, received=received, topic_station=message.station)


def _refused(message: Message, refusal: Refused, received: Instant) -> RefusedMessage:
    return RefusedMessage(
        station=message.station, raw=message.raw, received=received, refusal=refusal
    )


def _one_gap_each(refused: Sequence[RefusedMessage]) -> list[RefusedMessage]:
    """Everything behind a gap is refused for the same gap: a station is told once."""
    told: set[str] = set()
    kept = []
    for message in refused:
        if message.refusal.code == CHAIN_GAP:
            if message.station in told:
                continue
            told.add(message.station)
        kept.append(message)
    return kept
