"""From what the workflows answer to what the API says: names and nothing else."""

from collections.abc import Callable

from central.api import models
from central.log.witnessed import Mark
from central.workflows.find import (
    CaseDetail,
    Fact,
    IndexedCase,
    IndexedExport,
    IndexedRecording,
    RecordingDetail,
    Refusal,
    StationView,
)
from edge.evidence.instant import Instant

Marks = Callable[[int], Mark]
"""What vouches for a leaf, by its index."""


def recording(it: IndexedRecording, marks: Marks) -> models.RecordingOut:
    return models.RecordingOut.model_validate(_recording(it, marks))


def recording_detail(it: RecordingDetail, marks: Marks) -> models.RecordingDetailOut:
    told = {"history": [fact(each) for each in it.history]}
    return models.RecordingDetailOut.model_validate(_recording(it.recording, marks) | told)


def fact(it: Fact) -> models.FactOut:
    return models.FactOut(
        index=it.index,
        envelope=str(it.envelope),
        act=it.act,
        at=str(it.at),
        received=str(it.received),
        actor=it.actor,
        about=it.about,
        reason=it.reason,
    )


def case(it: IndexedCase) -> models.CaseOut:
    return models.CaseOut(
        id=it.id,
        index=it.index,
        envelope=str(it.envelope),
        number=it.number,
        title=it.title,
        actor=it.actor,
        at=str(it.at),
        recordings=it.recordings,
    )


def case_detail(it: CaseDetail, marks: Marks) -> models.CaseDetailOut:
    told = case(it.case).model_dump() | {
        "recordings": [recording(each, marks) for each in it.recordings],
        "exports": [export(each) for each in it.exports],
    }
    return models.CaseDetailOut.model_validate(told)


def export(it: IndexedExport) -> models.ExportOut:
    return models.ExportOut(
        id=it.id,
        index=it.index,
        envelope=str(it.envelope),
        case=it.case,
        recordings=list(it.recordings),
        purpose=it.purpose,
        actor=it.actor,
        at=str(it.at),
        size=it.size,
    )


def station(it: StationView) -> models.StationOut:
    beat = it.heartbeat
    return models.StationOut(
        id=it.id,
        enrolled=str(it.enrolled),
        heard=None if beat is None else str(beat.received),
        clock_offset_ms=it.clock_offset_ms,
        outbox=None if beat is None else beat.outbox,
        disk_total=None if beat is None else beat.disk_total,
        disk_free=None if beat is None else beat.disk_free,
        version=None if beat is None else beat.version,
        logged_seq=it.logged_seq,
        recordings=it.recordings,
        refused=it.refused,
    )


def refusal(it: Refusal) -> models.RefusalOut:
    return models.RefusalOut(
        kind=it.kind,
        sha256=str(it.sha256),
        size=it.size,
        station=it.station,
        code=it.code,
        expected=it.expected,
        found=it.found,
        recording=it.recording,
        received=str(it.received),
    )


def _recording(it: IndexedRecording, marks: Marks) -> dict[str, object]:
    copies, mark = it.stored, marks(it.index)
    return {
        "id": it.id,
        "envelope": str(it.envelope),
        "index": it.index,
        "sha256": str(it.sha256),
        "size": it.size,
        "name": it.name,
        "path": it.path,
        "camera": it.camera,
        "officer": it.officer,
        "station": it.station,
        "bay": it.bay,
        "docking": it.docking,
        "station_time": str(it.station_time),
        "camera_time": it.camera_time,
        "mtime": _text(it.mtime),
        "duration_ms": it.duration_ms,
        "playable": it.playable,
        "important": it.important,
        "flags": list(it.flags),
        "state": "logged" if copies is None else "stored",
        "cases": [{"id": each.id, "number": each.number} for each in it.cases],
        "replicas": [] if copies is None else [dict(each) for each in copies.replicas],
        "received": str(it.received),
        "stored": None if copies is None else str(copies.at),
        "witnessed": {
            "met": mark.met,
            "witnesses": mark.witnesses,
            "known": mark.known,
            "size": mark.size,
        },
    }


def _text(moment: Instant | None) -> str | None:
    return None if moment is None else str(moment)
