"""What a bay can be, and what each of that means for the officer's hand."""

from enum import StrEnum


class Verdict(StrEnum):
    """What the officer's hand should do."""

    FREE = "free"
    STAY = "stay"
    TAKE = "take"
    RETURN = "return"
    OUT = "out"


class State(StrEnum):
    IDLE = "idle"
    OUT = "out"
    DETECTED = "detected"
    COPYING = "copying"
    SEALING = "sealing"
    STORED = "stored"
    SENDING = "sending"
    WAITING = "waiting"
    NOTHING_NEW = "nothing-new"
    EMPTY = "empty"
    FAILED = "failed"
    DISK_FULL = "disk-full"
    PULLED = "pulled"
    STALLED = "stalled"
    UNREADABLE = "unreadable"

    @property
    def verdict(self) -> Verdict:
        """What is not known to be anything else is "do not remove"."""
        return _VERDICTS.get(self, Verdict.STAY)

    @property
    def danger(self) -> bool:
        """Footage is in danger until a person does something."""
        return self in _DANGERS


_VERDICTS = {
    State.IDLE: Verdict.FREE,
    State.OUT: Verdict.OUT,
    State.PULLED: Verdict.RETURN,
    State.STORED: Verdict.TAKE,
    State.SENDING: Verdict.TAKE,
    State.WAITING: Verdict.TAKE,
    State.NOTHING_NEW: Verdict.TAKE,
    State.EMPTY: Verdict.TAKE,
}
_DANGERS = frozenset({State.FAILED, State.DISK_FULL, State.PULLED, State.STALLED, State.UNREADABLE})
