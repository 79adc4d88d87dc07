"""/log: checkpoint, tiles and entry bundles as C2SP tlog-tiles has them; public.

Leaves carry hashes and no personal data. What is full never changes and may be cached.
"""

import re
from asyncio import to_thread

from starlette.responses import PlainTextResponse, Response

from central.api.errors import ErrorAnswer
from central.api.guard import TheDesk
from central.api.routing import ApiRouter
from central.workflows.errors import UnknownError
from edge.evidence.tiles import MAX_LEVEL, TILE_WIDTH

router = ApiRouter(prefix="/log", tags=["log"])

_NUMBER = re.compile(r"((?:x\d{3}/){0,5})(\d{3})(?:\.p/(\d{1,3}))?")
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_MISSING = {404: {"model": ErrorAnswer, "description": "The log is not that long"}}


class TileUnknownError(UnknownError):
    code = "TILE_UNKNOWN"


@router.get(
    "/checkpoint",
    summary="The signed checkpoint",
    response_class=PlainTextResponse,
    responses={404: _MISSING[404]},
)
async def checkpoint(desk: TheDesk) -> Response:
    text = await to_thread(desk.reader.checkpoint)
    if text is None:
        raise TileUnknownError(expected="a log with leaves", found="an empty one")
    return PlainTextResponse(text, headers={"Cache-Control": "no-cache"})


@router.get(
    "/checkpoint.witnessed",
    summary="The newest checkpoint that witnesses cosigned as the policy asks",
    response_class=PlainTextResponse,
    responses={404: _MISSING[404]},
)
async def witnessed_checkpoint(desk: TheDesk) -> Response:
    newest = await to_thread(desk.site.witnessed.newest)
    if newest is None:
        raise TileUnknownError(expected="a checkpoint that witnesses cosigned", found="none")
    return PlainTextResponse(newest.text, headers={"Cache-Control": "no-cache"})


@router.get(
    "/tile/entries/{number:path}",
    summary="An entry bundle",
    response_class=Response,
    responses={404: _MISSING[404]},
)
async def entries(number: str, desk: TheDesk) -> Response:
    index, width = _parsed(number)
    return _tile(await to_thread(desk.reader.entries, index, width), number, width)


@router.get(
    "/tile/{level}/{number:path}",
    summary="A tile of hashes",
    response_class=Response,
    responses={404: _MISSING[404]},
)
async def tile(level: str, number: str, desk: TheDesk) -> Response:
    if not (level.isascii() and level.isdigit()) or int(level[:3]) > MAX_LEVEL:
        raise _unknown(f"{level}/{number}")
    index, width = _parsed(number)
    return _tile(await to_thread(desk.reader.tile, int(level), index, width), number, width)


def _parsed(number: str) -> tuple[int, int]:
    """``x001/x234/067.p/5`` -> (1234067, 5)."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise _unknown(number)
    index = int(match[1].replace("x", "").replace("/", "") + match[2])
    width = int(match[3]) if match[3] else TILE_WIDTH
    if match[3] and not 1 <= width < TILE_WIDTH:
        raise _unknown(number)
    return index, width


def _tile(content: bytes | None, number: str, width: int) -> Response:
    if content is None:
        raise _unknown(number)
    headers = _FOREVER if width == TILE_WIDTH else {"Cache-Control": "no-cache"}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _unknown(found: str) -> TileUnknownError:
    return TileUnknownError(expected="the path of a tile that the log has", found=found[:100])
