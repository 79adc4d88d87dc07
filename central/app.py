"""One application for people and programs: the gate, the API, the pages, the public log."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from central.api import cases, errors, exports, log, recordings, session, watch
from central.api.gate import Gate
from central.errors import CentralError
from central.web import pages
from central.workflows.desk import Desk

_ROUTERS: Sequence[APIRouter] = (
    session.router,
    recordings.router,
    cases.router,
    exports.router,
    watch.router,
)
API = "/api/v1"


def create_app(desk: Desk) -> FastAPI:
    """The application of the listener for people."""
    app = FastAPI(
        title="liuhen central",
        version="1",
        summary="Body-camera evidence: find it, play it, link it to a case, hand it out.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # its pages would fetch scripts from elsewhere
        redoc_url=None,
        exception_handlers={
            CentralError: refuse,
            RequestValidationError: errors.on_validation,
            HTTPException: on_http,
            Exception: errors.on_unforeseen,
        },
    )
    app.state.desk = desk
    for router in _ROUTERS:
        app.include_router(router, prefix=API)
    app.include_router(log.router)
    app.add_api_route("/health", watch.health, include_in_schema=False)
    pages.install(app)
    app.add_middleware(Gate, desk=desk, refuse=refuse)
    return app


async def refuse(request: Request, error: Exception) -> Response:
    """A refusal: a page for people who look at pages, JSON for everyone else."""
    if not isinstance(error, CentralError):
        raise error
    if pages.is_page(request):
        return await pages.refusal(request, error)
    return errors.answer(error)


async def on_http(request: Request, error: Exception) -> Response:
    """No such path or method, in the same two ways."""
    if isinstance(error, HTTPException) and pages.is_page(request):
        return await pages.not_found(request, error)
    return await errors.on_http(request, error)
