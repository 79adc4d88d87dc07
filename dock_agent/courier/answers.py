"""What central answers, and what follows from it.

A receipt that verifies moves its row; one that does not is a problem, and the row stays.
A gap rewinds the outbox to where central stands; any other refusal marks its row, which
stays visible while later rows go on.
"""

from collections.abc import Callable

from dock_agent.errors import AgentError, ReceiptError
from dock_agent.events import EventStream
from dock_agent.ledger import Ledger, Problem, SealedRow
from dock_agent.outbox import Window
from dock_agent.problems import ProblemBook
from dock_agent.receipts import Logged, accept
from dock_agent.refusals import GAP, Refusal, RefusalMalformedError, parse
from dock_agent.trust import Trust
from edge import clock

RECEIPTS = "receipts"
_CENTRAL = "central"


class CentralBehindError(AgentError):
    """Central asks again for what it gave receipts for: it lost a part of its log."""

    code = "CENTRAL_BEHIND"


class Answers:
    """`logged` is called after each newly logged row: footage may now be uploaded."""

    def __init__(
        self,
        ledger: Ledger,
        trust: Trust,
        events: EventStream,
        problems: ProblemBook,
        logged: Callable[[], None],
    ) -> None:
        self.window = Window()
        self._ledger = ledger
        self._trust = trust
        self._events = events
        self._problems = problems
        self._logged = logged

    def take(self, kind: str, payload: bytes) -> None:
        """Act on one message. Raises only where the ledger cannot take it."""
        self.window.heard(clock.monotonic())
        try:
            if kind == RECEIPTS:
                self._receipt(payload)
            else:
                self._refusal(parse(payload))
        except (ReceiptError, RefusalMalformedError) as bad:
            self._problems.note(_CENTRAL, bad)

    def _receipt(self, payload: bytes) -> None:
        fact = accept(payload, self._ledger, self._trust, clock.now())
        if isinstance(fact, Logged):
            self.window.advanced()
        if not fact.new:
            return
        if isinstance(fact, Logged):
            self._events.publish(
                "logged", recording=fact.recording, envelope=str(fact.envelope), index=fact.index
            )
            self._problems.over(f"envelope {fact.envelope}")
            self._logged()
        else:
            self._events.publish("stored", recording=fact.recording, replicas=fact.replicas)
            self._problems.over(f"recording {fact.recording}")

    def _refusal(self, refusal: Refusal) -> None:
        row = self._ledger.chain.by_digest(refusal.envelope) if refusal.envelope else None
        if row is None:
            self._problems.note(_CENTRAL, refusal.error())
        elif refusal.code == GAP and self._behind(row, refusal.expected_seq):
            return
        elif self._ledger.outbox.refused(row.seq, refusal.code, clock.now()):
            about = Problem(docking=row.docking, recording=row.recording, seq=row.seq)
            self._problems.note(f"envelope {row.digest}", refusal.error(), about=about)

    def _behind(self, row: SealedRow, expected: int | None) -> bool:
        """Answer whether central can be helped by sending again from where it stands."""
        if expected is None or expected >= row.seq:
            return False
        if not self.window.gap(expected, clock.monotonic()):
            return True
        logged = self._ledger.outbox.rewind(expected, clock.now())
        if logged:
            error = CentralBehindError(
                expected=f"central to hold the {logged} envelopes it gave receipts for",
                found=f"central asks again from seq {expected}",
            )
            self._problems.note(_CENTRAL, error)
        return True
