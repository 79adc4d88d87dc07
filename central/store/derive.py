"""From a leaf to the rows of the index: the one place that knows which, and deterministic.

The live index and an index rebuilt from the group files come from this same function, so
they are equal or one was altered. Nothing a station may sign can make an insert fail: the
leaf is in the log already when it is indexed. A second manifest for a recording that is
indexed becomes a row of `repeats`. Does not verify: what reaches the log was verified.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from central.domain.custody import observed
from central.store import schema
from edge.evidence.digest import Digest
from edge.evidence.encoding import MAX_INTEGER
from edge.evidence.instant import Instant
from edge.evidence.statement import (
    Access,
    Camera,
    Case,
    CaseLink,
    CaseUnlink,
    Docking,
    Export,
    Inventory,
    KeyEvent,
    Predicate,
    ReceiptStored,
    Recording,
    Statement,
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One envelope of the log with what the log knows about it."""

    index: int
    digest: Digest
    raw: bytes
    received: Instant
    station: str | None
    statement: Statement


def index_leaf(connection: Connection, leaf: Leaf) -> None:
    """Insert every row that `leaf` stands for."""
    connection.execute(
        schema.envelopes.insert(),
        {
            "idx": leaf.index,
            "digest": leaf.digest,
            "type": leaf.statement.type,
            "received": leaf.received,
            "station": leaf.station,
            "raw": leaf.raw,
        },
    )
    link = leaf.statement.link
    if link is not None:
        place = {"station": link.id, "boot": link.boot, "seq": link.seq}
        row = {"idx": leaf.index, **place, "prev": link.prev, "digest": leaf.digest}
        connection.execute(schema.chain.insert(), row)
    predicate = leaf.statement.predicate
    if isinstance(predicate, Recording) and _is_indexed(connection, predicate):
        connection.execute(schema.repeats.insert(), _repeat(predicate, leaf))
        return
    table, row_of = _ROWS[type(predicate)]
    connection.execute(table.insert(), {"idx": leaf.index, **row_of(predicate, leaf)})


def is_indexable(predicate: Predicate) -> bool:
    """Whether this kind of statement may be a leaf at all."""
    return type(predicate) in _ROWS


def _is_indexed(connection: Connection, recording: Recording) -> bool:
    seen = select(schema.recordings.c.idx).where(schema.recordings.c.id == recording.recording)
    return connection.execute(seen).first() is not None


def _repeat(recording: Recording, leaf: Leaf) -> Row:
    return {
        "idx": leaf.index,
        "recording": recording.recording,
        "envelope": leaf.digest,
        "sha256": recording.file.sha256,
    }


def _key_event(event: KeyEvent, _leaf: Leaf) -> Row:
    return {
        "action": event.action,
        "role": event.role,
        "name": event.name,
        "keyid": event.keyid,
        "algorithm": event.key.algorithm,
        "boot": event.boot,
        "at": event.at,
    }


def _recording(recording: Recording, leaf: Leaf) -> Row:
    source, file = recording.source, recording.file
    return {
        "id": recording.recording,
        "envelope": leaf.digest,
        "sha256": file.sha256,
        "size": file.size,
        "name": source.path.rsplit("/", 1)[-1],
        "path": source.path,
        "camera": _camera(source.camera),
        "officer": source.officer_claim,
        "station": recording.station.id,
        "bay": source.bay,
        "docking": source.docking,
        "inventory": source.inventory,
        "station_time": recording.time.station,
        "camera_time": recording.time.camera or source.name_time,
        "mtime": source.mtime,
        "duration_ms": recording.media.duration_ms,
        "playable": recording.media.playable,
        "important": source.important,
        "flags": list(recording.flags),
        "observed": observed(recording.time.station, leaf.received),
        "received": leaf.received,
    }


def _inventory(inventory: Inventory, leaf: Leaf) -> Row:
    return {
        "envelope": leaf.digest,
        "docking": inventory.docking,
        "station": inventory.station.id,
        "bay": inventory.bay,
        "camera": _camera(inventory.camera),
        "part": inventory.part,
        "parts": inventory.parts,
        "files": len(inventory.entries),
        # sizes are claims of a card: their sum must still fit a column
        "bytes": min(sum(entry.size for entry in inventory.entries), MAX_INTEGER),
        "root": inventory.inventory_root,
        "station_time": inventory.time.station,
    }


def _docking(docking: Docking, leaf: Leaf) -> Row:
    return {
        "envelope": leaf.digest,
        "docking": docking.docking,
        "station": docking.station.id,
        "bay": docking.bay,
        "camera": _camera(docking.camera),
        "started": docking.started,
        "finished": docking.finished,
        "files": docking.files,
        "new": docking.new,
        "known": [known.to_wire() for known in docking.known],
        "problems": [problem.to_wire() for problem in docking.problems],
        "outcome": docking.outcome,
    }


def _stored(receipt: ReceiptStored, leaf: Leaf) -> Row:
    return {
        "recording": receipt.recording,
        "envelope": receipt.envelope,
        "receipt": leaf.digest,
        "sha256": receipt.sha256,
        "size": receipt.size,
        "replicas": [replica.to_wire() for replica in receipt.replicas],
        "at": receipt.stored,
    }


def _case(case: Case, leaf: Leaf) -> Row:
    return {
        "id": case.case,
        "envelope": leaf.digest,
        "number": case.number,
        "title": case.title,
        "actor": case.actor,
        "at": case.at,
    }


def _case_link(link: CaseLink, leaf: Leaf) -> Row:
    return {
        "link": leaf.digest,
        "case_id": link.case,
        "number": link.number,
        "recording": link.recording,
        "envelope": link.envelope,
        "actor": link.actor,
        "reason": link.reason,
        "at": link.at,
    }


def _case_unlink(unlink: CaseUnlink, _leaf: Leaf) -> Row:
    return {
        "link": unlink.link,
        "case_id": unlink.case,
        "recording": unlink.recording,
        "actor": unlink.actor,
        "reason": unlink.reason,
        "at": unlink.at,
    }


def _access(access: Access, _leaf: Leaf) -> Row:
    return {
        "act": access.act,
        "target": access.target,
        "actor": access.actor,
        "reason": access.reason,
        "at": access.at,
    }


def _export(export: Export, leaf: Leaf) -> Row:
    return {
        "id": export.export,
        "envelope": leaf.digest,
        "case_id": export.case,
        "recordings": [each.to_wire() for each in export.recordings],
        "purpose": export.purpose,
        "actor": export.actor,
        "at": export.at,
        "size": export.size,
    }


def _camera(camera: Camera) -> str:
    """The best name there is for a camera, for lists and searches."""
    return camera.serial or camera.fs_uuid or camera.port or "unknown"


_ROWS: dict[type[Predicate], tuple[Table, Callable[[Any, Leaf], Row]]] = {
    KeyEvent: (schema.key_events, _key_event),
    Recording: (schema.recordings, _recording),
    Inventory: (schema.inventories, _inventory),
    Docking: (schema.dockings, _docking),
    ReceiptStored: (schema.stored, _stored),
    Case: (schema.cases, _case),
    CaseLink: (schema.case_links, _case_link),
    CaseUnlink: (schema.case_unlinks, _case_unlink),
    Access: (schema.access, _access),
    Export: (schema.exports, _export),
}
