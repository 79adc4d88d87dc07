"""Who asks, and whether their role may: the one dependency that every route declares.

A route without a power does not exist (a test walks them all); the public ones are named in
the gate.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from central.accounts.roles import Power, demand
from central.accounts.sign_in import Caller
from central.api.errors import ErrorAnswer
from central.api.gate import SignInNeededError
from central.api.models import Nothing
from central.workflows.desk import Desk


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    if not isinstance(desk, Desk):  # pragma: no cover - set where the application is made
        raise TypeError(type(desk))
    return desk


def caller_of(request: Request) -> Caller:
    """Who asks. Raises SignInNeededError."""
    caller = request.scope["state"]["caller"]
    if not isinstance(caller, Caller):
        raise SignInNeededError(expected="a session or a token", found="none")
    return caller


def having(power: Power) -> Callable[[Request], Caller]:
    """A dependency that answers who asks, and refuses who lacks `power`."""

    def check(request: Request) -> Caller:
        caller = caller_of(request)
        demand(caller.role, power)
        return caller

    check.power = power  # type: ignore[attr-defined] # for the test that walks all routes
    return check


TheDesk = Annotated[Desk, Depends(desk_of)]
Finder = Annotated[Caller, Depends(having(Power.FIND))]
Player = Annotated[Caller, Depends(having(Power.PLAY))]
Handler = Annotated[Caller, Depends(having(Power.HANDLE))]
Exporter = Annotated[Caller, Depends(having(Power.EXPORT))]
Watcher = Annotated[Caller, Depends(having(Power.WATCH))]
NoParameters = Annotated[Nothing, Query()]


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for the API's description."""
    told = {
        401: "No session and no token",
        403: "Role or CSRF token refused",
        404: "Named what does not exist",
        409: "Does not fit what is there",
        416: "The range begins behind the end",
        422: "Not a request of this API",
        429: "Too many refused sign-ins",
        503: "The vault does not hold what the log says",
    }
    wanted = sorted({401, 403, 422, *statuses})
    return {each: {"model": ErrorAnswer, "description": told[each]} for each in wanted}
