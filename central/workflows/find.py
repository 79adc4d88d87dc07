"""What people look at: lists, one recording with its history, one case, stations, refusals.

Reading only. Whoever calls this has asked whether the caller may, and has noted the access.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from central.store import cases, envelopes, history, recordings, refused, stations
from central.store.cases import IndexedCase, IndexedExport
from central.store.history import Fact
from central.store.recording_filters import Filters
from central.store.recordings import IndexedRecording
from central.store.refused import Refusal
from central.store.stations import StationView
from central.workflows.cases import case_of, recording_of
from central.workflows.site import Site
from edge.evidence.envelope import Envelope
from edge.evidence.statement import Recording, Statement

__all__ = [
    "CaseDetail",
    "Fact",
    "Filters",
    "IndexedCase",
    "IndexedExport",
    "IndexedRecording",
    "Page",
    "RecordingDetail",
    "Refusal",
    "StationView",
    "count_leaves",
    "find_cases",
    "find_recordings",
    "list_quarantine",
    "list_stations",
    "show_case",
    "show_recording",
    "station_names",
]

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[_Item]):
    """Some items, and where the next ones begin: `below` this leaf index, if at all."""

    items: Sequence[_Item]
    below: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDetail:
    """A recording with the manifest as it was signed, and everything said about it."""

    recording: IndexedRecording
    manifest: Recording
    history: Sequence[Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDetail:
    """A case with what is linked to it now and what was handed out."""

    case: IndexedCase
    recordings: Sequence[IndexedRecording]
    exports: Sequence[IndexedExport]


def find_recordings(
    site: Site, filters: Filters, *, below: int | None = None, limit: int = 50
) -> Page[IndexedRecording]:
    """Recordings that meet `filters`, newest first."""
    with site.store.read() as connection:
        found = recordings.page(connection, filters, below=below, limit=limit + 1)
    more = found[limit - 1].index if len(found) > limit else None
    return Page(items=found[:limit], below=more)


def show_recording(site: Site, recording: str) -> RecordingDetail:
    """One recording. Raises RecordingUnknownError."""
    found = recording_of(site, recording)
    with site.store.read() as connection:
        logged = envelopes.by_digest(connection, found.envelope)
        facts = history.of_recording(connection, found.id)
    if logged is None:  # pragma: no cover - a row of the index comes from its envelope
        message = f"expected the manifest of {found.id} in the index, found none"
        raise LookupError(message)
    manifest = Statement.parse(Envelope.parse(logged.raw).payload).predicate
    if not isinstance(manifest, Recording):  # pragma: no cover - as above
        raise TypeError(manifest.TYPE)
    return RecordingDetail(recording=found, manifest=manifest, history=facts)


def find_cases(
    site: Site, words: str | None = None, *, below: int | None = None, limit: int = 50
) -> Page[IndexedCase]:
    """Cases that mention all of `words`, newest first."""
    with site.store.read() as connection:
        found = cases.page(connection, words=words, below=below, limit=limit + 1)
    more = found[limit - 1].index if len(found) > limit else None
    return Page(items=found[:limit], below=more)


def show_case(site: Site, case: str) -> CaseDetail:
    """One case. Raises CaseUnknownError."""
    found = case_of(site, case)
    with site.store.read() as connection:
        return CaseDetail(
            case=found,
            recordings=recordings.of_case(connection, found.id),
            exports=cases.exports_of(connection, found.id),
        )


def list_stations(site: Site) -> Sequence[StationView]:
    """Every enrolled station."""
    with site.store.read() as connection:
        return stations.all_stations(connection)


def station_names(site: Site) -> Sequence[str]:
    """Every station that sealed a recording."""
    with site.store.read() as connection:
        return recordings.stations(connection)


def list_quarantine(site: Site) -> Sequence[Refusal]:
    """What was refused of late, newest first."""
    with site.store.read() as connection:
        return refused.latest(connection)


def count_leaves(site: Site) -> int:
    """How long the log is."""
    with site.store.read() as connection:
        return envelopes.size(connection)
