"""Reads and writes that go past the page cache where the file system lets them.

Every function has the same result with and without O_DIRECT: a file system that refuses it
costs speed, never correctness. Knows nothing of cameras or vaults; raises bare OSError.
"""

import ctypes
import errno
import fcntl
import mmap
import os

ALIGNMENT = 4096
_KEEP_SIZE = 0x01
_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENOTTY})
_libc = ctypes.CDLL(None, use_errno=True)


def aligned_buffer(size: int) -> memoryview:
    """Memory that starts on a page, as O_DIRECT asks; freed with its last view."""
    return memoryview(mmap.mmap(-1, size))


def use_direct(handle: int) -> bool:
    """Ask for O_DIRECT; False where the file system has none."""
    try:
        flags = fcntl.fcntl(handle, fcntl.F_GETFL)
        fcntl.fcntl(handle, fcntl.F_SETFL, flags | os.O_DIRECT)
    except OSError:
        return False
    return True


def is_direct(handle: int) -> bool:
    """Whether the handle bypasses the page cache."""
    return bool(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_DIRECT)


def use_cache(handle: int) -> None:
    """Go back to ordinary I/O on this handle."""
    flags = fcntl.fcntl(handle, fcntl.F_GETFL)
    fcntl.fcntl(handle, fcntl.F_SETFL, flags & ~os.O_DIRECT)


def read_into(handle: int, view: memoryview, offset: int) -> int:
    """Fill `view` from `offset`; fewer bytes only at the end of the file.

    An unaligned remainder is read through the cache: O_DIRECT cannot. An OSError carries
    no count: ask again in smaller pieces to learn where it is.
    """
    done = 0
    while done < len(view):
        try:
            count = os.preadv(handle, [view[done:]], offset + done)
        except OSError as failure:
            if failure.errno != errno.EINVAL or not is_direct(handle):
                raise
            use_cache(handle)
            continue
        if count == 0:
            break
        done += count
        if done < len(view) and done % ALIGNMENT and is_direct(handle):
            use_cache(handle)
    return done


def write_from(handle: int, view: memoryview, offset: int) -> None:
    """Write all of `view` at `offset`; an unaligned tail goes through the cache."""
    done = 0
    while done < len(view):
        rest = view[done:]
        if is_direct(handle):
            whole = len(rest) - len(rest) % ALIGNMENT
            if whole and not (offset + done) % ALIGNMENT:
                rest = rest[:whole]
            else:
                use_cache(handle)
        try:
            done += os.pwritev(handle, [rest], offset + done)
        except OSError as failure:
            if failure.errno != errno.EINVAL or not is_direct(handle):
                raise
            use_cache(handle)


def allocate(handle: int, size: int) -> None:
    """Reserve `size` bytes on disk without changing the file's length.

    Raises OSError (ENOSPC, EDQUOT) where there is no room. A file system that cannot
    reserve is no error. os.posix_fallocate would write zeros there instead.
    """
    if size == 0:
        return
    span = (ctypes.c_int64(0), ctypes.c_int64(size))
    while _libc.fallocate(handle, _KEEP_SIZE, *span) != 0:
        code = ctypes.get_errno()
        if code == errno.EINTR:
            continue
        if code in _UNSUPPORTED:
            return
        raise OSError(code, os.strerror(code))


def forget(handle: int, offset: int = 0, size: int = 0) -> None:
    """Drop synced pages from the cache, so that the next read is from the disk."""
    os.posix_fadvise(handle, offset, size, os.POSIX_FADV_DONTNEED)
