"""Uploads on their way in, each held by one request at a time.

A newer request for the same upload ends the older one: a station that lost its connection
comes back before we notice. A file that is complete is deposited in a worker thread; an
answer waits for that only so long, so that the read-back of many GB outlives no client's
patience, and the deposit goes on alone. What an earlier process left complete is deposited
at start.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from central.errors import CentralError
from central.intake.arriving import Arriving
from central.intake.deposit import Deposits, Wanted
from central.intake.upload_errors import AlreadyStoredError, DiskFullError, UnknownUploadError
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError

_ANSWER_S = 20.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Held:
    """One upload. `lock` is with the request that works on it; `stop` asks it to let go."""

    wanted: Wanted
    arriving: Arriving
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    deposit: asyncio.Task[None] | None = None

    @property
    def offset(self) -> int:
        """How many bytes are here; all of them once the deposit began."""
        return self.wanted.file.size if self.deposit else self.arriving.offset


class Receiving:
    """Every upload of one site. `reserve` bytes of the disk are never filled."""

    def __init__(self, deposits: Deposits, folder: Path, *, reserve: int) -> None:
        self.deposits = deposits
        self._folder = folder
        self._reserve = reserve
        self._held: dict[Digest, Held] = {}

    async def resume(self) -> None:
        """Deposit what an earlier process received whole and did not get to store."""
        for partial in sorted(self._folder.glob(f"*{durable.TEMPORARY_SUFFIX}")):
            wanted = await asyncio.to_thread(self._wanted_of, partial)
            if wanted is None or partial.stat().st_size != wanted.file.size:
                continue
            try:
                async with self.holding(wanted) as held:
                    await self.finish(held)
            except CentralError:
                continue  # said in the log of the service when it was raised
        await asyncio.to_thread(self.deposits.resume)

    async def create(self, wanted: Wanted) -> None:
        """Begin one upload; the same again changes nothing.

        Raises AlreadyStoredError, DiskFullError, and whatever a deposit raises.
        """
        async with self.holding(wanted, create=True) as held:
            if held.deposit is None:
                if await asyncio.to_thread(self.deposits.adopt, wanted):
                    self._held.pop(wanted.manifest, None)
                    raise _already_stored(wanted)
                self.expect_room(wanted.file.size - held.offset)
                await asyncio.to_thread(held.arriving.begin)
            if held.offset == wanted.file.size:
                await self.finish(held)

    async def offset(self, wanted: Wanted) -> int:
        """How many bytes are here. Raises UnknownUploadError."""
        if await asyncio.to_thread(self.deposits.is_stored, wanted):
            return wanted.file.size
        async with self.holding(wanted) as held:
            return held.offset

    async def finish(self, held: Held) -> None:
        """Store a complete file; returns when it is stored, or when that takes long."""
        if held.deposit is None:
            held.deposit = asyncio.create_task(self._deposit(held))
        done, _ = await asyncio.wait({held.deposit}, timeout=_ANSWER_S)
        for task in done:
            task.result()

    @asynccontextmanager
    async def holding(self, wanted: Wanted, *, create: bool = False) -> AsyncIterator[Held]:
        """Work on one upload alone. Raises UnknownUploadError unless it is to be begun."""
        while True:
            held = self._held_or_new(wanted, create=create)
            held.waiting += 1
            held.stop.set()
            async with held.lock:
                held.waiting -= 1
                if held.waiting == 0:
                    held.stop.clear()
                if self._held.get(wanted.manifest) is not held:
                    continue  # it was stored or refused while we waited
                try:
                    yield held
                finally:
                    if held.deposit is None and not held.arriving.begun:
                        self._held.pop(wanted.manifest, None)
                return

    def expect_room(self, needed: int) -> None:
        """Raise DiskFullError where `needed` bytes would touch the reserve."""
        free = shutil.disk_usage(self._folder).free
        if free - needed < self._reserve:
            raise DiskFullError(
                expected=f"{needed + self._reserve} bytes of free space",
                found=f"{free} bytes",
                needed=needed,
                free=free,
            )

    def _held_or_new(self, wanted: Wanted, *, create: bool) -> Held:
        held = self._held.get(wanted.manifest)
        if held is None:
            name = f"{wanted.manifest}{durable.TEMPORARY_SUFFIX}"
            arriving = Arriving(self._folder / name, wanted.recording)
            if not create and not arriving.begun:
                raise UnknownUploadError(
                    expected="an upload that was begun (POST first)",
                    found="none",
                    envelope=str(wanted.manifest),
                )
            held = self._held[wanted.manifest] = Held(wanted, arriving)
        return held

    async def _deposit(self, held: Held) -> None:
        try:
            await asyncio.to_thread(lambda: self.deposits.keep(held.wanted, held.arriving.finish()))
        except Exception as failure:
            _log.warning("recording %s is not stored: %s", held.wanted.recording, failure)
            raise
        finally:
            self._held.pop(held.wanted.manifest, None)

    def _wanted_of(self, partial: Path) -> Wanted | None:
        try:
            manifest = Digest.parse(partial.name.removesuffix(durable.TEMPORARY_SUFFIX))
        except EncodingError:
            return None
        return self.deposits.wanted(manifest)


def _already_stored(wanted: Wanted) -> AlreadyStoredError:
    return AlreadyStoredError(
        expected="an upload that is not complete",
        found=f"recording {wanted.recording}, stored already",
        recording=wanted.recording,
        envelope=str(wanted.manifest),
    )
