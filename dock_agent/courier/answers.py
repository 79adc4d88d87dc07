"""What central answers, and what follows from it.

A receipt that verifies moves its row; one that does not is a problem, and the row stays.
Once the log was found forked or rolled back, no receipt counts and nothing is cosigned. A
gap rewinds the outbox to where central stands; any other refusal marks its row, which
stays visible while later rows go on.
"""

from collections.abc import Callable

from dock_agent import witness
from dock_agent.errors import AgentError, ForkError, ReceiptError, RollbackError
from dock_agent.events import EventStream
from dock_agent.growth import LOUD_AFTER
from dock_agent.ledger import Problem, SealedRow
from dock_agent.outbox import Window
from dock_agent.problems import ProblemBook
from dock_agent.receipts import Desk, Logged, Waiting, accept
from dock_agent.refusals import GAP, Refusal, RefusalMalformedError, parse
from dock_agent.witness import StationWitness, WitnessMemoryError
from edge import clock

RECEIPTS = "receipts"
CONSISTENCY = "consistency/response"
_CENTRAL, _LOG, _WITNESS = "central", "log", "witness"
_ALARMS = (ForkError.code, RollbackError.code)
_MISSING = "CONSISTENCY_MISSING"


class CentralBehindError(AgentError):
    """Central asks again for what it gave receipts for: it lost a part of its log."""

    code = "CENTRAL_BEHIND"


class Answers:
    """`logged` is called after each newly logged row: footage may now be uploaded."""

    def __init__(
        self,
        desk: Desk,
        events: EventStream,
        problems: ProblemBook,
        cosigns: StationWitness | WitnessMemoryError | None,
        logged: Callable[[], None],
    ) -> None:
        self.window = Window()
        self._desk = desk
        self._ledger = desk.ledger
        self._growth = desk.growth
        self._events = events
        self._problems = problems
        self._cosigns = cosigns
        self._logged = logged

    def begin(self) -> Window:
        """A new session: nothing is on its way, nothing was asked."""
        self.window = Window()
        self._growth.forget()
        return self.window

    def question(self) -> bytes | None:
        """What to ask about the growth of the log now."""
        question = self._growth.question(clock.monotonic())
        if question is not None and self._growth.unanswered >= LOUD_AFTER:
            asked = f"a proof of growth for {question.decode()}"
            found = f"no answer, asked {self._growth.unanswered} times"
            self._problems.note(_LOG, AgentError(code=_MISSING, expected=asked, found=found))
        return question

    def take(self, kind: str, payload: bytes) -> bytes | None:
        """Act on one message; the reply to a request. Raises only where the ledger fails."""
        try:
            if kind == witness.REQUEST:
                return self._cosign(payload)
            self._heard(kind, payload)
        except (ForkError, RollbackError) as alarm:
            self._problems.note(_LOG, alarm)
        except (ReceiptError, RefusalMalformedError) as bad:
            self._problems.note(_CENTRAL, bad)
        return None

    def _heard(self, kind: str, payload: bytes) -> None:
        if kind == CONSISTENCY:
            proven = self._growth.answered(payload, clock.now())
            if proven:
                self._problems.over(_LOG, code=_MISSING)
            for receipt in proven:
                self._receipt(receipt)
            return
        self.window.heard(clock.monotonic())
        if kind == RECEIPTS:
            self._receipt(payload)
        else:
            self._refusal(parse(payload))

    def _cosign(self, request: bytes) -> bytes:
        """A response in any case: central has to see why it gets no cosignature."""
        if self._cosigns is None:
            return witness.reply(404, "text/plain", "this station is no witness\n")
        if isinstance(self._cosigns, WitnessMemoryError):
            self._problems.note(_WITNESS, self._cosigns)
            return witness.reply(503, "text/plain", f"{self._cosigns.code}\n")
        try:
            self._refuse_doubted()
            answer = self._cosigns.answer(request)
        except ReceiptError as alarm:
            self._problems.note(_LOG, alarm)
            return witness.reply(409, "text/plain", f"{alarm.code}: {alarm}\n")
        if answer.problem is None:
            self._problems.over(_WITNESS)
        else:
            self._problems.note(_WITNESS, answer.problem)
        return answer.payload

    def _refuse_doubted(self) -> None:
        alarm = self._ledger.problems.open_of(_LOG, _ALARMS)
        if alarm is not None:
            kind = ForkError if alarm.code == ForkError.code else RollbackError
            raise kind(expected=alarm.expected, found=alarm.found)

    def _receipt(self, payload: bytes) -> None:
        self._refuse_doubted()
        fact = accept(payload, self._desk, clock.now())
        if isinstance(fact, Waiting):
            return
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
