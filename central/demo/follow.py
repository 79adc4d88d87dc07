"""The station's event stream, followed line by line until something has happened.

Waits are bounded by silence, not by length: a card of any size may take its time as long as
the station goes on saying something.
"""

import json
import queue
from collections.abc import Callable, Mapping
from typing import Any

from central.demo.children import Children

Event = Mapping[str, Any]
_POLL_S = 0.25


class SilenceError(Exception):
    """Nothing was heard for too long while something was awaited."""

    code = "STATION_SILENT"


class Follower:
    """Events of one station: `hear` is called by a reader thread, the rest by the demo."""

    def __init__(self, children: Children, patience_s: float = 120.0) -> None:
        self.problems: list[Event] = []
        self.of: dict[str, list[Event]] = {}
        self._children = children
        self._patience_s = patience_s
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def hear(self, line: str) -> None:
        """Take one JSON line; other lines are the station's log and are left alone."""
        if not line.startswith("{"):
            return
        event = json.loads(line)
        if "event" in event:
            self._queue.put(event)

    def until(
        self,
        what: str,
        reached: Callable[[], bool],
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Return once `reached()`; raises SilenceError, or ChildEndedError for a dead child."""
        quiet = 0.0
        while not reached():
            try:
                event = self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                self._children.check()
                quiet += _POLL_S
                if quiet >= self._patience_s:
                    raise SilenceError(self._silence(what)) from None
                continue
            quiet = 0.0
            self._keep(event)
            if on_event is not None:
                on_event(event)

    def first(self, name: str) -> Event:
        """The first event of that name since `forget`, awaited."""
        self.until(name, lambda: bool(self.of.get(name)))
        return self.of[name][0]

    def all(self, name: str) -> list[Event]:
        """Every event of that name heard so far."""
        return self.of.get(name, [])

    def forget(self) -> None:
        """Begin anew, for a second docking."""
        self.of.clear()

    def _keep(self, event: Event) -> None:
        self.of.setdefault(event["event"], []).append(event)
        if event["event"] == "problem":
            self.problems.append(event)

    def _silence(self, what: str) -> str:
        text = f"expected '{what}' from the station, found {self._patience_s:.0f} s of silence"
        if self.problems:
            text += f"; last problem: {json.dumps(self.problems[-1], ensure_ascii=False)}"
        return text
