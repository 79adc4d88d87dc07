"""Recordings: the list with its search, and one recording with player, clocks and history."""

from asyncio import to_thread
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from central.accounts.sign_in import Caller
from central.api import errors
from central.api.guard import Finder, Handler, TheDesk
from central.errors import CentralError
from central.web.forms import Form, form_of
from central.web.render import page
from central.workflows import cases
from central.workflows.access import VIEW, Act
from central.workflows.desk import Desk
from central.workflows.find import (
    Filters,
    find_cases,
    find_recordings,
    show_recording,
    station_names,
)
from central.workflows.footage import player_for

router = APIRouter()
_CHOICES = {"yes": True, "no": False}
_STATES = {"stored": True, "logged": False}
_FIELDS = ("q", "station", "case", "linked", "state")
_MOST = 500
_PAGE = 50


@router.get("/recordings")
async def recordings(request: Request, desk: TheDesk, _caller: Finder) -> Response:
    asked = {name: request.query_params.get(name, "").strip()[:_MOST] for name in _FIELDS}
    after = request.query_params.get("after", "")
    filters = Filters(
        words=asked["q"] or None,
        station=asked["station"] or None,
        case=asked["case"] or None,
        linked=_CHOICES.get(asked["linked"]),
        stored=_STATES.get(asked["state"]),
    )
    below = int(after[:15]) if after.isascii() and after.isdigit() else None
    found = await to_thread(find_recordings, desk.site, filters, below=below, limit=_PAGE)
    kept = {name: value for name, value in asked.items() if value}
    values = {
        "items": found.items,
        "asked": asked,
        "narrowed": bool(kept),
        "stations": await to_thread(station_names, desk.site),
        "first": "?" + urlencode(kept) if below is not None else None,
        "next": "?" + urlencode(kept | {"after": found.below}) if found.below is not None else None,
    }
    return page(request, "recordings.html", values)


@router.get("/recordings/{recording}")
async def recording(recording: str, request: Request, desk: TheDesk, caller: Finder) -> Response:
    return await _shown(request, desk, caller, recording)


@router.post("/recordings/{recording}/link")
async def link(recording: str, request: Request, desk: TheDesk, caller: Handler) -> Response:
    form = await form_of(request)
    try:
        case = await to_thread(cases.case_numbered, desk.site, form["case"])
        await to_thread(
            cases.link,
            desk.site,
            caller.name,
            case=case.id,
            recording=recording,
            reason=form["reason"],
        )
    except CentralError as refused:
        return await _shown(request, desk, caller, recording, form, refused)
    return RedirectResponse(f"/recordings/{recording}?done=linked", status_code=303)


@router.post("/recordings/{recording}/unlink")
async def unlink(recording: str, request: Request, desk: TheDesk, caller: Handler) -> Response:
    form = await form_of(request)
    try:
        await to_thread(
            cases.unlink,
            desk.site,
            caller.name,
            case=form["case"],
            recording=recording,
            reason=form["reason"],
        )
    except CentralError as refused:
        return await _shown(request, desk, caller, recording, form, refused)
    return RedirectResponse(f"/recordings/{recording}?done=unlinked", status_code=303)


async def _shown(
    request: Request,
    desk: Desk,
    caller: Caller,
    recording: str,
    typed: Form | None = None,
    refused: CentralError | None = None,
) -> Response:
    """The page of one recording; what was typed and refused stays in its form."""
    detail = await to_thread(show_recording, desk.site, recording)
    shown = detail.recording
    act = Act(act=VIEW, actor=caller.name, via=caller.via, target=shown.id)
    if await to_thread(desk.book.note_once, act):
        detail = await to_thread(show_recording, desk.site, recording)
    known = await to_thread(find_cases, desk.site, limit=_PAGE)
    linked = {each.id for each in shown.cases}
    values: dict[str, Any] = {
        "it": shown,
        "manifest": detail.manifest,
        "history": detail.history,
        "player": player_for(detail.manifest.media, shown.name) if shown.stored else None,
        "open_cases": [each for each in known.items if each.id not in linked],
        "typed": typed or Form({}),
        "code": refused.code if refused else None,
        "done": request.query_params.get("done") if request.method == "GET" else None,
    }
    status = errors.status_of(refused) if refused else 200
    return page(request, "recording.html", values, status=status)
