"""The file under a segment: every write reaches the kernel at once, the disk soon after.

Promise: after `kill -9` everything written is in the file; after a power cut everything but
the last few seconds. A failed write is kept as `fault` and raised again at the end, because
libav only passes on that something failed. Writes in order only; nothing is overwritten.
"""

import io
import os
import threading
from pathlib import Path

from edge.capture.errors import DiskError

SYNC_SECONDS = 2.0


class SegmentFile(io.RawIOBase):
    """A new file, written from its start to its end, once."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.size = 0
        self.fault: OSError | None = None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._handle = os.open(path, flags, 0o640)
        except OSError as failure:
            raise self._failed(failure) from failure
        self._ended = threading.Event()
        self._syncer = threading.Thread(target=self._sync_often, name="sync", daemon=True)
        self._syncer.start()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        """Write all of `data`, or raise; what was written before stays."""
        view = memoryview(data)  # type: ignore[arg-type]  # io's own type is wider than any buffer
        total = len(view)
        try:
            while view:
                written = os.write(self._handle, view)
                self.size += written
                view = view[written:]
        except OSError as failure:
            self.fault = failure
            raise
        return total

    def seal(self) -> None:
        """Flush to the disk and close. Raises DiskError where any write had failed."""
        if self.closed:
            return
        self._ended.set()
        self._syncer.join()
        try:
            os.fsync(self._handle)
        except OSError as failure:
            self.fault = self.fault or failure
        finally:
            os.close(self._handle)
            super().close()
        if self.fault is not None:
            raise self._failed(self.fault) from self.fault

    def _sync_often(self) -> None:
        while not self._ended.wait(SYNC_SECONDS):
            try:
                os.fdatasync(self._handle)
            except OSError as failure:
                self.fault = self.fault or failure
                return

    def _failed(self, failure: OSError) -> DiskError:
        found = failure.strerror or str(failure)
        return DiskError(expected=f"to write {self.path.name}", found=found)
