"""/exports: hand out a package that anyone can verify offline."""

from asyncio import to_thread

from fastapi import Request
from starlette.responses import Response

from central.api import models, shapes
from central.api.guard import Exporter, NoParameters, TheDesk, refusals
from central.api.ranges import Content, respond
from central.api.routing import ApiRouter
from central.workflows import export
from central.workflows.access import DOWNLOAD, Act
from central.workflows.errors import WordsRefusedError
from central.workflows.package import export_of, written

router = ApiRouter(prefix="/exports", tags=["exports"])


@router.post(
    "", status_code=201, summary="Export a case or recordings", responses=refusals(404, 409)
)
async def new_export(
    body: models.NewExport, desk: TheDesk, caller: Exporter, _query: NoParameters
) -> models.ExportOut:
    """Refused as a whole where footage is missing (EXPORT_NOT_STORED names it)."""
    if (body.case is None) == (body.recordings is None):
        raise WordsRefusedError(expected="either case or recordings", found="both or neither")
    if body.case is not None:
        done = await to_thread(
            export.export_case, desk.site, caller.name, case=body.case, purpose=body.purpose
        )
    else:
        done = await to_thread(
            export.export_recordings,
            desk.site,
            caller.name,
            chosen=body.recordings or [],
            purpose=body.purpose,
        )
    return shapes.export(done)


@router.get("/{export_id}", summary="One export", responses=refusals(404))
async def one_export(
    export_id: str, desk: TheDesk, _caller: Exporter, _query: NoParameters
) -> models.ExportOut:
    return shapes.export(await to_thread(export_of, desk.site, export_id))


@router.get(
    "/{export_id}/package.zip",
    summary="The package as one ZIP, whole or by one byte range",
    response_class=Response,
    responses={
        200: {"description": "All of it", "content": {"application/zip": {}}},
        206: {"description": "The range that was asked for"},
        **refusals(404, 416),
    },
)
async def package_zip(
    export_id: str, request: Request, desk: TheDesk, caller: Exporter, _query: NoParameters
) -> Response:
    """The same bytes each time. Noted in the log as `download`."""
    package = await to_thread(written, desk.site, await to_thread(export_of, desk.site, export_id))
    act = Act(act=DOWNLOAD, actor=caller.name, via=caller.via, target=f"export {export_id}")
    await to_thread(desk.book.note_once, act)
    content = Content(
        size=package.size,
        etag=f'"{package.export.envelope}"',
        media_type="application/zip",
        read=package.read,
        headers={"Content-Disposition": f'attachment; filename="liuhen-{export_id}.zip"'},
    )
    return respond(content, request.headers.get("Range"), request.headers.get("If-Range"))
