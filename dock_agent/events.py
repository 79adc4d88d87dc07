"""One in-process stream of what happens, for `run --events` and the officer's screen.

Events are news, not records: whoever was not listening reads the ledger. A listener
whose output is gone is dropped with a line in the log; it never stops the work.
"""

import json
import logging
import threading
from collections.abc import Callable
from typing import TextIO

from edge.clock import now

Field = str | int | float | bool | list[dict[str, str]] | dict[str, str | bool]
Event = dict[str, Field]
Listener = Callable[[Event], None]

_log = logging.getLogger(__name__)


class EventStream:
    """Publishes from any thread; listeners are called in order, one event at a time."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def subscribe(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.append(listener)

    def publish(self, name: str, **fields: Field | None) -> None:
        event: Event = {"event": name, "at": str(now())}
        event |= {key: value for key, value in fields.items() if value is not None}
        with self._lock:
            self._listeners = [each for each in self._listeners if _told(each, event)]


def json_lines(out: TextIO) -> Listener:
    """Make a listener that writes one JSON object a line and flushes it."""

    def write(event: Event) -> None:
        out.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
        out.flush()

    return write


def _told(listener: Listener, event: Event) -> bool:
    try:
        listener(event)
    except (OSError, ValueError):  # a closed pipe, a closed file
        _log.warning("event listener dropped", exc_info=True)
        return False
    return True
