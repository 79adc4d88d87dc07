"""The screen's pages and its stream of changes. GET only, loopback only, nothing to sign in.

Whoever sits at the station's display sees serial numbers and counts, no footage. A page
that hears nothing for some seconds says so itself (`kiosk.js`), and shows no verdict then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from dock_agent.config import StationConfig
from dock_agent.errors import AgentError
from dock_agent.kiosk import render
from dock_agent.kiosk.catalogue import LANGUAGES
from dock_agent.kiosk.facts import Eyes
from dock_agent.kiosk.follower import Follower
from dock_agent.kiosk.receipt import Receipt

HOSTS = ["127.0.0.1", "localhost"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_POLL_S = 0.1
_TICK_S = 2.0
_DOCKING = r"^[0-9a-f]{32}$"

Language = Annotated[str, Query(pattern="^(zh|en)$")]
Docking = Annotated[str, Query(pattern=_DOCKING)]


def application(config: StationConfig, follower: Follower) -> FastAPI:
    """Make the application; `follower` runs beside it."""
    app = FastAPI(title="liuhen kiosk", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    app.mount("/static", StaticFiles(directory=str(files("dock_agent.kiosk") / "static")))
    stream = _Stream(config, follower)

    @app.middleware("http")
    async def guarded(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.get("/")
    def main(lang: Language = config.kiosk.language) -> HTMLResponse:
        return _page("kiosk.html", config, lang, stream.parts(lang, None), None)

    @app.get("/receipt")
    def receipt(docking: Docking, lang: Language = config.kiosk.language) -> HTMLResponse:
        return _page("receipt.html", config, lang, stream.parts(lang, docking), docking)

    @app.get("/receipt.txt")
    def receipt_text(docking: Docking) -> PlainTextResponse:
        found = stream.receipt(docking)
        text = found.text() if found else "RECEIPT_UNKNOWN"
        return PlainTextResponse(text, status_code=200 if found else 404)

    @app.get("/events", response_class=EventSourceResponse)
    async def events(
        lang: Language = config.kiosk.language, docking: Docking | None = None
    ) -> AsyncIterator[ServerSentEvent]:
        async for event in stream.events(lang, docking):
            yield event

    return app


class _Stream:
    """What changed on one page, for as long as somebody looks at it."""

    def __init__(self, config: StationConfig, follower: Follower) -> None:
        self._eyes = Eyes(config)
        self._follower = follower

    def receipt(self, docking: str) -> Receipt | None:
        try:
            return self._eyes.receipt(docking)
        except AgentError:
            return None

    def parts(self, language: str, docking: str | None) -> dict[str, str]:
        """Every part of the page as it is now; nothing while nothing was seen."""
        if docking is not None:
            found = self.receipt(docking)
            return render.receipt_part(found, language) if found else {}
        screen = self._follower.screen
        return render.parts(screen, language) if screen is not None else {}

    async def events(self, language: str, docking: str | None) -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(event="build", data=render.build(), retry=1000)
        sent: dict[str, str] = {}
        version, idle = -1, _TICK_S
        while not self._follower.stopped:
            if version != self._follower.version:
                version = self._follower.version
                made = await asyncio.to_thread(self.parts, language, docking)
                changed = {name: html for name, html in made.items() if sent.get(name) != html}
                sent |= changed
                if changed:
                    yield ServerSentEvent(event="parts", data=changed)
            if idle >= _TICK_S and self._follower.is_fresh():
                idle = 0.0
                yield ServerSentEvent(event="tick", data=version)
            await asyncio.sleep(_POLL_S)
            idle += _POLL_S


def _page(
    template: str,
    config: StationConfig,
    language: str,
    parts: dict[str, str],
    docking: str | None,
) -> HTMLResponse:
    values = {
        "parts": parts,
        "station": config.station,
        "build": render.build(),
        "sound": config.kiosk.sound,
        "home_language": config.kiosk.language,
        "docking": docking,
        "others": [(code, name) for code, name in LANGUAGES.items() if code != language],
    }
    missing = docking is not None and not parts
    text = render.page(template, language, values)
    return HTMLResponse(text, status_code=404 if missing else 200)
