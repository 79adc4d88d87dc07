"""The listener for stations that have no certificate yet: HTTPS, two paths, one token.

`GET /enrol/v1/ca` gives the authority's certificate, which the token lets a station check;
`POST /enrol/v1/stations` admits it. Refusals are counted by nobody and slowed down: a token
has 192 random bits, so guessing is not what they are afraid of.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from central.errors import CentralError
from central.workflows.admission import LIMIT, Asking, TokenRefusedError, parse

_PAUSE_S = 0.5
Admit = Callable[[Asking], dict[str, Any]]


def guest_app(ca: bytes, admit: Admit) -> Starlette:
    """`admit` is called in a thread; one at a time."""
    one = asyncio.Lock()

    async def authority(_request: Request) -> Response:
        return PlainTextResponse(ca, media_type="application/x-pem-file")

    async def stations(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LIMIT:
                return _refusal("TOO_LARGE", f"expected at most {LIMIT} bytes", 413)
        try:
            async with one:
                admitted = await asyncio.to_thread(lambda: admit(parse(body)))
        except TokenRefusedError as refused:
            await asyncio.sleep(_PAUSE_S)
            return _refusal(refused.code, str(refused), 403)
        except CentralError as refused:
            return _refusal(refused.code, str(refused), 422)
        return JSONResponse(admitted, status_code=201, headers={"Cache-Control": "no-store"})

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=400)

    return Starlette(
        routes=[
            Route("/enrol/v1/ca", authority, methods=["GET"]),
            Route("/enrol/v1/stations", stations, methods=["POST"]),
        ],
        exception_handlers={ClientDisconnect: gone},
    )


def _refusal(code: str, message: str, status: int) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
