"""The custody history of a package: a table for people, made from the signed statements.

It adds nothing: each row names the envelope it was made from, and a verifier makes the
same rows again and compares. Times are those that each signer claimed.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.statement import (
    Access,
    Case,
    CaseLink,
    CaseUnlink,
    Docking,
    Export,
    Inventory,
    KeyEvent,
    ReceiptStored,
    Recording,
    Statement,
)

COLUMNS = ("index", "at", "act", "actor", "object", "reason", "envelope")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def row_of(statement: Statement, envelope: Digest, index: int | None) -> dict[str, Any]:
    """One row; members that a statement does not have are absent."""
    row: dict[str, Any] = _told(statement)
    row["envelope"] = str(envelope)
    if index is not None:
        row["index"] = index
    return row


def history_files(rows: Sequence[dict[str, Any]]) -> list[tuple[str, bytes]]:
    """The same rows as JSON for programs and as CSV for a spreadsheet."""
    wire = {"format": "liuhen-custody/v1", "rows": list(rows)}
    return [
        ("data/custody/history.csv", _as_csv(rows)),
        ("data/custody/history.json", encode(wire) + b"\n"),
    ]


def _told(statement: Statement) -> dict[str, Any]:  # noqa: C901, PLR0911 - one case a type
    match statement.predicate:
        case Recording() as it:
            actor = f"station {it.station.id}"
            return _row(it.time.station, "sealed", actor, it.recording)
        case Inventory() as it:
            actor = f"station {it.station.id}"
            return _row(it.time.station, "inventory", actor, it.docking)
        case Docking() as it:
            actor = f"station {it.station.id}"
            return _row(it.finished, "docked", actor, it.docking, it.outcome)
        case KeyEvent() as it:
            actor = f"station {it.station.id}" if it.station else "root"
            return _row(it.at, f"key {it.action}", actor, f"{it.role} {it.name}")
        case ReceiptStored() as it:
            return _row(it.stored, "stored", "central", it.recording)
        case Case() as it:
            return _row(it.at, "case opened", it.actor, it.case, it.title)
        case CaseLink() as it:
            return _row(it.at, f"linked to {it.case}", it.actor, it.recording, it.reason)
        case CaseUnlink() as it:
            act = f"unlinked from {it.case}"
            return _row(it.at, act, it.actor, it.recording, it.reason)
        case Access() as it:
            return _row(it.at, it.act, it.actor, it.target, it.reason)
        case Export() as it:
            return _row(it.at, "exported", it.actor, it.export, it.purpose)
        case _:
            return {"act": statement.type}


def _row(
    at: object, act: str, actor: str, thing: str | None, reason: str | None = None
) -> dict[str, Any]:
    row = {"at": str(at), "act": act, "actor": actor}
    if thing is not None:
        row["object"] = thing
    if reason is not None:
        row["reason"] = reason
    return row


def _as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """RFC 4180 with a byte order mark, so that spreadsheets read Chinese."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row.get(column, "")) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    """A cell that a spreadsheet shows as text and never runs as a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
