"""All pages put into the application: routes, static files, and how a refusal looks.

Pages ask workflows and nothing else; each route declares the power it needs.
"""

from importlib.resources import files

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from central.api import errors
from central.api.gate import DeleteRefusedError, SignInNeededError
from central.errors import CentralError
from central.web import case_pages, fleet_pages, recording_pages, sign_in_pages
from central.web.render import page

_NOT_PAGES = ("/api/", "/log/", "/static/", "/health")


def install(app: FastAPI) -> None:
    """Add every page and the static files."""
    for routes in (sign_in_pages, recording_pages, case_pages, fleet_pages):
        app.include_router(routes.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("central.web") / "static")))


def is_page(request: Request) -> bool:
    """Whether a person looks at the answer."""
    return not request.url.path.startswith(_NOT_PAGES)


async def refusal(request: Request, error: CentralError) -> Response:
    """A refusal in words with its code; whoever is not signed in is asked to."""
    if isinstance(error, DeleteRefusedError):
        return errors.answer(error)
    if isinstance(error, SignInNeededError):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        next_page = wanted if request.method == "GET" and wanted != "/" else None
        login = request.url_for("login_page")
        login = login.include_query_params(next=next_page) if next_page else login
        target = f"{login.path}?{login.query}" if login.query else login.path
        return RedirectResponse(target, status_code=303)
    values = {"code": error.code, "detail": str(error)}
    return page(request, "error.html", values, status=errors.status_of(error))


async def not_found(request: Request, error: HTTPException) -> Response:
    """No such page, or a page that takes no such method."""
    values = {"code": "NOT_FOUND", "detail": str(error.detail)}
    return page(request, "error.html", values, status=error.status_code)
