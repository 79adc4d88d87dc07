"""One file on the camera, open for reading and nothing else.

Promise: nothing on the camera is written, not even an access time where the kernel lets its
reader say so; no link is followed at any level of the path; each failure says whether the
camera is gone, the file changed, or bytes of it cannot be read, and where.
"""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from dock_agent import direct_io
from dock_agent.errors import AgentError, SourceChangedError, SourceError, VanishedError
from dock_agent.scan import GONE, CardEntry, open_folder

_STEP = 4096
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the file system says of the file at one moment; never an identity."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, facts: os.stat_result) -> Self:
        return cls(facts.st_size, facts.st_mtime_ns, facts.st_ino)

    def __str__(self) -> str:
        return f"size {self.size}, mtime {self.mtime_ns} ns, inode {self.inode}"


class Source:
    """The open file. `trouble` is set when `read_into` stopped before the end."""

    def __init__(self, mount: Path, entry: CardEntry) -> None:
        self._mount = os.fsencode(mount)
        self._entry = entry
        self.trouble: AgentError | None = None
        self._handle = -1

    def __enter__(self) -> Self:
        """Open the file; raises VanishedError, SourceChangedError or SourceError."""
        try:
            self._handle = self._open()
            facts = os.fstat(self._handle)
        except OSError as failure:
            raise self._explain(failure, 0) from failure
        if not stat.S_ISREG(facts.st_mode):
            os.close(self._handle)
            raise self._changed("a regular file", stat.filemode(facts.st_mode))
        direct_io.use_direct(self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    def state(self) -> SourceState:
        """What the open file is now."""
        try:
            return SourceState.of(os.fstat(self._handle))
        except OSError as failure:
            raise self._explain(failure, 0) from failure

    def state_by_name(self) -> SourceState:
        """What the path leads to now: another inode where the file was replaced."""
        try:
            handle = self._open()
            try:
                return SourceState.of(os.fstat(handle))
            finally:
                os.close(handle)
        except OSError as failure:
            raise self._explain(failure, 0) from failure

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill `view`; fewer bytes at the end, or before `trouble`."""
        try:
            return direct_io.read_into(self._handle, view, offset)
        except OSError as failure:
            if failure.errno in GONE or not self._is_alive():
                raise self._explain(failure, offset) from failure
        return self._read_up_to_fault(view, offset)

    def changed(self, before: SourceState, after: SourceState) -> SourceChangedError:
        """The error for a file that is not what it was."""
        return self._changed(str(before), str(after))

    def ended(self, size: int, end: int) -> SourceChangedError:
        """The error for a file that ended at `end` instead of `size`."""
        return self._changed(f"{size} bytes", f"the end after {end}", offset=end)

    def _read_up_to_fault(self, view: memoryview, offset: int) -> int:
        """Go in small steps through the cache to find the first byte that fails."""
        direct_io.use_cache(self._handle)
        with contextlib.suppress(OSError):
            os.posix_fadvise(self._handle, 0, 0, os.POSIX_FADV_RANDOM)
        done = 0
        while done < len(view):
            step = view[done : done + _STEP]
            try:
                count = direct_io.read_into(self._handle, step, offset + done)
            except OSError as failure:
                self.trouble = self._explain(failure, offset + done)
                break
            done += count
            if count < len(step):
                break
        return done

    def _open(self) -> int:
        *folders, name = self._entry.path.split(b"/")
        folder = open_folder(self._mount, None)
        try:
            for each in folders:
                below = open_folder(each, folder)
                os.close(folder)
                folder = below
            try:
                return os.open(name, _READ | os.O_NOATIME, dir_fd=folder)
            except PermissionError:  # only the owner may leave access times alone
                return os.open(name, _READ, dir_fd=folder)
        finally:
            os.close(folder)

    def _explain(self, failure: OSError, offset: int) -> AgentError:
        found = failure.strerror or str(failure)
        path = self._entry.text
        if failure.errno in GONE or not self._is_alive():
            expected = f"the camera to stay while {path} is read"
            return VanishedError(
                code="CAMERA_GONE", expected=expected, found=found, path=path, offset=offset
            )
        if failure.errno in {errno.ENOENT, errno.ELOOP, errno.ENOTDIR}:
            return self._changed("the file that was listed", found)
        expected = f"readable bytes at offset {offset} of {path}"
        return SourceError(expected=expected, found=found, path=path, offset=offset)

    def _is_alive(self) -> bool:
        """Whether the card is still there: an unmounted one leaves an empty folder."""
        try:
            root = open_folder(self._mount, None)
        except OSError:
            return False
        try:
            device = os.fstat(root).st_dev
            number = f"{os.major(device)}:{os.minor(device)}"
            if os.major(device) and not Path("/sys/dev/block", number).exists():
                return False  # major 0 is no block device: FUSE, tmpfs, overlay
            with os.scandir(root) as entries:
                return next(entries, None) is not None
        except OSError:
            return False
        finally:
            os.close(root)

    def _changed(self, expected: str, found: str, offset: int = 0) -> SourceChangedError:
        path = self._entry.text
        return SourceChangedError(
            expected=f"{expected} at {path}", found=found, path=path, offset=offset
        )
