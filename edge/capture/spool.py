"""The recorder's own folder, laid out like a camera's card.

    card/DCIM/<YYYYMMDD>/STN_<station>_<YYYYMMDD>_<HHMMSS>.mp4   finished, synced, never changed
    card/DCIM/<YYYYMMDD>/STN_<station>_<YYYYMMDD>_<HHMMSS>.json  the note of one recording
    unfinished/<name>.mp4.partial                                what is being written

Promise: a name under card/ is given once, after its bytes are on the disk; nothing is ever
removed or overwritten here. When the limit or the disk leaves no room, that is a
SpoolFullError, before it is a failed write. Clearing belongs to the release door.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from edge import durable
from edge.capture.errors import SpoolError, SpoolFullError
from edge.evidence.instant import Instant

_WRITING = f".mp4{durable.TEMPORARY_SUFFIX}"
RESERVE = 2 << 20
"""Room that is always left: the end of a segment and the note of its recording."""


class Spool:
    """One recorder's spool; a second process is refused."""

    def __init__(self, folder: Path, station: str, limit: int) -> None:
        self.card = folder / "card"
        self._unfinished = folder / "unfinished"
        self._station = station
        self._limit = limit
        try:
            durable.make_folder(self.card / "DCIM")
            durable.make_folder(self._unfinished)
            self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as failure:
            raise SpoolError(expected=f"to write in {folder}", found=str(failure)) from failure
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            os.close(self._lock)
            raise SpoolError(
                code="RECORDER_ALREADY_RUNNING",
                expected=f"no other recorder in {folder}",
                found="one that holds its lock",
            ) from taken
        self._used = self._count()

    def close(self) -> None:
        os.close(self._lock)

    def begin(self, at: Instant) -> Path:
        """Name a segment that starts at `at`; the file itself is the caller's to create."""
        taken = {path.stem for path in self._days()}
        taken |= {path.name.removesuffix(_WRITING) for path in self._writing()}
        stem = wanted = f"STN_{self._station}_{stamp(at)}"
        again = 1
        while stem in taken:  # the clock went back, or two segments within a second
            again += 1
            stem = f"{wanted}-{again}"
        return self._unfinished / f"{stem}{_WRITING}"

    def publish(self, scratch: Path) -> Path:
        """Give a synced segment its final name."""
        final = self._final(scratch.name.removesuffix(durable.TEMPORARY_SUFFIX))
        scratch.chmod(0o444)
        durable.publish(scratch, final)
        self._used += final.stat().st_size
        return final

    def write_note(self, first_segment: Path, note: bytes) -> Path:
        """Write the note of a recording beside its first segment."""
        path = first_segment.with_suffix(".json")
        durable.write_once(path, note)
        self._used += len(note)
        return path

    def salvage(self) -> list[Path]:
        """Publish what an earlier process was killed over, as far as it came."""
        return [self._salvaged(scratch) for scratch in sorted(self._writing())]

    def is_empty(self) -> bool:
        return next(self._days(), None) is None

    @property
    def used(self) -> int:
        """Bytes of all finished files."""
        return self._used

    def recount(self) -> None:
        """Look again: the release door may have made room."""
        self._used = self._count()

    def check_room(self, writing: int = 0) -> None:
        """Raise SpoolFullError where `writing` bytes and the reserve are too much."""
        if self._used + writing + RESERVE > self._limit:
            found = f"{self._used + writing} bytes and {RESERVE} of reserve"
            raise SpoolFullError(expected=f"at most {self._limit} bytes in the spool", found=found)
        free = shutil.disk_usage(self.card).free
        if free < RESERVE:
            raise SpoolFullError(
                code="DISK_FULL", expected=f"{RESERVE} bytes free", found=f"{free} bytes"
            )

    def _salvaged(self, scratch: Path) -> Path:
        durable.sync_file(scratch)
        return self.publish(scratch)

    def _final(self, name: str) -> Path:
        """Of STN_<station>_<day>_<time>: the station may hold underscores, the rest not."""
        day = name.rsplit("_", 2)[-2]
        durable.make_folder(self.card / "DCIM" / day)
        return self.card / "DCIM" / day / name

    def _days(self) -> Iterator[Path]:
        return (self.card / "DCIM").glob("*/*")

    def _writing(self) -> Iterator[Path]:
        return self._unfinished.glob(f"STN_*{_WRITING}")

    def _count(self) -> int:
        total = 0
        for path in self._days():
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_size
        return total


def stamp(at: Instant) -> str:
    """`YYYYMMDD_HHMMSS`, in UTC."""
    date, _, time = str(at).partition("T")
    return f"{date.replace('-', '')}_{time[:8].replace(':', '')}"
