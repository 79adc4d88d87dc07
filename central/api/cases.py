"""/cases: open one, list them, link and unlink recordings. Unlinking is a new fact."""

from asyncio import to_thread
from typing import Annotated

from fastapi import Query

from central.api import models, shapes
from central.api.guard import Finder, Handler, NoParameters, TheDesk, refusals
from central.api.routing import ApiRouter
from central.workflows import cases
from central.workflows.find import find_cases, show_case

router = ApiRouter(prefix="/cases", tags=["cases"])


@router.get("", summary="List cases, newest first", responses=refusals())
async def list_cases(
    desk: TheDesk, _caller: Finder, query: Annotated[models.CaseQuery, Query()]
) -> models.CasePage:
    page = await to_thread(find_cases, desk.site, query.q, below=query.after, limit=query.limit)
    return models.CasePage(items=[shapes.case(each) for each in page.items], next=page.below)


@router.post("", status_code=201, summary="Open a case", responses=refusals(409))
async def open_case(
    body: models.NewCase, desk: TheDesk, caller: Handler, _query: NoParameters
) -> models.CaseOut:
    """The number is the authority's own and must be free (CASE_NUMBER_TAKEN)."""
    opened = await to_thread(
        cases.open_case, desk.site, caller.name, number=body.number, title=body.title
    )
    return shapes.case(opened)


@router.get("/{case}", summary="One case with its recordings", responses=refusals(404))
async def one_case(
    case: str, desk: TheDesk, _caller: Finder, _query: NoParameters
) -> models.CaseDetailOut:
    detail = await to_thread(show_case, desk.site, case)
    return shapes.case_detail(detail, desk.site.witnessed.mark)


@router.post(
    "/{case}/links", status_code=201, summary="Link a recording", responses=refusals(404, 409)
)
async def link(
    case: str, body: models.LinkWords, desk: TheDesk, caller: Handler, _query: NoParameters
) -> models.RecordingOut:
    """Answers the recording; refused where it is linked already (CASE_ALREADY_LINKED)."""
    linked = await to_thread(
        cases.link,
        desk.site,
        caller.name,
        case=case,
        recording=body.recording,
        reason=body.reason,
    )
    return shapes.recording(linked, desk.site.witnessed.mark)


@router.post(
    "/{case}/unlinks",
    status_code=201,
    summary="Take a link back",
    responses=refusals(404, 409),
)
async def unlink(
    case: str, body: models.LinkWords, desk: TheDesk, caller: Handler, _query: NoParameters
) -> models.RecordingOut:
    """The link and its end both stay in the log (refused: CASE_NOT_LINKED)."""
    unlinked = await to_thread(
        cases.unlink,
        desk.site,
        caller.name,
        case=case,
        recording=body.recording,
        reason=body.reason,
    )
    return shapes.recording(unlinked, desk.site.witnessed.mark)
