"""Read back what the disk holds, and compare every segment with what the camera gave.

Promise: a segment counts as proven only after it was synced, dropped from the cache or read
past it, and hashed to the same leaf. The reader trails the writer in a thread of its own.
Does not protect against a drive that answers reads from a cache it never empties.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from dock_agent import direct_io
from dock_agent.copy_errors import ReadbackMismatchError
from dock_agent.offload_partial import Partial, vault_failure
from edge.evidence.digest import Digest
from edge.evidence.segments import SEGMENT_SIZE, leaf_of

MARK_SEGMENTS = 32


def first_mismatch(path: Path, leaves: Sequence[Digest], begin: int, end: int) -> int | None:
    """The first segment in [begin, end) that does not hash to its leaf, read from disk."""
    view = direct_io.aligned_buffer(SEGMENT_SIZE)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not direct_io.use_direct(handle):
                direct_io.forget(handle)
            for index in range(begin, end):
                count = direct_io.read_into(handle, view, index * SEGMENT_SIZE)
                if leaf_of(view[:count]) != leaves[index]:
                    return index
        finally:
            os.close(handle)
    except OSError as failure:
        raise vault_failure(failure, "read back", path) from failure
    return None


class Prover:
    """Syncs and reads back the partial copy, `MARK_SEGMENTS` at a time."""

    def __init__(self, partial: Partial, leaves: Sequence[Digest], proven: int) -> None:
        self._partial = partial
        self._leaves = leaves
        self._proven = proven
        self._marks: SimpleQueue[int | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="prover", daemon=True)
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Prove what is marked so far, then end; raise what went wrong, if nothing else."""
        if self._thread.is_alive():
            self._marks.put(None)
            self._thread.join()
        if error is None and self.failure is not None:
            raise self.failure

    def written(self, count: int) -> None:
        """`count` segments are written. Proving starts when enough have come together."""
        if self.failure is not None:
            raise self.failure
        if count % MARK_SEGMENTS == 0:
            if not self._thread.ident:
                self._thread.start()
            self._marks.put(count)

    def finish(self) -> None:
        """Sync and prove the rest, in the caller's thread."""
        self.__exit__(None, None, None)
        self._prove(len(self._leaves))

    def _run(self) -> None:
        while (mark := self._marks.get()) is not None:
            if self.failure is None:
                try:
                    self._prove(mark)
                except BaseException as failure:  # noqa: BLE001 - raised by the owner
                    self.failure = failure

    def _prove(self, end: int) -> None:
        self._partial.sync()
        wrong = first_mismatch(self._partial.path, self._leaves, self._proven, end)
        if wrong is not None:
            offset = wrong * SEGMENT_SIZE
            raise ReadbackMismatchError(
                expected=f"segment {wrong} as the camera gave it ({self._leaves[wrong]})",
                found=f"other bytes on the vault's disk at offset {offset}",
                segment=wrong,
                offset=offset,
            )
        self._proven = end
