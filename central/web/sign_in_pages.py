"""Sign in and out."""

from asyncio import to_thread

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from central.accounts.sign_in import SignInRefusedError
from central.api import errors
from central.api.gate import COOKIE
from central.api.guard import Finder, TheDesk
from central.api.session import address_of, set_cookie
from central.web.forms import form_of
from central.web.render import page
from central.workflows import sign_in
from central.workflows.sign_in import ThrottledError

router = APIRouter()
_HOME = "/recordings"


@router.get("/")
async def home(_caller: Finder) -> Response:
    return RedirectResponse(_HOME, status_code=303)


@router.get("/login")
async def login_page(request: Request) -> Response:
    if request.scope["state"]["caller"] is not None:
        return RedirectResponse(_HOME, status_code=303)
    values = {"next": _own(request.query_params.get("next", "")), "name": "", "code": None}
    return page(request, "login.html", values)


@router.post("/login")
async def login(request: Request, desk: TheDesk) -> Response:
    form = await form_of(request)
    try:
        opened = await to_thread(
            sign_in.enter,
            desk,
            name=form["user"][:256],
            password=form["password"][:1024],
            address=address_of(request),
        )
    except (SignInRefusedError, ThrottledError) as refused:
        values = {"next": _own(form["next"]), "name": form["user"][:256], "code": refused.code}
        return page(request, "login.html", values, status=errors.status_of(refused))
    response = RedirectResponse(_own(form["next"]), status_code=303)
    set_cookie(request, response, opened.cookie)
    return response


@router.post("/logout")
async def logout(request: Request, desk: TheDesk, _caller: Finder) -> Response:
    await to_thread(sign_in.leave, desk, request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def _own(path: str) -> str:
    """A path of our own pages to go on to; never another site."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe and "\\" not in path else _HOME
