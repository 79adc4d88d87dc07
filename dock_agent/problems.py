"""What a person should know: written into the ledger, and told as an event once.

The same problem of the same thing is one row that counts, until it is cleared. Decides
nothing: who reports a problem also decides what happens to the work.
"""

import logging
from dataclasses import replace

from dock_agent.errors import AgentError
from dock_agent.events import EventStream
from dock_agent.ledger import Ledger, Problem
from edge import clock

_log = logging.getLogger(__name__)
_LONGEST = 1024


class ProblemBook:
    def __init__(self, ledger: Ledger, events: EventStream) -> None:
        self._ledger = ledger
        self._events = events

    def note(self, subject: str, error: AgentError, *, about: Problem | None = None) -> None:
        """Write down that `error` happened to `subject`; `about` adds bay, path and so on."""
        problem = replace(
            about or Problem(),
            subject=subject,
            code=error.code,
            expected=error.expected[:_LONGEST],
            found=error.found[:_LONGEST],
        )
        if not self._ledger.problems.note(problem, clock.now()):
            return
        _log.warning("%s: %s: %s", subject, error.code, error)
        self._events.publish(
            "problem",
            bay=problem.bay,
            docking=problem.docking,
            code=problem.code,
            expected=problem.expected,
            found=problem.found,
            path=problem.path,
            recording=problem.recording,
        )

    def over(self, subject: str, *, code: str | None = None, path: str = "") -> None:
        """Say that a subject's problems are over; without any this changes nothing."""
        self._ledger.problems.clear(subject, clock.now(), code=code, path=path)
