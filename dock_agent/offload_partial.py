"""A copy under way: the growing file, and the journal of its segment digests beside it.

Promise: after a crash at any instant, what `resume` returns is on this disk and is what the
camera gave: each kept segment was hashed again and equals its journal entry. A file that has
its final name already is never written to. Does not read the camera.

Journal: one line of JSON that says of which file state the copy is, then 32 bytes a leaf.
A torn or forged entry does not match the bytes, and everything from there on is read again.
"""

import errno
import json
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from dock_agent import direct_io
from dock_agent.copy_errors import VaultFailedError
from dock_agent.errors import AgentError, StationDiskError
from dock_agent.offload_source import SourceState
from dock_agent.vault import Vault
from edge import durable
from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.segments import SEGMENT_SIZE, leaf_of, unpack_leaves

_FORMAT = "liuhen-partial/v1"
_JOURNAL_SUFFIX = ".leaves.partial"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_WRITE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
Feed = Callable[[memoryview], None]


def vault_failure(failure: OSError, act: str, path: Path) -> AgentError:
    """The vault's disk said no: full, or broken."""
    found = failure.strerror or str(failure)
    if failure.errno in _FULL:
        return StationDiskError(
            expected=f"room to {act} {path.name} in the vault", found=found, path=str(path)
        )
    return VaultFailedError(
        expected=f"the vault's disk to {act} {path.name}",
        found=found,
        path=str(path),
        errno=failure.errno or 0,
    )


