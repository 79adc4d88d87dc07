"""The one door to SQLite: a connection a thread, and transactions that take the lock first.

WAL with synchronous=FULL: what a transaction committed survives a power cut. BEGIN
IMMEDIATE: a writer waits for its turn at the start and never fails half way. A full disk
is a StationDiskError, everything else that SQLite refuses a LedgerError.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from dock_agent.errors import AgentError, LedgerError, StationDiskError
from dock_agent.ledger import schema
from edge.durable import make_folder, sync_folder

_BUSY_MS = 30_000
Row = dict[str, Any]
Value = str | int | bytes | None


class Door:
    """Open the ledger at `path`, making it where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.local()
        make_folder(path.parent)
        with _translated(path):
            db = self._database()
            _prepare(db)
        sync_folder(path.parent)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it; inside another, a part of that one."""
        db = self._database()
        if db.conn.in_transaction:
            yield
            return
        with _translated(self.path):
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.commit()
            except BaseException:
                db.rollback()  # nothing where the failure ended the transaction itself
                raise

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        with _translated(self.path):
            return list(self._database().query(sql, list(values)))

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        found = self.rows(sql, values)
        return found[0] if found else None

    def count(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Read one whole number; no row and NULL count as zero."""
        row = self.row(sql, values)
        return int(next(iter(row.values())) or 0) if row else 0

    def insert(self, table: str, row: Mapping[str, Value]) -> None:
        with self.transaction():
            self._database().table(table).insert(dict(row))

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run one UPDATE or upsert; answers how many rows it touched."""
        with self.transaction():
            return self._database().execute(sql, list(values)).rowcount

    def close(self) -> None:
        """Close this thread's connection; another use opens a new one."""
        db: Database | None = getattr(self._threads, "db", None)
        if db is not None:
            db.close()
            del self._threads.db

    def _database(self) -> Database:
        db: Database | None = getattr(self._threads, "db", None)
        if db is None:
            connection = sqlite3.connect(self.path, timeout=_BUSY_MS / 1000)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            db = Database(connection)
            self._threads.db = db
        return db


def _prepare(db: Database) -> None:
    """Make what is missing, then refuse a ledger whose guard rails are not these."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found not in {0, schema.FORMAT}:
        raise LedgerError(
            code="LEDGER_FORMAT", expected=f"format {schema.FORMAT}", found=str(found)
        )
    wanted = {name: f"CREATE TRIGGER {name} {body}" for name, body in schema.triggers().items()}
    if found == 0:
        made = [sql.replace("TRIGGER", "TRIGGER IF NOT EXISTS", 1) for sql in wanted.values()]
        steps = ["BEGIN IMMEDIATE", schema.TABLES, *made]
        steps += [f"PRAGMA user_version={schema.FORMAT}", "COMMIT", ""]
        db.conn.executescript(";\n".join(steps))
    present = db.triggers_dict
    for name, sql in wanted.items():
        if present.get(name) != sql:
            raise LedgerError(
                code="LEDGER_UNGUARDED",
                expected=f"trigger {name} as this version writes it",
                found="another one" if name in present else "none",
            )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except AgentError:
        raise
    except sqlite3.Error as failure:
        name = getattr(failure, "sqlite_errorname", "")
        if name.startswith("SQLITE_FULL"):
            raise StationDiskError(
                expected=f"room for the ledger {path}", found="a full disk"
            ) from failure
        raise LedgerError(
            expected=f"a ledger at {path} that reads and writes", found=str(failure)
        ) from failure
