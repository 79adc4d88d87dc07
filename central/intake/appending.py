"""The body of one PATCH: appended in blocks of 1 MiB while it is hashed; flat memory.

What was received is on disk before its offset is told, also when the connection broke or a
newer request took the upload over; only a checksum that does not match drops the bytes of
its own request.
"""

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from central.intake.receiving import Held, Receiving
from central.intake.upload_errors import (
    ChecksumMismatchError,
    DiskFullError,
    InterruptedUploadError,
    OffsetMismatchError,
    TooLongError,
)

_BLOCK = 1 << 20
_IDLE_S = 60.0
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What the headers of a PATCH say; `checksum` is the SHA-256 of its body."""

    offset: int
    length: int | None
    checksum: bytes | None


async def append(receiving: Receiving, held: Held, patch: Patch, body: AsyncIterator[bytes]) -> int:
    """Append one body; answers how many bytes are here now, all of them on disk.

    Raises the errors of `upload_errors`, and whatever a deposit of the whole raises.
    """
    size, begin = held.wanted.file.size, held.offset
    if patch.offset != begin:
        raise OffsetMismatchError(expected=f"offset {begin}", found=f"offset {patch.offset}")
    if patch.length is not None and begin + patch.length > size:
        raise _too_long(size, begin + patch.length)
    if held.deposit is None:
        await _receive(receiving, held, patch, body)
    offset = held.offset
    if offset == size:
        await receiving.finish(held)
    return offset


async def _receive(
    receiving: Receiving, held: Held, patch: Patch, body: AsyncIterator[bytes]
) -> None:
    digest, block, arriving = hashlib.sha256(), bytearray(), held.arriving
    room = held.wanted.file.size - patch.offset
    try:
        async for chunk in _until_stopped(body, held.stop):
            if len(chunk) > room:
                raise _too_long(held.wanted.file.size, held.wanted.file.size + len(chunk) - room)
            room -= len(chunk)
            digest.update(chunk)
            block += chunk
            if len(block) >= _BLOCK:
                receiving.expect_room(0)
                await _write(held, block)
    finally:
        await _write(held, block)
        await asyncio.to_thread(arriving.sync)
    if patch.checksum is not None and digest.digest() != patch.checksum:
        await asyncio.to_thread(arriving.cut_back, patch.offset)
        raise ChecksumMismatchError(
            expected=f"SHA-256 {patch.checksum.hex()}", found=digest.hexdigest()
        )


async def _write(held: Held, block: bytearray) -> None:
    """Append `block` and empty it: what does not fit is not tried twice."""
    data = bytes(block)
    block.clear()
    try:
        await asyncio.to_thread(held.arriving.write, data)
    except OSError as failure:
        if failure.errno not in _NO_ROOM:
            raise
        raise DiskFullError(
            expected=f"{len(data)} bytes of free space", found="a full disk"
        ) from failure


async def _until_stopped(body: AsyncIterator[bytes], stop: asyncio.Event) -> AsyncIterator[bytes]:
    """The chunks of `body`; raises InterruptedUploadError when asked to let go, or idle."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(body, None))
            await asyncio.wait(
                {coming, stopped}, timeout=_IDLE_S, return_when=asyncio.FIRST_COMPLETED
            )
            if not coming.done():
                coming.cancel()
                raise InterruptedUploadError(
                    expected="the rest of this request", found="a newer one, or silence"
                )
            chunk = coming.result()
            if chunk is None:
                return
            yield chunk
    finally:
        stopped.cancel()


def _too_long(size: int, found: int) -> TooLongError:
    return TooLongError(expected=f"at most {size} bytes, as sealed", found=f"{found} bytes")
