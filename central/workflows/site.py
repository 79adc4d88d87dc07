"""What every workflow works with: index, log, vault, and central's key.

`record` is the one way an act of a person gets into the log: sealed, appended, durable and
indexed when it returns. It does not ask whether the act is allowed; the callers do.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from central.data_folder import DataFolder
from central.log.groups import Entry
from central.log.reader import LogReader
from central.log.witnessed import WitnessedLog
from central.log.writer import Appended, LogWriter
from central.store.database import Store
from central.vault import Vault
from edge.evidence.envelope import seal
from edge.evidence.instant import Instant
from edge.evidence.signers import Signer
from edge.evidence.statement import Predicate, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One running central. `deciding` is held from a question to the answer it leads to.

    `export_wait` are the seconds that an export waits for witnesses.
    """

    name: str
    folder: DataFolder
    store: Store
    log: LogWriter
    reader: LogReader
    witnessed: WitnessedLog
    vault: Vault
    key: Signer
    retention_days: int
    now: Callable[[], Instant]
    export_wait: float = 0.0
    deciding: threading.Lock = field(default_factory=threading.Lock)

    def record(self, predicate: Predicate) -> Appended:
        """Seal one statement and append it; on disk when this returns."""
        sealed = seal(Statement.about(predicate), self.key)
        (appended,) = self.log.append([Entry(raw_envelope=sealed.raw, received=self.now())])
        return appended


def nonce() -> str:
    """16 random bytes, so that nobody can guess a leaf from the little it says."""
    return secrets.token_hex(16)
