"""One JSON object a line on a stream: what the recorder does, as it happens.

Events are news, not records: the session note beside the segments is the record. A stream
that nobody reads any more is dropped; it never stops a recording.
"""

import json
import logging
import threading
from typing import TextIO

from edge.capture.errors import CaptureError
from edge.clock import now

Field = str | int | bool | list[str]
_log = logging.getLogger(__name__)


class Events:
    """Publishes from any thread, one event at a time. With no stream it says nothing."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = out
        self._lock = threading.Lock()

    def publish(self, name: str, **fields: Field | None) -> None:
        """Write one event; members that are None are left out."""
        event: dict[str, Field] = {"event": name, "at": str(now())}
        event |= {key: value for key, value in fields.items() if value is not None}
        with self._lock:
            if self._out is None:
                return
            try:
                self._out.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
                self._out.flush()
            except (OSError, ValueError):  # a closed pipe, a closed file
                self._out = None
                _log.warning("event stream dropped", exc_info=True)

    def problem(self, fault: CaptureError) -> None:
        """Tell a fault the way all processes of a station do."""
        self.publish("problem", code=fault.code, **fault.facts)