class Partial:
    """One partial copy. Use: `resume`, `open`, then writes and notes, `seal`, `close`."""

    _under_way: ClassVar[set[Path]] = set()  # one agent a vault: see `lock`

    def __init__(self, vault: Vault, file_id: str, source: SourceState) -> None:
        self.path = vault.partial(file_id)
        self._journal_path = vault.journal(file_id)
        self._asides = (vault.aside(file_id, n) for n in range(1_000))
        self._head = _head(source)
        self._size = source.size
        self._file = -1
        self._journal = -1
        self._named = self._sealed = False

    def __enter__(self) -> Self:
        self._under_way.add(self._journal_path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self._under_way.discard(self._journal_path)

    def resume(self, feed: Feed) -> list[Digest]:
        """The leaves of the proven prefix; its bytes go to `feed` on the way."""
        try:
            self._leave_published()
            leaves = self._noted()
            return self._prove(leaves, feed) if leaves else []
        except OSError as failure:
            raise vault_failure(failure, "resume", self.path) from failure

    def missing(self) -> int:
        """Bytes that the disk has not set aside for this copy yet."""
        try:
            return max(0, self._size - self.path.stat().st_blocks * 512)
        except FileNotFoundError:
            return self._size

    def open(self, proven: list[Digest]) -> None:
        """Make ready to write from the end of the proven prefix on."""
        try:
            self._file = os.open(self.path, _WRITE, 0o600)
            os.fchmod(self._file, 0o600)
            if self._size > SEGMENT_SIZE:  # below, both cost more than they bring
                direct_io.allocate(self._file, self._size)
                direct_io.use_direct(self._file)
                self._journal = os.open(self._journal_path, _WRITE, 0o600)
                kept = len(self._head) + len(proven) * DIGEST_SIZE
                if not proven:
                    os.pwrite(self._journal, self._head, 0)
                os.ftruncate(self._journal, kept)
                os.lseek(self._journal, kept, os.SEEK_SET)
        except OSError as failure:
            raise vault_failure(failure, "open", self.path) from failure

    def write(self, view: memoryview, offset: int) -> None:
        """Write one piece at its place."""
        try:
            direct_io.write_from(self._file, view, offset)
        except OSError as failure:
            raise vault_failure(failure, "write", self.path) from failure

    def note(self, leaf: Digest) -> None:
        """Add the leaf of the next written segment to the journal."""
        if self._journal < 0:
            return
        try:
            os.write(self._journal, leaf.raw)
        except OSError as failure:
            raise vault_failure(failure, "note", self._journal_path) from failure

    def sync(self) -> None:
        """What is written and noted survives a power cut when this returns."""
        if self._sealed:
            return
        try:
            os.fdatasync(self._file)
            direct_io.forget(self._file)
            if self._journal >= 0:
                os.fdatasync(self._journal)
                if not self._named:
                    durable.sync_folder(self.path.parent)
                    self._named = True
        except OSError as failure:
            raise vault_failure(failure, "sync", self.path) from failure

    def seal(self, size: int) -> None:
        """Give the file its final length and mode, and sync both."""
        try:
            os.ftruncate(self._file, size)
            os.fchmod(self._file, 0o444)
            os.fsync(self._file)
            direct_io.forget(self._file)
            self._sealed = True
        except OSError as failure:
            raise vault_failure(failure, "seal", self.path) from failure

    def close(self) -> None:
        """Let go of the files; what is on disk stays."""
        for handle in (self._file, self._journal):
            if handle >= 0:
                os.close(handle)
        self._file = self._journal = -1

    def set_aside(self) -> Path:
        """Keep a copy that cannot be continued under another name, for a person."""
        for aside in self._asides:
            try:
                durable.publish(self.path, aside)
            except durable.AlreadyWrittenError:
                continue
            durable.discard_temporary(self._journal_path)
            return aside
        raise VaultFailedError(expected="at most 1000 copies kept aside", found="more")

    def discard_journal(self) -> None:
        """The copy has its final name: the notes are of no more use."""
        if self._size > SEGMENT_SIZE:
            durable.discard_temporary(self._journal_path)

    def discard(self) -> None:
        """Drop the copy: only for content that was just read back from the vault."""
        durable.discard_temporary(self.path)
        durable.discard_temporary(self._journal_path)

    def drop_superseded(self, leaves: Sequence[Digest]) -> None:
        """Drop what pulled dockings left of this content, now that all of it is kept.

        A camera that is pulled and docked again is a new docking and a new copy. Size and
        time only say where to look: every noted segment must equal the kept one.
        """
        for journal in self._journal_path.parent.glob(f"*{_JOURNAL_SUFFIX}"):
            if journal in self._under_way:
                continue
            noted = journal.read_bytes()
            if noted.startswith(self._head):
                left = _unpack(noted[len(self._head) :])
                if left == tuple(leaves[: len(left)]):
                    name = journal.name.removesuffix(_JOURNAL_SUFFIX)
                    durable.discard_temporary(journal.with_name(name + ".partial"))
                    durable.discard_temporary(journal)

    def _leave_published(self) -> None:
        """A copy with a second name is in the vault: let go of this name, never write."""
        try:
            facts = self.path.lstat()
        except FileNotFoundError:
            durable.discard_temporary(self._journal_path)
            return
        if facts.st_nlink > 1 or not stat.S_ISREG(facts.st_mode):
            self.discard()

    def _noted(self) -> tuple[Digest, ...]:
        try:
            noted = self._journal_path.read_bytes()
        except FileNotFoundError:
            return ()
        if not noted.startswith(self._head):
            if b"\n" in noted:  # of another state of the file: no prefix of this one
                self.set_aside()
            return ()
        return _unpack(noted[len(self._head) :])

    def _prove(self, leaves: tuple[Digest, ...], feed: Feed) -> list[Digest]:
        proven: list[Digest] = []
        view = direct_io.aligned_buffer(SEGMENT_SIZE)
        handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fdatasync(handle)
            direct_io.forget(handle)
            direct_io.use_direct(handle)
            for index, leaf in enumerate(leaves):
                length = min(SEGMENT_SIZE, self._size - index * SEGMENT_SIZE)
                count = direct_io.read_into(handle, view, index * SEGMENT_SIZE)
                if length <= 0 or count < length or leaf_of(view[:length]) != leaf:
                    break
                feed(view[:length])
                proven.append(leaf)
        finally:
            os.close(handle)
        return proven


def _unpack(packed: bytes) -> tuple[Digest, ...]:
    """All whole leaves; a torn last one is as good as none."""
    return unpack_leaves(packed[: len(packed) - len(packed) % DIGEST_SIZE])


def _head(source: SourceState) -> bytes:
    what = {"format": _FORMAT, "size": source.size, "mtime_ns": source.mtime_ns}
    return json.dumps(what, separators=(",", ":")).encode() + b"\n"
