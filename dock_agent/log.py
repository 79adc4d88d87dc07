"""Log lines for machines: one JSON object a line on stderr; only warnings unless asked."""

import json
import logging
import sys

from edge.evidence.instant import Instant


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": str(Instant(int(record.created * 1000))),
            "level": record.levelname.lower(),
            "part": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def begin(*, verbose: bool) -> None:
    """Send everything to stderr; `verbose` shows the ordinary course of things too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.INFO if verbose else logging.WARNING)
    for noisy in ("httpx", "httpcore", "watchdog"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
