"""One-time tokens by which stations enrol themselves. Kept as hashes; used up, never removed."""

from sqlalchemy import ColumnElement, Connection, or_, select, update

from central.store.operational import invitations
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


def add(
    connection: Connection, *, sha256: Digest, station: str, created: Instant, expires: Instant
) -> None:
    row = {"sha256": sha256, "station": station, "created": created, "expires": expires}
    connection.execute(invitations.insert(), row)


def station_of(connection: Connection, sha256: Digest, now: Instant, request: Digest) -> str | None:
    """Whom a token invites, where it is good for this request now."""
    return connection.execute(
        select(invitations.c.station).where(*_good(sha256, now, request))
    ).scalar_one_or_none()


def use(connection: Connection, sha256: Digest, now: Instant, request: Digest) -> bool:
    """Use a token up for one request; whether it was good. The same request again is fine."""
    done = connection.execute(
        update(invitations).where(*_good(sha256, now, request)).values(request=request)
    )
    return done.rowcount == 1


def _good(sha256: Digest, now: Instant, request: Digest) -> tuple[ColumnElement[bool], ...]:
    unused = or_(invitations.c.request.is_(None), invitations.c.request == request)
    return invitations.c.sha256 == sha256, invitations.c.expires > now, unused
