"""`retry`: a person looked, and says go on.

Refused envelopes and uploads are sent again; failed files of dockings are listed again,
and fetched as soon as their camera's bay is working; open problems are cleared, and come
back if they are still there. A running agent notices within seconds.
"""

from dock_agent.ledger import Ledger
from edge import clock


def retry(ledger: Ledger) -> dict[str, int]:
    """Put everything that failed back to waiting; answers how much of each."""
    at = clock.now()
    with ledger.transaction():
        return {
            "envelopes": ledger.outbox.retry(at),
            "uploads": ledger.uploads.retry(at),
            "files": ledger.files.retry(),
            "problems": ledger.problems.clear_all(at),
        }
