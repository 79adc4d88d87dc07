"""Open a case, link a recording to it, take a link back. Each is a leaf; nothing is undone.

The question (is the number free? is it linked?) and the leaf that answers it happen under
one lock, so two people cannot both be right.
"""

import secrets

from central.store import cases, recordings
from central.store.cases import IndexedCase
from central.store.recordings import IndexedRecording
from central.workflows.errors import (
    AlreadyLinkedError,
    CaseNumberTakenError,
    CaseUnknownError,
    NotLinkedError,
    RecordingUnknownError,
)
from central.workflows.site import Site, nonce
from central.workflows.words import checked
from edge.evidence.statement import Case, CaseLink, CaseUnlink


def open_case(site: Site, actor: str, *, number: str, title: str) -> IndexedCase:
    """Open a case under the authority's own number, which has to be free."""
    number, title = checked(number, what="case number"), checked(title, what="title")
    with site.deciding:
        with site.store.read() as connection:
            taken = cases.numbered(connection, number)
        if taken is not None:
            raise CaseNumberTakenError(
                expected="a case number that is free",
                found=f"{number}, of case {taken.id}",
                number=number,
                case=taken.id,
            )
        opened = Case(
            case=secrets.token_hex(6),
            number=number,
            title=title,
            actor=actor,
            at=site.now(),
            nonce=nonce(),
        )
        site.record(opened)
    return case_of(site, opened.case)


def link(site: Site, actor: str, *, case: str, recording: str, reason: str) -> IndexedRecording:
    """Link a recording to a case, for a reason."""
    reason = checked(reason, what="reason")
    with site.deciding:
        known, found = case_of(site, case), recording_of(site, recording)
        with site.store.read() as connection:
            standing = cases.link(connection, known.id, found.id)
        if standing is not None:
            raise AlreadyLinkedError(
                expected=f"a recording that is not linked to {known.number}",
                found=f"{found.id}, which is",
                case=known.id,
                recording=found.id,
            )
        statement = CaseLink(
            case=known.id,
            number=known.number,
            recording=found.id,
            envelope=found.envelope,
            actor=actor,
            reason=reason,
            at=site.now(),
            nonce=nonce(),
        )
        site.record(statement)
    return recording_of(site, recording)


def unlink(site: Site, actor: str, *, case: str, recording: str, reason: str) -> IndexedRecording:
    """Take a link back, for a reason. The link stays in the log, and so does this."""
    reason = checked(reason, what="reason")
    with site.deciding:
        known, found = case_of(site, case), recording_of(site, recording)
        with site.store.read() as connection:
            standing = cases.link(connection, known.id, found.id)
        if standing is None:
            raise NotLinkedError(
                expected=f"a recording that is linked to {known.number}",
                found=f"{found.id}, which is not",
                case=known.id,
                recording=found.id,
            )
        statement = CaseUnlink(
            case=known.id,
            number=known.number,
            recording=found.id,
            envelope=found.envelope,
            link=standing,
            actor=actor,
            reason=reason,
            at=site.now(),
            nonce=nonce(),
        )
        site.record(statement)
    return recording_of(site, recording)


def case_of(site: Site, case: str) -> IndexedCase:
    """The case of this id. Raises CaseUnknownError."""
    with site.store.read() as connection:
        found = cases.one(connection, case)
    if found is None:
        raise CaseUnknownError(expected="the id of a case", found=case[:100])
    return found


def case_numbered(site: Site, number: str) -> IndexedCase:
    """The case of this number. Raises CaseUnknownError."""
    with site.store.read() as connection:
        found = cases.numbered(connection, checked(number, what="case number"))
    if found is None:
        raise CaseUnknownError(expected="the number of a case", found=number[:100])
    return found


def recording_of(site: Site, recording: str) -> IndexedRecording:
    """The recording of this id. Raises RecordingUnknownError."""
    with site.store.read() as connection:
        found = recordings.one(connection, recording)
    if found is None:
        raise RecordingUnknownError(expected="the id of a recording", found=recording[:100])
    return found
