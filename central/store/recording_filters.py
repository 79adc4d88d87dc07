"""How a list of recordings is narrowed: conditions over the index, and nothing else.

*Linked* and *stored* are facts of later leaves, so both are sub-queries. A search is many
words, each of which has to occur somewhere; it is no full-text index.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, false, or_

from central.store.schema import case_links, case_unlinks, cases, recordings, stored
from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError

_Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None means all. `case` is an id or a number."""

    station: str | None = None
    camera: str | None = None
    case: str | None = None
    linked: bool | None = None
    stored: bool | None = None
    words: str | None = None


def conditions(filters: Filters) -> list[_Condition]:
    """What a row of `recordings` has to meet."""
    wanted: list[_Condition] = []
    if filters.station is not None:
        wanted.append(recordings.c.station == filters.station)
    if filters.camera is not None:
        wanted.append(recordings.c.camera == filters.camera)
    if filters.case is not None:
        wanted.append(linked_to(or_(cases.c.id == filters.case, cases.c.number == filters.case)))
    if filters.linked is not None:
        wanted.append(_linked() if filters.linked else ~_linked())
    if filters.stored is not None:
        wanted.append(_stored() if filters.stored else ~_stored())
    wanted += [_mentions(word) for word in (filters.words or "").split()]
    return wanted


def linked_to(condition: _Condition) -> _Condition:
    """The recording is linked now to a case that meets `condition`."""
    return exists().where(
        case_links.c.recording == recordings.c.id,
        case_links.c.case_id == cases.c.id,
        condition,
        ~undone(),
    )


def undone() -> _Condition:
    """The link was taken back."""
    return exists().where(case_unlinks.c.link == case_links.c.link)


def _linked() -> _Condition:
    return exists().where(case_links.c.recording == recordings.c.id, ~undone())


def _stored() -> _Condition:
    return exists().where(stored.c.envelope == recordings.c.envelope)


def _mentions(word: str) -> _Condition:
    texts = (
        recordings.c.path,
        recordings.c.camera,
        recordings.c.officer,
        recordings.c.station,
        recordings.c.camera_time,
    )
    return or_(
        *(column.icontains(word, autoescape=True) for column in texts),
        recordings.c.id == word.lower(),
        _has_digest(word.lower()),
        linked_to(
            or_(
                cases.c.number.contains(word, autoescape=True),
                cases.c.title.icontains(word, autoescape=True),
            )
        ),
    )


def _has_digest(text: str) -> _Condition:
    try:
        digest = Digest.parse(text)
    except EncodingError:
        return false()
    return or_(recordings.c.sha256 == digest, recordings.c.envelope == digest)
