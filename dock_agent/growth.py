"""Whether central's log only grew: each checkpoint is tied to the last one that was proven.

The first checkpoint is believed because there is none before it. Another of a known size must
have the known root. One of an unknown size waits, and so does every receipt that came with it,
until the log proves that it and the last proven one are states of the same log. Questions are
asked one at a time and again after a while; answers are unsigned and prove themselves.

CHECKPOINT_FORK: the proof leads to other roots than the log has signed.
CHECKPOINT_ROLLBACK: the log says that it is shorter than what it has signed.
Either is an alarm: nothing counts from then on, until a person says `retry`.
"""

from dataclasses import dataclass, field

from dock_agent.errors import ForkError, ReceiptError, RollbackError
from dock_agent.ledger import Ledger
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.consistency import Consistency, TreeState
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import EvidenceError
from edge.evidence.instant import Instant

AGAIN_S = 5.0
LOUD_AFTER = 3
_MOST_SIZES = 256
_MOST_RECEIPTS = 64
_LIMIT = 1 << 17


@dataclass(slots=True)
class _Unproven:
    checkpoint: Checkpoint
    text: str
    receipts: list[bytes] = field(default_factory=list)


class Growth:
    """What waits for a proof. In memory: what is lost here is asked and sent again."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._unproven: dict[int, _Unproven] = {}
        self._asked: tuple[int, int] | None = None
        self._again = float("-inf")
        self.unanswered = 0
        """How often the present question was asked."""

    def is_proven(self, seen: Checkpoint, text: str, receipt: bytes | None = None) -> bool:
        """Whether `seen` is a state of the one log; where unknown, it and `receipt` wait.

        Raises ForkError where the log signed two roots for one size.
        """
        known = self._ledger.receipts.root_at(seen.origin, seen.size)
        waiting = self._unproven.get(seen.size)
        if known is None and waiting is not None:
            known = waiting.checkpoint.root
        if known is not None and known != seen.root:
            raise ForkError(
                expected=f"root {known} of {seen.origin} at size {seen.size}",
                found=f"root {seen.root}, signed by the same log",
            )
        if waiting is None and (known is not None or self._last() is None):
            return True
        if waiting is None and len(self._unproven) < _MOST_SIZES:
            waiting = self._unproven[seen.size] = _Unproven(seen, text)
        if waiting is not None and receipt is not None and len(waiting.receipts) < _MOST_RECEIPTS:
            waiting.receipts.append(receipt)
        return False

    def question(self, now: float) -> bytes | None:
        """What to ask the log now; None where nothing waits, or an answer is due."""
        last = self._last()
        if last is None or not self._unproven:
            return None
        sizes = sorted((last.size, min(self._unproven)))  # in the order of the log
        question = sizes[0], sizes[1]
        if question == self._asked and now < self._again:
            return None
        self.unanswered = self.unanswered + 1 if question == self._asked else 1
        self._asked, self._again = question, now + AGAIN_S
        return encode({"old": question[0], "new": question[1]})

    def answered(self, payload: bytes, at: Instant) -> list[bytes]:
        """Take an answer; the receipts that wait no longer.

        Raises ForkError and RollbackError (alarms), ReceiptError for what proves nothing.
        """
        last = self._last()
        if last is None or self._asked is None:
            return []
        if payload.startswith(b"{"):
            self._refused(payload)
            return []
        proof = _parse(payload)
        other = proof.beyond(TreeState(last.size, last.root))
        if (proof.old.size, proof.new.size) != self._asked:
            return []  # of an earlier question
        waiting = self._unproven.get(sum(self._asked) - last.size)
        if waiting is None:
            return []
        expected = TreeState(waiting.checkpoint.size, waiting.checkpoint.root)
        if other != expected or proof.origin != waiting.checkpoint.origin:
            raise ForkError(
                expected=f"one log with {_named(last)} and {_named(waiting.checkpoint)}",
                found=f"{proof.origin} with {_state(proof.old)} and {_state(proof.new)}",
            )
        del self._unproven[waiting.checkpoint.size]
        self._ledger.receipts.proven(waiting.checkpoint, waiting.text, at)
        self._asked, self.unanswered = None, 0
        return waiting.receipts

    def forget(self) -> None:
        """The line was lost: receipts come again, and so do questions."""
        self._unproven.clear()
        self._asked, self.unanswered = None, 0

    def _last(self) -> Checkpoint | None:
        return self._ledger.receipts.last_checkpoint()

    def _refused(self, payload: bytes) -> None:
        try:
            said = decode(payload, limit=_LIMIT)
        except EvidenceError as bad:
            raise _no_proof(str(bad)) from bad
        asked = (said.get("old"), said.get("new"))
        if said.get("code") == "LOG_SHORT" and asked == self._asked:
            raise RollbackError(
                expected=f"a log of at least {asked[1]} leaves, as it signed",
                found="central's word that it is shorter",
            )
        raise _no_proof(repr(said.get("code"))[:80])


def _parse(payload: bytes) -> Consistency:
    try:
        proof = Consistency.parse(payload[:_LIMIT].decode("utf-8", "replace"))
        proof.check()
    except EvidenceError as bad:
        raise _no_proof(str(bad)) from bad
    return proof


def _no_proof(found: str) -> ReceiptError:
    return ReceiptError(code="CONSISTENCY_BAD", expected="a proof that the log grew", found=found)


def _named(it: Checkpoint) -> str:
    return _state(TreeState(it.size, it.root))


def _state(it: TreeState) -> str:
    return f"root {str(it.root)[:16]}... at size {it.size}"
