"""Sign in and out, and who is asking: a session cookie or a bearer token becomes a Caller.

Only hashes of cookies and tokens are kept. A session ends after twelve hours, or two hours
without a request; a token when it expires or is revoked. Does not decide what a caller may
do (`roles`), and does not write the log: the workflows do.
"""

import re
import secrets
from dataclasses import dataclass

from central.accounts import passwords
from central.accounts.roles import Role
from central.errors import CentralError
from central.store import accounts
from central.store.database import Store
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

SESSION_MS = 12 * 3600 * 1000
IDLE_MS = 2 * 3600 * 1000
_SEEN_EVERY_MS = 60_000
_SECRET_BYTES = 32
_NAME = re.compile(r"[\w][\w.@-]{0,63}")


class SignInRefusedError(CentralError):
    """No such account with this password. Which of the two is not said."""

    code = "SIGN_IN_REFUSED"


class AccountExistsError(CentralError):
    """An account of this name exists."""

    code = "ACCOUNT_EXISTS"


class NameRefusedError(CentralError):
    """Not a name for an account."""

    code = "NAME_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking. `via` names this session or token, for collapsing repeated acts."""

    name: str
    role: Role
    via: str
    csrf: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new session: `cookie` is told once and kept nowhere."""

    cookie: str
    caller: Caller


def sign_in(store: Store, name: str, password: str, now: Instant) -> Opened:
    """Check the password and open a session. Raises SignInRefusedError."""
    with store.read() as connection:
        user = accounts.user(connection, name)
    good = passwords.matches(user.password if user else None, password)
    if user is None or not good or user.disabled:
        raise SignInRefusedError(expected="an account and its password", found="no match")
    return _opened(store, user, now)


def sign_in_locally(store: Store, name: str, now: Instant) -> Opened:
    """A session without a password, for who can write the data folder anyway: a command."""
    with store.read() as connection:
        user = accounts.user(connection, name)
    if user is None or user.disabled:
        raise SignInRefusedError(expected="the name of an account", found=name[:100])
    return _opened(store, user, now)


def sign_out(store: Store, cookie: str, now: Instant) -> None:
    with store.write() as connection:
        accounts.end_session(connection, _named(cookie), now)


def by_cookie(store: Store, cookie: str, now: Instant) -> Caller | None:
    """The caller of a session that is still open."""
    with store.read() as connection:
        session = accounts.session(connection, _named(cookie))
        user = accounts.user(connection, session.user) if session else None
    if session is None or user is None or user.disabled or session.ended is not None:
        return None
    if now.minus(session.created) > SESSION_MS or now.minus(session.seen) > IDLE_MS:
        return None
    if now.minus(session.seen) > _SEEN_EVERY_MS:
        with store.write() as connection:
            accounts.saw_session(connection, session.sha256, now)
    return _caller(user, session.sha256, session.csrf)


def by_token(store: Store, token: str, now: Instant) -> Caller | None:
    """The caller of a token that is still good."""
    with store.read() as connection:
        known = accounts.token(connection, _named(token))
        user = accounts.user(connection, known.user) if known else None
    if known is None or user is None or user.disabled or known.revoked is not None:
        return None
    if known.expires is not None and now.minus(known.expires) >= 0:
        return None
    return _caller(user, known.sha256, None)


def add_user(store: Store, name: str, role: Role, password: str, now: Instant) -> None:
    """Make an account. Raises AccountExistsError, PasswordRefusedError."""
    kept = passwords.hashed(password)
    _add(store, accounts.User(name=name, role=role, password=kept, disabled=False, created=now))


def add_token(store: Store, name: str, role: Role, now: Instant) -> str:
    """Make an account that has no password, only the token that is answered here, once."""
    token = secrets.token_urlsafe(_SECRET_BYTES)
    _add(store, accounts.User(name=name, role=role, password="", disabled=False, created=now))
    kept = accounts.Token(
        id=secrets.token_hex(8),
        sha256=_named(token),
        user=name,
        name=name,
        created=now,
        expires=None,
        revoked=None,
    )
    with store.write() as connection:
        accounts.add_token(connection, kept)
    return token


def _opened(store: Store, user: accounts.User, now: Instant) -> Opened:
    cookie, csrf = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    session = accounts.Session(
        sha256=_named(cookie), user=user.name, csrf=csrf, created=now, seen=now, ended=None
    )
    with store.write() as connection:
        accounts.add_session(connection, session)
    return Opened(cookie=cookie, caller=_caller(user, session.sha256, csrf))


def make_local(store: Store, name: str, role: Role, now: Instant) -> None:
    """An account without password or token, for commands; one that exists stays as it is."""
    with store.write() as connection:
        if accounts.user(connection, name) is None:
            made = accounts.User(name=name, role=role, password="", disabled=False, created=now)
            accounts.add_user(connection, made)


def is_name(name: str) -> bool:
    """Whether an account may be called that."""
    return _NAME.fullmatch(name) is not None


def _add(store: Store, user: accounts.User) -> None:
    if not is_name(user.name):
        raise NameRefusedError(
            expected="1 to 64 letters, digits or . _ @ -, the first one no sign",
            found=repr(user.name)[:100],
        )
    with store.write() as connection:
        if accounts.user(connection, user.name) is not None:
            raise AccountExistsError(
                expected="a name that is free", found=user.name, name=user.name
            )
        accounts.add_user(connection, user)


def _named(secret: str) -> Digest:
    return Digest.of(secret.encode())


def _caller(user: accounts.User, via: Digest, csrf: str | None) -> Caller:
    return Caller(name=user.name, role=Role(user.role), via=str(via), csrf=csrf)
