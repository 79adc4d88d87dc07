"""From the outbox to central and back: envelopes out, receipts in.

A row is done only when central's signed receipt verifies. Whatever goes wrong, the row
stays and is sent again; sending twice is safe. By the same session central asks the station
to cosign its checkpoints, and is asked to prove that its log only grew. Messages are
acknowledged to the broker after the ledger holds what they say. Does not upload footage;
that is `uploader`.
"""

import logging
import threading
from collections.abc import Callable

from dock_agent.courier.answers import CONSISTENCY, RECEIPTS, Answers
from dock_agent.courier.line import Address, Heard, Line, Lost, Message, Rejected
from dock_agent.errors import AgentError, BrokerError
from dock_agent.ledger import Ledger
from dock_agent.outbox import Window
from dock_agent.problems import ProblemBook
from dock_agent.witness import REQUEST, RESPONSE
from edge import clock

__all__ = ["Address", "Courier"]

_log = logging.getLogger(__name__)
_POLL_S = 1.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_BROKER = "broker"
_HEARD = (RECEIPTS, "problems", REQUEST, CONSISTENCY)


class Courier:
    """Runs in one thread of its own; `wake` may be called from any."""

    def __init__(
        self,
        address: Address,
        ledger: Ledger,
        problems: ProblemBook,
        answers: Answers,
        heartbeat: Callable[[], bytes | None],
        heartbeat_seconds: float,
    ) -> None:
        self._address = address
        self._ledger = ledger
        self._problems = problems
        self._answers = answers
        self._heartbeat = heartbeat
        self._heartbeat_seconds = heartbeat_seconds
        self._next_beat = 0.0
        self._topic = f"liuhen/v1/station/{address.client}"
        self._line: Line | None = None

    def run(self, stop: threading.Event) -> None:
        """Keep a session with the broker until `stop`; every loss is followed by another."""
        pause = _FIRST_PAUSE_S
        while not stop.is_set():
            started = clock.monotonic()
            try:
                self._session(stop)
            except AgentError as failure:
                self._report(failure)
            if clock.monotonic() - started > _LONGEST_PAUSE_S:
                pause = _FIRST_PAUSE_S
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        self._ledger.close()

    def wake(self) -> None:
        """Something new lies in the outbox."""
        line = self._line
        if line is not None:
            line.wake()

    def _session(self, stop: threading.Event) -> None:
        line = Line(self._address, [f"{self._topic}/{kind}" for kind in _HEARD])
        window = self._answers.begin()
        self._line = line
        self._problems.over(_BROKER)
        try:
            while not stop.is_set():
                self._send(line, window)
                self._ask(line)
                self._beat(line)
                heard = line.hear(_POLL_S)
                while heard is not None:
                    self._take(line, heard)
                    self._ask(line)
                    heard = line.hear(0.0)
        finally:
            self._line = None
            line.hang_up()

    def _send(self, line: Line, window: Window) -> None:
        due = window.due(self._ledger.outbox.waiting(window.size), clock.monotonic())
        for letter in due:
            line.publish(f"{self._topic}/evidence", letter.envelope)
        if due:
            self._ledger.outbox.sent([letter.seq for letter in due], clock.now())

    def _ask(self, line: Line) -> None:
        question = self._answers.question()
        if question is not None:
            line.publish(f"{self._topic}/consistency/request", question)

    def _beat(self, line: Line) -> None:
        if clock.monotonic() < self._next_beat:
            return
        envelope = self._heartbeat()
        if envelope is not None:
            line.publish(f"{self._topic}/heartbeat", envelope)
            self._next_beat = clock.monotonic() + self._heartbeat_seconds

    def _take(self, line: Line, heard: Heard) -> None:
        match heard:
            case Lost(reason):
                raise BrokerError(code="BROKER_LOST", expected="the session to last", found=reason)
            case Rejected(what, reason):
                self._report(
                    BrokerError(
                        code="BROKER_DENIED",
                        expected=f"leave to {what} as {self._address.client}",
                        found=f"{reason} (likely: the broker's access list)",
                    )
                )
            case Message(topic, payload, correlation=correlation):
                reply = self._answers.take(topic.removeprefix(f"{self._topic}/"), payload)
                if reply is not None:
                    line.publish(f"{self._topic}/{RESPONSE}", reply, correlation=correlation)
                line.acknowledge(heard)

    def _report(self, failure: AgentError) -> None:
        _log.info("courier: %s: %s", failure.code, failure)
        try:
            self._problems.note(_BROKER, failure)
        except AgentError:
            _log.exception("a problem that the ledger does not take")
