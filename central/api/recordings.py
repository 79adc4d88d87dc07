"""/recordings: list and search, one with its history, its footage in ranges."""

from asyncio import to_thread
from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request
from starlette.responses import Response

from central.api import models, shapes
from central.api.guard import Finder, NoParameters, Player, TheDesk, refusals
from central.api.ranges import Content, respond
from central.api.routing import ApiRouter
from central.workflows.access import VIEW, Act
from central.workflows.find import Filters, find_recordings, show_recording
from central.workflows.footage import open_footage

router = ApiRouter(prefix="/recordings", tags=["recordings"])


@router.get("", summary="List and search recordings, newest first", responses=refusals())
async def list_recordings(
    desk: TheDesk, _caller: Finder, query: Annotated[models.RecordingQuery, Query()]
) -> models.RecordingPage:
    """Filters narrow, `q` searches; `next` is the `after` of the following page."""
    filters = Filters(
        station=query.station,
        camera=query.camera,
        case=query.case,
        linked=query.linked,
        stored=None if query.state is None else query.state == "stored",
        words=query.q,
    )
    page = await to_thread(
        find_recordings, desk.site, filters, below=query.after, limit=query.limit
    )
    items = [shapes.recording(each, desk.site.witnessed.mark) for each in page.items]
    return models.RecordingPage(items=items, next=page.below)


@router.get("/{recording}", summary="One recording with its history", responses=refusals(404))
async def one_recording(
    recording: str, desk: TheDesk, caller: Finder, _query: NoParameters
) -> models.RecordingDetailOut:
    """Looking is noted in the log as `view`, once in ten minutes for each session."""
    detail = await to_thread(show_recording, desk.site, recording)
    act = Act(act=VIEW, actor=caller.name, via=caller.via, target=detail.recording.id)
    await to_thread(desk.book.note_once, act)
    return shapes.recording_detail(detail, desk.site.witnessed.mark)


@router.get(
    "/{recording}/footage",
    summary="The original footage, whole or by one byte range",
    response_class=Response,
    responses={
        200: {"description": "All of it", "content": {"application/octet-stream": {}}},
        206: {"description": "The range that was asked for"},
        **refusals(404, 409, 416, 503),
    },
)
async def footage(
    recording: str,
    request: Request,
    desk: TheDesk,
    caller: Player,
    query: Annotated[models.FootageQuery, Query()],
) -> Response:
    """Noted in the log before a byte is sent: as `download`, or else as `play`."""
    opened = await to_thread(
        open_footage, desk, caller, recording=recording, download=query.download
    )
    disposition = "attachment" if query.download else "inline"
    named = f"{disposition}; filename*=UTF-8''{quote(opened.name, safe='')}"
    content = Content(
        size=opened.size,
        etag=f'"{opened.sha256}"',
        media_type=opened.media_type,
        read=opened.read,
        headers={"Content-Disposition": named},
    )
    return respond(content, request.headers.get("Range"), request.headers.get("If-Range"))
