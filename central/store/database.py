"""The index database: how it is opened, and the two kinds of transaction.

`read()` is a snapshot, `write()` holds the one write lock from its first statement (BEGIN
IMMEDIATE), commits on leaving the block and rolls back on any exception. Every commit is on
disk before it returns (WAL, synchronous=FULL). Queries live in the modules of this package,
one per noun, and take the connection. SQLite only, so far.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.pool import StaticPool

from central.errors import GuardMissingError, NotInitialisedError
from central.store import guards
from central.store.schema import metadata

_BUSY_MS = 30_000
_WRITE = "liuhen_write"
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
)


class Store:
    """One open index database; connections are pooled, one per thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the database at `path` (a DataFolder's `index`).

        Raises GuardMissingError where an existing one lacks a table or a guard.
        """
        return cls._ready(create_engine(URL.create("sqlite", database=str(path))))

    @classmethod
    def existing(cls, path: Path) -> Self:
        """Open the database at `path`. Raises NotInitialisedError where there is none."""
        if not path.exists():
            raise NotInitialisedError(
                expected="an index (central makes it at its first start)",
                found=f"nothing at {path}",
                path=str(path),
            )
        return cls.open(path)

    @classmethod
    def in_memory(cls) -> Self:
        """An empty database that ends with the process: what `fsck` rebuilds into."""
        return cls._ready(create_engine("sqlite://", poolclass=StaticPool))

    @classmethod
    def _ready(cls, engine: Engine) -> Self:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        store = cls(engine)
        try:
            store._create_or_check()
        except BaseException:
            engine.dispose()
            raise
        return store

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for queries; nothing it does is kept."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it on disk when the block ends, or none."""
        with self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITE: True})  # noqa: PLW2901 - the same connection
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close idle connections. A Store is not used after this."""
        self._engine.dispose()

    def _create_or_check(self) -> None:
        with self.write() as connection:
            existing = set(inspect(connection).get_table_names())
            if not existing:
                metadata.create_all(connection)
                guards.create(connection)
            else:
                _check_tables(existing)
            guards.check(connection)


def _check_tables(existing: set[str]) -> None:
    for name in metadata.tables:
        if name not in existing:
            raise GuardMissingError(
                expected=f"table {name}", found="none in this database", table=name
            )


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
