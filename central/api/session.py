"""/session: sign in with a password; the answer sets the cookie and tells the CSRF token."""

from asyncio import to_thread

from fastapi import Request, Response

from central.accounts.sign_in import SESSION_MS
from central.api import models
from central.api.gate import COOKIE
from central.api.guard import Finder, NoParameters, TheDesk, refusals
from central.api.routing import ApiRouter
from central.workflows import sign_in

router = ApiRouter(tags=["session"])


@router.post("/session", summary="Sign in", responses=refusals(429))
async def enter(
    body: models.SignIn, request: Request, response: Response, desk: TheDesk, _query: NoParameters
) -> models.SignedIn:
    """Each try is noted in the log; after a few refusals the next has to wait."""
    opened = await to_thread(
        sign_in.enter,
        desk,
        name=body.user,
        password=body.password,
        address=address_of(request),
    )
    set_cookie(request, response, opened.cookie)
    caller = opened.caller
    return models.SignedIn(user=caller.name, role=str(caller.role), csrf=caller.csrf or "")


@router.get("/session", summary="Who is signed in", responses=refusals())
async def whoami(caller: Finder, _query: NoParameters) -> models.SignedIn:
    return models.SignedIn(user=caller.name, role=str(caller.role), csrf=caller.csrf or "")


@router.post("/session/end", status_code=204, summary="Sign out", responses=refusals())
async def leave(
    request: Request, response: Response, desk: TheDesk, _caller: Finder, _query: NoParameters
) -> None:
    await to_thread(sign_in.leave, desk, request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE)


def set_cookie(request: Request, response: Response, cookie: str) -> None:
    """HttpOnly and SameSite; Secure wherever the page itself came by HTTPS."""
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=SESSION_MS // 1000,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"
