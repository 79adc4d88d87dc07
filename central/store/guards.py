"""Triggers that refuse UPDATE, DELETE and INSERT OR REPLACE on evidence, and their check.

A guard rail, not the proof: who owns the file can drop a trigger, and then the log says
so (`central fsck`). The check at start-up refuses a database whose guards are missing or
differ, because some tools drop triggers without a word.
"""

from sqlalchemy import Connection, Table, UniqueConstraint

from central.errors import GuardMissingError
from central.store.operational import cosignatures, quarantine
from central.store.schema import DERIVED, checkpoints

GUARDED: tuple[Table, ...] = (*DERIVED, checkpoints, quarantine, cosignatures)


def triggers_of(table: Table) -> dict[str, str]:
    """Name -> statement of each guard on `table`.

    BEFORE INSERT looks for every key that INSERT OR REPLACE could collide with: SQLite
    deletes the old row without firing its DELETE trigger.
    """
    name = table.name
    refusal = f"BEGIN SELECT RAISE(ABORT, 'EVIDENCE_APPEND_ONLY {name}'); END"
    return {
        f"{name}_no_{verb}": f"CREATE TRIGGER {name}_no_{verb} {moment} {refusal}"
        for verb, moment in (
            ("update", f"BEFORE UPDATE ON {name}"),
            ("delete", f"BEFORE DELETE ON {name}"),
            ("replace", f"BEFORE INSERT ON {name} WHEN {_taken(table)}"),
        )
    }


def create(connection: Connection) -> None:
    """Add the guards to tables made a moment ago, in the same transaction."""
    for table in GUARDED:
        for statement in triggers_of(table).values():
            connection.exec_driver_sql(statement)


def check(connection: Connection) -> None:
    """Raise GuardMissingError where any guard is absent or says something else."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found = {str(name): str(sql) for name, sql in rows}
    for table in GUARDED:
        for name, statement in triggers_of(table).items():
            if found.get(name) != statement:
                raise GuardMissingError(
                    expected=f"trigger {name} on {table.name}, as this version makes it",
                    found="another one" if name in found else "none",
                    trigger=name,
                    table=table.name,
                )


def _taken(table: Table) -> str:
    keys = [[column.name for column in table.primary_key]]
    keys += [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    collisions = sorted(" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    return f"EXISTS (SELECT 1 FROM {table.name} WHERE {' OR '.join(collisions)})"  # noqa: S608 - names of our own tables
