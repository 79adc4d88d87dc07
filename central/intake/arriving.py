"""One file on its way in: appended, hashed as it passes, resumable after any crash.

The only state is the temporary file itself: its size is the offset. A hash state cannot be
saved, so a resume reads the file again. What was written is fsynced before its offset is
told to anyone. Does not know who sends it nor whether it is wanted; see `upload`.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.segments import SegmentHasher, Segments

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a complete file came to; it is still in `partial`."""

    partial: Path
    sha256: Digest
    segments: Segments


class Arriving:
    """Appends to one temporary file; blocking, so it is called from worker threads."""

    def __init__(self, partial: Path, file_id: str) -> None:
        self.partial = partial
        self._file_id = file_id
        self._whole = hashlib.sha256()
        self._hasher = SegmentHasher(file_id)
        self._known = False

    @property
    def begun(self) -> bool:
        return self.partial.exists()

    @property
    def offset(self) -> int:
        return self.partial.stat().st_size if self.begun else 0

    def begin(self) -> None:
        """Make the file where there is none, so that its name survives a power cut."""
        if not self.begun:
            self.partial.touch()
            durable.sync_folder(self.partial.parent)

    def write(self, data: bytes) -> None:
        """Append; raises OSError where the disk is full (what fitted stays)."""
        with self._appending() as handle:
            view = memoryview(data)
            while view:
                written = handle.write(view) or 0
                self._hash(view[:written])
                view = view[written:]

    def sync(self) -> None:
        durable.sync_file(self.partial)

    def cut_back(self, offset: int) -> None:
        """Forget what came after `offset`: it failed its checksum."""
        os.truncate(self.partial, offset)
        durable.sync_file(self.partial)
        self._known = False

    def finish(self) -> Arrived:
        """Digests of the whole file."""
        self._read_again()
        digest = Digest(self._whole.digest())
        self._known = False
        return Arrived(partial=self.partial, sha256=digest, segments=self._hasher.finish())

    @contextmanager
    def _appending(self) -> Iterator[FileIO]:
        self._read_again()
        try:
            with self.partial.open("ab", buffering=0) as handle:
                yield handle
        except OSError:
            self._known = False
            raise

    def _read_again(self) -> None:
        """Hash what an earlier process left in the file."""
        if self._known:
            return
        self._whole = hashlib.sha256()
        self._hasher = SegmentHasher(self._file_id)
        with self.partial.open("rb", buffering=0) as left:
            while chunk := left.read(_CHUNK):
                self._hash(chunk)
        self._known = True

    def _hash(self, data: bytes | memoryview) -> None:
        self._whole.update(data)
        self._hasher.update(data)
