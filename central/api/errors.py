"""Every refusal as {"error": {"code", "message", "expected"?, "found"?, ...}} with its status.

The code is for programs, the message for people. What is not foreseen answers
INTERNAL_ERROR without details; those are in the service's own log.
"""

import logging
from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from central.accounts.roles import RoleRefusedError
from central.accounts.sign_in import SignInRefusedError
from central.api.gate import (
    BodyTooLargeError,
    CsrfRefusedError,
    DeleteRefusedError,
    SignInNeededError,
)
from central.errors import CentralError
from central.vault import NotKeptError
from central.workflows.errors import ConflictError, UnknownError, WordsRefusedError
from central.workflows.sign_in import ThrottledError

_log = logging.getLogger(__name__)
_STATUS: Mapping[type[CentralError], int] = {
    SignInNeededError: 401,
    SignInRefusedError: 401,
    CsrfRefusedError: 403,
    RoleRefusedError: 403,
    UnknownError: 404,
    DeleteRefusedError: 405,
    ConflictError: 409,
    BodyTooLargeError: 413,
    WordsRefusedError: 422,
    ThrottledError: 429,
    NotKeptError: 503,
}
_HTTP_CODES = {404: "NOT_FOUND", 405: "METHOD_REFUSED"}
_MOST_PROBLEMS = 20


class ErrorFacts(BaseModel):
    """What went wrong. More facts may stand beside these, each under its own name."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    expected: str | None = None
    found: str | None = None


class ErrorAnswer(BaseModel):
    """The body of every refusal."""

    error: ErrorFacts


def status_of(error: CentralError) -> int:
    """The HTTP status of a refusal: that of the nearest class in the table."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 500


def answer(error: CentralError) -> JSONResponse:
    """A refusal as an answer."""
    facts = {"expected": error.expected, "found": error.found, **error.facts}
    body = {"error": {"code": error.code, "message": str(error), **facts}}
    return JSONResponse(body, status_code=status_of(error), headers=headers_of(error))


def headers_of(error: CentralError) -> dict[str, str]:
    """Headers that HTTP wants beside a status."""
    if isinstance(error, ThrottledError):
        return {"Retry-After": str(error.facts["retry_after"])}
    if isinstance(error, SignInNeededError):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, DeleteRefusedError):
        return {"Allow": "GET, HEAD, POST"}
    return {}


async def on_validation(_request: Request, error: Exception) -> Response:
    """A body or query that is not what the API takes; names each field."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [
        {"where": ".".join(map(str, each["loc"])), "problem": each["msg"], "kind": each["type"]}
        for each in error.errors()[:_MOST_PROBLEMS]
    ]
    first = problems[0]
    facts = {
        "code": "REQUEST_INVALID",
        "message": f"expected a request as in the API's description, "
        f"found {first['where']}: {first['problem']}",
        "expected": "a request as in the API's description",
        "found": f"{first['where']}: {first['problem']}",
        "problems": problems,
    }
    return JSONResponse({"error": facts}, status_code=422)


async def on_http(_request: Request, error: Exception) -> Response:
    """No such path, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    facts = {
        "code": _HTTP_CODES.get(error.status_code, f"HTTP_{error.status_code}"),
        "message": f"expected a path and method of this API, found {error.detail}",
        "expected": "a path and method of this API",
        "found": str(error.detail),
    }
    return JSONResponse({"error": facts}, status_code=error.status_code, headers=error.headers)


async def on_unforeseen(request: Request, error: Exception) -> Response:
    """A mistake of ours: said in the service's log, not to the caller."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    facts = {"code": "INTERNAL_ERROR", "message": "expected an answer, found a fault of central"}
    return JSONResponse({"error": facts}, status_code=500)
