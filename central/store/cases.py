"""Cases and their links, as the log has them."""

from typing import Any

from sqlalchemy import Connection, Row, exists, select

from central.store.schema import case_links, case_unlinks, cases


def get(connection: Connection, case: str) -> Row[Any] | None:
    """A case by its id: the first statement that opened it."""
    query = select(cases).where(cases.c.id == case).order_by(cases.c.idx).limit(1)
    return connection.execute(query).one_or_none()


def by_number(connection: Connection, number: str) -> Row[Any] | None:
    """A case by the authority's own number."""
    query = select(cases).where(cases.c.number == number).order_by(cases.c.idx).limit(1)
    return connection.execute(query).one_or_none()


def newest(connection: Connection, *, limit: int = 500) -> list[Row[Any]]:
    """Cases, newest first."""
    query = select(cases).order_by(cases.c.idx.desc()).limit(limit)
    return list(connection.execute(query))


def links(connection: Connection, case: str) -> list[Row[Any]]:
    """Links of a case that were not taken back, oldest first; columns of `case_links`."""
    ended = exists().where(case_unlinks.c.link == case_links.c.link)
    query = select(case_links).where(case_links.c.case_id == case, ~ended)
    return list(connection.execute(query.order_by(case_links.c.idx)))


def history(connection: Connection, recording: str) -> list[Row[Any]]:
    """Every link that a recording ever had, oldest first."""
    query = select(case_links).where(case_links.c.recording == recording)
    return list(connection.execute(query.order_by(case_links.c.idx)))
