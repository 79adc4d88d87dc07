"""Who may sign in: users, their tokens and their sessions. Secrets are kept as hashes only.

Working state, not evidence: rows here are updated (a session ends, a token is revoked) and
none is removed. What an account does is in the log.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from central.store.operational import sessions, tokens, users
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`password` is an argon2id hash, or empty for an account of tokens alone."""

    name: str
    role: str
    password: str
    disabled: bool
    created: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser; `sha256` is of its cookie."""

    sha256: Digest
    user: str
    csrf: str
    created: Instant
    seen: Instant
    ended: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program's credential; `sha256` is of the token."""

    id: str
    sha256: Digest
    user: str
    name: str
    created: Instant
    expires: Instant | None
    revoked: Instant | None


def user(connection: Connection, name: str) -> User | None:
    row = connection.execute(select(users).where(users.c.name == name)).first()
    return None if row is None else User(**row._mapping)  # noqa: SLF001 - its public name


def add_user(connection: Connection, added: User) -> None:
    row = {
        "name": added.name,
        "role": added.role,
        "password": added.password,
        "disabled": added.disabled,
        "created": added.created,
    }
    connection.execute(users.insert(), row)


def change_password(connection: Connection, name: str, password: str) -> None:
    connection.execute(update(users).where(users.c.name == name).values(password=password))


def add_token(connection: Connection, added: Token) -> None:
    row = {
        "id": added.id,
        "sha256": added.sha256,
        "user": added.user,
        "name": added.name,
        "created": added.created,
        "expires": added.expires,
        "revoked": added.revoked,
    }
    connection.execute(tokens.insert(), row)


def token(connection: Connection, sha256: Digest) -> Token | None:
    row = connection.execute(select(tokens).where(tokens.c.sha256 == sha256)).first()
    return None if row is None else Token(**row._mapping)  # noqa: SLF001 - its public name


def add_session(connection: Connection, added: Session) -> None:
    row = {
        "sha256": added.sha256,
        "user": added.user,
        "csrf": added.csrf,
        "created": added.created,
        "seen": added.seen,
        "ended": added.ended,
    }
    connection.execute(sessions.insert(), row)


def session(connection: Connection, sha256: Digest) -> Session | None:
    row = connection.execute(select(sessions).where(sessions.c.sha256 == sha256)).first()
    return None if row is None else Session(**row._mapping)  # noqa: SLF001 - its public name


def saw_session(connection: Connection, sha256: Digest, at: Instant) -> None:
    connection.execute(update(sessions).where(sessions.c.sha256 == sha256).values(seen=at))


def end_session(connection: Connection, sha256: Digest, at: Instant) -> None:
    """A session ends once; a second end changes nothing."""
    connection.execute(
        update(sessions)
        .where(sessions.c.sha256 == sha256, sessions.c.ended.is_(None))
        .values(ended=at)
    )
