"""`retry`: a person looked, and says go on.

Refused envelopes and uploads are sent again; failed files of cameras that are docked now
are fetched again; open problems are cleared, and come back if they are still there. What
a pulled camera kept comes with its next docking. A running agent notices within seconds.
"""

from pathlib import Path

from dock_agent.bays import Bays, Docked
from dock_agent.ledger import Ledger
from edge import clock


def retry(ledger: Ledger, announcements: Path) -> dict[str, int]:
    """Put everything that failed back to waiting; answers how much of each."""
    at = clock.now()
    docked = [e.announcement for e in Bays(announcements).look() if isinstance(e, Docked)]
    with ledger.transaction():
        return {
            "envelopes": ledger.outbox.retry(at),
            "uploads": ledger.uploads.retry(at),
            "files": sum(ledger.files.retry(said.docking) for said in docked),
            "problems": ledger.problems.clear_all(at),
        }
