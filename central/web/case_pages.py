"""Cases: the list, opening one, one case with its recordings, and handing out a package."""

from asyncio import to_thread
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from central.api import errors
from central.api.guard import Exporter, Finder, Handler, TheDesk
from central.errors import CentralError
from central.web.forms import Form, form_of
from central.web.render import page
from central.workflows import cases, export
from central.workflows.desk import Desk
from central.workflows.find import find_cases, show_case
from central.workflows.package import export_of, written

router = APIRouter()
_PAGE = 50
_MOST = 500


@router.get("/cases")
async def list_cases(request: Request, desk: TheDesk, _caller: Finder) -> Response:
    return await _listed(request, desk)


@router.post("/cases")
async def open_case(request: Request, desk: TheDesk, caller: Handler) -> Response:
    form = await form_of(request)
    try:
        opened = await to_thread(
            cases.open_case, desk.site, caller.name, number=form["number"], title=form["title"]
        )
    except CentralError as refused:
        return await _listed(request, desk, form, refused)
    return RedirectResponse(f"/cases/{opened.id}?done=opened", status_code=303)


@router.get("/cases/{case}")
async def one_case(case: str, request: Request, desk: TheDesk, _caller: Finder) -> Response:
    return await _shown(request, desk, case)


@router.post("/cases/{case}/export")
async def export_case(case: str, request: Request, desk: TheDesk, caller: Exporter) -> Response:
    form = await form_of(request)
    try:
        done = await to_thread(
            export.export_case, desk.site, caller.name, case=case, purpose=form["purpose"]
        )
    except CentralError as refused:
        return await _shown(request, desk, case, form, refused)
    return RedirectResponse(f"/exports/{done.id}", status_code=303)


@router.get("/exports/{export_id}")
async def one_export(
    export_id: str, request: Request, desk: TheDesk, _caller: Exporter
) -> Response:
    found = await to_thread(export_of, desk.site, export_id)
    package = await to_thread(written, desk.site, found)
    case = await to_thread(cases.case_of, desk.site, found.case) if found.case else None
    return page(request, "export.html", {"it": found, "size": package.size, "case": case})


async def _listed(
    request: Request, desk: Desk, typed: Form | None = None, refused: CentralError | None = None
) -> Response:
    words = request.query_params.get("q", "").strip()[:_MOST]
    after = request.query_params.get("after", "")
    below = int(after[:15]) if after.isascii() and after.isdigit() else None
    found = await to_thread(find_cases, desk.site, words or None, below=below, limit=_PAGE)
    kept = {"q": words} if words else {}
    values: dict[str, Any] = {
        "items": found.items,
        "words": words,
        "typed": typed or Form({}),
        "code": refused.code if refused else None,
        "first": "?" + urlencode(kept) if below is not None else None,
        "next": "?" + urlencode(kept | {"after": found.below}) if found.below is not None else None,
    }
    status = errors.status_of(refused) if refused else 200
    return page(request, "cases.html", values, status=status)


async def _shown(
    request: Request,
    desk: Desk,
    case: str,
    typed: Form | None = None,
    refused: CentralError | None = None,
) -> Response:
    detail = await to_thread(show_case, desk.site, case)
    values: dict[str, Any] = {
        "it": detail.case,
        "recordings": detail.recordings,
        "exports": detail.exports,
        "missing": sum(each.stored is None for each in detail.recordings),
        "typed": typed or Form({}),
        "code": refused.code if refused else None,
        "done": request.query_params.get("done") if request.method == "GET" else None,
    }
    status = errors.status_of(refused) if refused else 200
    return page(request, "case.html", values, status=status)
