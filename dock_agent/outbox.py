"""Which envelopes to send now: the rules of the window, without broker or ledger.

At most `size` envelopes are on their way, oldest first. What got no receipt within
`patience` is sent again: everything, if central was heard from since; only the oldest, as
a probe, if it was not. Sending twice is always safe; a silent central is not flooded.
"""

from collections.abc import Sequence

from dock_agent.ledger import Letter

SIZE = 20
PATIENCE_S = 15.0
_FIRST_PAUSE_S = 2.0
_LONGEST_PAUSE_S = 300.0


class Window:
    """What is on its way; times are seconds of a monotonic clock."""

    def __init__(self, size: int = SIZE, patience: float = PATIENCE_S) -> None:
        self.size = size
        self._patience = patience
        self._sent: dict[int, float] = {}
        self._heard = self._probed = float("-inf")
        self._gap: int | None = None
        self._pause = 0.0
        self._quiet_until = float("-inf")

    def due(self, waiting: Sequence[Letter], now: float) -> list[Letter]:
        """Pick from the oldest waiting letters those to send, and count them as sent."""
        if now < self._quiet_until:
            return []
        window = waiting[: self.size]
        self._sent = {
            letter.seq: self._sent[letter.seq] for letter in window if letter.seq in self._sent
        }
        late = [each for each in window if self._late(each.seq, now)]
        if late and self._heard <= max(self._sent.values()):
            late = late[:1] if now - self._probed >= self._patience else []
        if late:
            self._probed = now
        due = [e for e in window if e.seq not in self._sent or e in late]
        self._sent |= dict.fromkeys((each.seq for each in due), now)
        return due

    def heard(self, now: float) -> None:
        """Central answered something: it is alive, and no gap stands any longer."""
        self._heard = now

    def advanced(self) -> None:
        """Central logged something: the gap it named is closed."""
        self._gap, self._pause = None, 0.0

    def gap(self, expected: int, now: float) -> bool:
        """Take central's word that it waits for `expected`; answers whether to rewind.

        The answers to what was sent behind a gap arrive together: only the first counts.
        The same gap again, after it was sent, is answered after a growing pause.
        """
        if now < self._quiet_until:
            return False
        if expected in self._sent and now - self._sent[expected] < self._patience:
            return False
        again = expected == self._gap
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE_S), _LONGEST_PAUSE_S) if again else 0.0
        self._gap = expected
        self._quiet_until = now + self._pause
        self._sent = {seq: at for seq, at in self._sent.items() if seq < expected}
        return True

    def forget(self) -> None:
        """The connection was lost: nothing is on its way any more."""
        self._sent.clear()

    def _late(self, seq: int, now: float) -> bool:
        return seq in self._sent and now - self._sent[seq] >= self._patience
