"""Where things lie in central's data folder, and the claim that only one process writes.

The one owner of these paths. A claim is a lock of the operating system: it ends with the
process, however that ends, and it does not stop another program that ignores it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from central.errors import DataFolderInUseError
from edge import durable

_PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Names inside one data folder."""

    root: Path

    @property
    def index(self) -> Path:
        return self.root / "index.sqlite"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def envelopes(self) -> Path:
        return self.log / "envelopes"

    @property
    def checkpoint(self) -> Path:
        return self.log / "checkpoint"

    @property
    def witnessed_checkpoint(self) -> Path:
        return self.log / "checkpoint.witnessed"

    @property
    def anchors(self) -> Path:
        return self.log / "anchors"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def log_key(self) -> Path:
        return self.keys / "log.pem"

    @property
    def central_key(self) -> Path:
        return self.keys / "central.pem"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def make(self) -> None:
        """Make every folder that is missing; what exists stays as it is."""
        durable.make_folder(self.root, mode=_PRIVATE)
        for folder in (
            self.envelopes,
            self.anchors,
            self.vault,
            self.uploads,
            self.exports,
            self.quarantine,
        ):
            durable.make_folder(folder)
        for folder in (self.keys, self.broker):
            durable.make_folder(folder, mode=_PRIVATE)

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Hold the folder alone; raises DataFolderInUseError where another process does."""
        durable.make_folder(self.root, mode=_PRIVATE)
        handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(handle)
            os.truncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
            yield
        finally:
            os.close(handle)

    def _lock(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            holder = os.pread(handle, 32, 0).decode(errors="replace") or "unknown"
            raise DataFolderInUseError(
                expected=f"{self.root} to be free",
                found=f"process {holder} at work in it",
                folder=str(self.root),
                process=holder,
            ) from taken
