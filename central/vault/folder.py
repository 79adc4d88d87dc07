"""The write-once folder: ``<aa>/<sha256>``, mode 0444, read back before it has a name.

Order: fsync the arrived file, drop it from the cache, read it back and compare, write its
segment digests beside it, and only then give it its name and fsync the folder. So a name in
the vault has been read once from the disk. It does not protect against root, nor against a
disk that answers reads from its own cache: the replica ledger and Object Lock are for that.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from central.vault import KeptCopy, NotKeptError, VaultDamagedError
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.segments import pack_leaves, unpack_leaves

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FolderVault:
    """A vault in a folder of a local disk."""

    root: Path
    name: str = "vault"
    kind: str = "folder"

    def keep(self, arrived: Path, sha256: Digest, size: int, leaves: Sequence[Digest]) -> KeptCopy:
        if self.holds(sha256):
            return self._already_kept(arrived, sha256, size)
        arrived.chmod(0o444)
        durable.sync_file(arrived)
        _expect(arrived, sha256, size)
        final = self._path(sha256)
        durable.make_folder(final.parent)
        durable.write_once(_beside(final), pack_leaves(leaves))
        try:
            durable.publish(arrived, final)
        except durable.AlreadyWrittenError:
            # Two uploads of the same content ended at the same moment: one name, one file.
            return self._already_kept(arrived, sha256, size)
        return self._copy(sha256, size)

    def recheck(self, sha256: Digest, size: int) -> KeptCopy:
        _expect(self._held(sha256), sha256, size)
        return self._copy(sha256, size)

    def holds(self, sha256: Digest) -> bool:
        return self._path(sha256).is_file()

    def open(self, sha256: Digest) -> BinaryIO:
        return self._held(sha256).open("rb")

    def leaves(self, sha256: Digest) -> tuple[Digest, ...]:
        return unpack_leaves(_beside(self._held(sha256)).read_bytes())

    def place(self, sha256: Digest, at: Path) -> None:
        held = self._held(sha256)
        if at.exists():
            _expect(at, sha256, held.stat().st_size)
            return
        try:
            at.hardlink_to(held)
        except OSError as failure:
            if failure.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP}:
                raise
            self._copy_out(held, at)

    def _already_kept(self, arrived: Path, sha256: Digest, size: int) -> KeptCopy:
        kept = self.recheck(sha256, size)
        durable.discard_temporary(arrived)
        return kept

    def _copy_out(self, held: Path, at: Path) -> None:
        scratch = at.with_name(f".{at.name}{durable.TEMPORARY_SUFFIX}")
        shutil.copyfile(held, scratch)
        durable.sync_file(scratch)
        durable.publish(scratch, at)

    def _held(self, sha256: Digest) -> Path:
        path = self._path(sha256)
        if not path.is_file():
            raise NotKeptError(
                expected=f"{sha256} in the vault",
                found="nothing under that name",
                sha256=str(sha256),
            )
        return path

    def _path(self, sha256: Digest) -> Path:
        name = str(sha256)
        return self.root / name[:2] / name

    def _copy(self, sha256: Digest, size: int) -> KeptCopy:
        return KeptCopy(vault=self.name, kind=self.kind, sha256=sha256, size=size)


def _beside(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}.leaves")


def _expect(path: Path, sha256: Digest, size: int) -> None:
    found_size, found = _read_back(path)
    if (found_size, found) != (size, sha256):
        raise VaultDamagedError(
            expected=f"{size} bytes with SHA-256 {sha256} to read back from {path.name}",
            found=f"{found_size} bytes with {found}",
            sha256=str(sha256),
        )


def _read_back(path: Path) -> tuple[int, Digest]:
    """Hash what the disk holds: pages of this file are dropped from the cache first."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb", buffering=0) as source:
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return size, Digest(digest.digest())
