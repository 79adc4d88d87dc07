"""The station's memory: one SQLite file, through one door.

What was sealed, what waits, how far each file is, which receipts verified. It proves
nothing by itself: the signed envelopes in it do. No other module sees SQL.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from dock_agent.errors import LedgerError
from dock_agent.ledger.chain import Chain, SealedRow
from dock_agent.ledger.dockings import DockingRow, Dockings, FileRow, Files
from dock_agent.ledger.door import Door
from dock_agent.ledger.outbox import Letter, Outbox
from dock_agent.ledger.overview import Overview, Tally
from dock_agent.ledger.problems import Problem, ProblemRow, Problems, scan_subject
from dock_agent.ledger.receipts import ReceiptRow, Receipts
from dock_agent.ledger.uploads import Parcel, Uploads

__all__ = [
    "DockingRow",
    "FileRow",
    "Ledger",
    "Letter",
    "Parcel",
    "Problem",
    "ProblemRow",
    "ReceiptRow",
    "SealedRow",
    "Tally",
    "scan_subject",
]


class Ledger:
    """All tables of one station; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        self._door = Door(path)
        self.chain = Chain(self._door)
        self.outbox = Outbox(self._door)
        self.dockings = Dockings(self._door)
        self.files = Files(self._door)
        self.receipts = Receipts(self._door, self.files)
        self.uploads = Uploads(self._door)
        self.problems = Problems(self._door)
        self.overview = Overview(self._door, self.chain)

    @classmethod
    def existing(cls, path: Path) -> "Ledger":
        """Open a ledger that an agent made; never makes one."""
        if not path.is_file():
            raise LedgerError(
                code="LEDGER_MISSING",
                expected=f"a ledger {path} (has the agent run here?)",
                found="no file",
            )
        return cls(path)

    def transaction(self) -> AbstractContextManager[None]:
        """All of the block or nothing of it."""
        return self._door.transaction()

    def close(self) -> None:
        """Close this thread's connection."""
        self._door.close()
