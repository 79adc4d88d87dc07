"""Hand out a package: an export/v1 leaf first, then the files it stands for.

Refused as a whole where a recording's footage is not stored: a package that lacks what it
names would be worse than none. The leaf says up to which log size the package tells.
"""

import secrets
from collections.abc import Sequence

from central.store import envelopes, recordings
from central.store.cases import IndexedExport
from central.store.recordings import IndexedRecording
from central.workflows.cases import case_of, recording_of
from central.workflows.errors import ExportEmptyError, ExportNotStoredError
from central.workflows.package import export_of, written
from central.workflows.site import Site, nonce
from central.workflows.words import checked
from edge.evidence.statement import Export, ExportedRecording


def export_case(site: Site, actor: str, *, case: str, purpose: str) -> IndexedExport:
    """Everything that is linked to a case now."""
    known = case_of(site, case)
    with site.store.read() as connection:
        linked = recordings.of_case(connection, known.id)
    return _export(site, actor, case=known.id, chosen=linked, purpose=purpose)


def export_recordings(
    site: Site, actor: str, *, chosen: Sequence[str], purpose: str
) -> IndexedExport:
    """The recordings of these ids, each once."""
    found = [recording_of(site, each) for each in dict.fromkeys(chosen)]
    return _export(site, actor, case=None, chosen=found, purpose=purpose)


def _export(
    site: Site,
    actor: str,
    *,
    case: str | None,
    chosen: Sequence[IndexedRecording],
    purpose: str,
) -> IndexedExport:
    purpose = checked(purpose, what="purpose")
    if not chosen:
        raise ExportEmptyError(expected="at least one recording", found="none")
    _expect_stored(chosen)
    with site.store.read() as connection:
        size = envelopes.size(connection)
    statement = Export(
        export=secrets.token_hex(8),
        case=case,
        recordings=tuple(
            ExportedRecording(recording=each.id, envelope=each.envelope) for each in chosen
        ),
        purpose=purpose,
        actor=actor,
        at=site.now(),
        size=size,
        nonce=nonce(),
    )
    site.record(statement)
    exported = export_of(site, statement.export)
    written(site, exported)
    return exported


def _expect_stored(chosen: Sequence[IndexedRecording]) -> None:
    missing = [each for each in chosen if each.stored is None]
    if missing:
        first = missing[0]
        raise ExportNotStoredError(
            expected="the footage of every recording to be stored",
            found=f"{len(missing)} not stored yet, such as {first.id} ({first.name})",
            recording=first.id,
            missing=len(missing),
        )
