"""The gate in front of every page and every call: deny by default.

1. Who asks is found out: a bearer token, else a session cookie, else nobody.
2. What would destroy is refused, whoever asks, and written into the log.
3. Nobody passes without a session or token, except to the few public paths.
4. A cookie that would change something has to come with the session's CSRF token, and from
   our own pages.
Every answer gets the headers that keep a browser from doing more than we said. Which role
may do what is asked at each route (`roles.demand`).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.accounts import sign_in
from central.accounts.sign_in import Caller
from central.errors import CentralError
from central.workflows.access import DELETE_REFUSED, TOKEN, Act
from central.workflows.desk import Desk

COOKIE = "liuhen_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"

Refuse = Callable[[Request, CentralError], Awaitable[Response]]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TAKEN = _SAFE | {"POST"}
_OVERRIDES = ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")
_PUBLIC = frozenset({"/health", "/api/v1/health", "/api/v1/session", "/login", "/favicon.ico"})
_PUBLIC_BELOW = ("/static/", "/log/")
_FORM = "application/x-www-form-urlencoded"
_FORM_BYTES = 64 * 1024
_BODY_BYTES = 1 << 20
_RECORDING_AT = "recordings"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; media-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class SignInNeededError(CentralError):
    """Nobody gets here without a session or a token."""

    code = "SIGN_IN_NEEDED"


class CsrfRefusedError(CentralError):
    """The request does not come from one of our own pages."""

    code = "CSRF_REFUSED"


class DeleteRefusedError(CentralError):
    """Nothing can be deleted or overwritten, by anyone."""

    code = "DELETE_REFUSED"


class BodyTooLargeError(CentralError):
    """More bytes than any request here has."""

    code = "BODY_TOO_LARGE"


class Gate:
    """ASGI middleware; `refuse` makes the answer to what is refused here."""

    def __init__(self, app: ASGIApp, *, desk: Desk, refuse: Refuse) -> None:
        self._app = app
        self._desk = desk
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _with_headers(send)
        receive = _bounded(receive)
        request = Request(scope, receive)
        scope.setdefault("state", {})["caller"] = None
        try:
            receive = await self._pass(request, receive)
        except CentralError as refused:
            response = await self._refuse(request, refused)
            await response(scope, receive, answer)
            return
        await self._app(scope, receive, answer)

    async def _pass(self, request: Request, receive: Receive) -> Receive:
        """What the application may receive. Raises what is refused."""
        caller, by_cookie = await asyncio.to_thread(self._identify, request)
        request.scope["state"]["caller"] = caller
        await self._refuse_destroying(request, caller)
        if caller is None:
            if not _is_public(request.url.path):
                raise SignInNeededError(expected="a session or a token", found="none")
            if request.method not in _SAFE:
                _expect_own_origin(request)
            return receive
        if not by_cookie or request.method in _SAFE:
            return receive
        _expect_own_origin(request)
        return await _expect_csrf(request, receive, caller)

    def _identify(self, request: Request) -> tuple[Caller | None, bool]:
        site = self._desk.site
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            caller = None
            if scheme.lower() == "bearer":
                caller = sign_in.by_token(site.store, token.strip(), site.now())
            if caller is not None:
                self._desk.book.note_once(Act(act=TOKEN, actor=caller.name, via=caller.via))
            return caller, False
        cookie = request.cookies.get(COOKIE)
        return (sign_in.by_cookie(site.store, cookie, site.now()) if cookie else None), True

    async def _refuse_destroying(self, request: Request, caller: Caller | None) -> None:
        methods = [request.method, *(request.headers.get(name, "") for name in _OVERRIDES)]
        found = [method.upper() for method in methods if method and method.upper() not in _TAKEN]
        if not found:
            return
        await asyncio.to_thread(self._note_refused, request, caller, found[0])
        raise DeleteRefusedError(
            expected="GET, HEAD or POST: evidence is never deleted nor overwritten",
            found=f"{found[0][:20]} {request.url.path[:200]}",
            target=request.url.path[:200],
        )

    def _note_refused(self, request: Request, caller: Caller | None, method: str) -> None:
        """Strangers get one leaf in ten minutes and address, so that they cannot fill a log."""
        address = request.client.host if request.client else "unknown"
        path = request.url.path
        act = Act(
            act=DELETE_REFUSED,
            actor=caller.name if caller else f"nobody at {address}",
            via=caller.via if caller else address,
            target=(_recording_in(path) or path) if caller else None,
            reason=f"{method[:20]} {path}",
        )
        if caller is None:
            self._desk.book.note_once(act)
        else:
            self._desk.book.note(act)


def _is_public(path: str) -> bool:
    return path in _PUBLIC or path.startswith(_PUBLIC_BELOW)


def _recording_in(path: str) -> str | None:
    """The recording that a path names, so that its history tells of the attempt."""
    parts = path.strip("/").split("/")
    if _RECORDING_AT not in parts[:-1]:
        return None
    return parts[parts.index(_RECORDING_AT) + 1] or None


def _expect_own_origin(request: Request) -> None:
    """Browsers say where a request comes from; programs do not."""
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise CsrfRefusedError(expected="a request of our own pages", found="another site's")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise CsrfRefusedError(expected="a request of our own pages", found=origin[:200])


async def _expect_csrf(request: Request, receive: Receive, caller: Caller) -> Receive:
    given = request.headers.get(CSRF_HEADER)
    replay = receive
    if given is None and request.headers.get("Content-Type", "").startswith(_FORM):
        body = await _form_body(request)
        fields = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
        given = fields.get(CSRF_FIELD, [""])[0]
        replay = _replayed(body, receive)
    if not secrets.compare_digest((given or "").encode(), (caller.csrf or "").encode()):
        raise CsrfRefusedError(
            expected=f"the session's token in {CSRF_HEADER} or a form", found="another or none"
        )
    return replay


async def _form_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            raise CsrfRefusedError(
                expected=f"a form of at most {_FORM_BYTES} bytes", found="a longer one"
            )
    return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hand a body that was read here to the application, once."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _bounded(receive: Receive) -> Receive:
    """A body of at most 1 MiB, also of those who are not signed in."""
    room = _BODY_BYTES

    async def counted() -> Message:
        nonlocal room
        message = await receive()
        room -= len(message.get("body", b""))
        if room < 0:
            raise BodyTooLargeError(
                expected=f"a body of at most {_BODY_BYTES} bytes", found="a longer one"
            )
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return answer
