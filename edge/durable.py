"""The one door to disk writes that must survive a power cut.

Order is the contract: write, fsync, rename, fsync the folder, and only then tell anyone.
Nothing here overwrites evidence: `write_once` and `publish` refuse a name that is taken by
other bytes. The only thing that can be removed is a temporary file, known by its name.
Does not protect against disks that lie about their cache.
"""

import errno
import os
import secrets
from pathlib import Path

TEMPORARY_SUFFIX = ".partial"
_COMPARE_CHUNK = 1 << 20


class AlreadyWrittenError(FileExistsError):
    """A write-once name is taken by different bytes; both are kept as they are."""

    code = "WRITE_ONCE_CONFLICT"


def write_once(path: Path, data: bytes, *, mode: int = 0o444) -> None:
    """Create `path` holding `data`. The same bytes again change nothing.

    Raises AlreadyWrittenError where the name holds other bytes, OSError where the disk fails.
    """
    if path.exists():
        _refuse_other_bytes(path, data)
        return
    scratch = _scratch(path)
    _write_synced(scratch, data, mode)
    try:
        publish(scratch, path)
    except AlreadyWrittenError:
        discard_temporary(scratch)
        _refuse_other_bytes(path, data)


def replace(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` in place of `path` in one step. Not for evidence: for state that moves."""
    scratch = _scratch(path)
    _write_synced(scratch, data, mode)
    os.replace(scratch, path)
    sync_folder(path.parent)


def publish(scratch: Path, final: Path) -> None:
    """Give an already synced temporary file its final name, once.

    Raises AlreadyWrittenError where `final` exists; `scratch` is then left where it is.
    """
    try:
        os.link(scratch, final, follow_symlinks=False)
    except FileExistsError as taken:
        message = f"expected {final} to be free, found it written already"
        raise AlreadyWrittenError(errno.EEXIST, message) from taken
    except OSError as failure:
        if failure.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP}:
            raise
        _publish_without_links(scratch, final)
        return
    sync_folder(final.parent)
    os.unlink(scratch)
    sync_folder(scratch.parent)


def discard_temporary(path: Path) -> None:
    """Remove a temporary file; refuses any other name. A missing one is no error."""
    if not path.name.endswith(TEMPORARY_SUFFIX):
        message = f"expected a name ending in {TEMPORARY_SUFFIX}, found {path.name}"
        raise ValueError(message)
    path.unlink(missing_ok=True)


def make_folder(path: Path, *, mode: int = 0o755) -> None:
    """Make a folder and its parents, each synced into the one above it."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode)
    path.mkdir(mode=mode, exist_ok=True)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Flush what was written to `path` to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Make names that were added to or changed in `path` survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _scratch(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")


def _write_synced(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _publish_without_links(scratch: Path, final: Path) -> None:
    """FAT and some FUSE file systems have no hard links: claim the name, then rename."""
    if final.exists():
        message = f"expected {final} to be free, found it written already"
        raise AlreadyWrittenError(errno.EEXIST, message)
    os.rename(scratch, final)
    sync_folder(final.parent)


def _refuse_other_bytes(path: Path, data: bytes) -> None:
    view = memoryview(data)
    with path.open("rb") as existing:
        while chunk := existing.read(_COMPARE_CHUNK):
            if chunk != view[: len(chunk)]:
                break
            view = view[len(chunk) :]
        else:
            if not view:
                return
    message = f"expected {path} to hold the same {len(data)} bytes, found others"
    raise AlreadyWrittenError(errno.EEXIST, message)
