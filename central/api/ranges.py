"""One HTTP byte range, as RFC 9110 section 14 has it; several at once are answered whole.

Pure but for the reading itself, which comes in chunks of at most 1 MiB, so that a file of
any size is served in flat memory.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes that are served in ranges; `etag` changes whenever they would."""

    size: int
    etag: str
    media_type: str
    read: Callable[[int, int], Iterator[bytes]]
    headers: Mapping[str, str]


class UnsatisfiableRangeError(ValueError):
    """The range begins behind the end."""


def wanted(header: str | None, if_range: str | None, content: Content) -> tuple[int, int] | None:
    """The half-open range that is asked for; None for all of it.

    Raises UnsatisfiableRangeError.
    """
    if header is None or (if_range is not None and if_range != content.etag):
        return None
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), content.size)
        begin, end = content.size - length, content.size
    else:
        begin = int(first)
        end = min(int(last) + 1, content.size) if last else content.size
        if last and int(last) < begin:
            return None
    if begin >= content.size or begin >= end:
        raise UnsatisfiableRangeError(header)
    return begin, end


def respond(content: Content, header: str | None, if_range: str | None) -> Response:
    """200 with all of it, 206 with a range, or 416."""
    common = {
        "Accept-Ranges": "bytes",
        "ETag": content.etag,
        "Cache-Control": "private, no-cache",
        **content.headers,
    }
    try:
        part = wanted(header, if_range, content)
    except UnsatisfiableRangeError:
        return Response(
            status_code=416, headers=common | {"Content-Range": f"bytes */{content.size}"}
        )
    begin, end = part or (0, content.size)
    common["Content-Length"] = str(end - begin)
    if part is not None:
        common["Content-Range"] = f"bytes {begin}-{end - 1}/{content.size}"
    return StreamingResponse(
        content.read(begin, end),
        status_code=200 if part is None else 206,
        headers=common,
        media_type=content.media_type,
    )
