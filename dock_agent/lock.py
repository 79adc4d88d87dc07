"""One agent a data folder: two would share a chain and fork it.

The kernel lets go of the lock when the process dies, however it dies.
"""

import fcntl
import os
from pathlib import Path

from dock_agent.errors import AlreadyRunningError
from edge.durable import make_folder


def claim(data: Path) -> int:
    """Hold `data` until the process ends. Raises AlreadyRunningError."""
    make_folder(data, mode=0o750)
    handle = os.open(data / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        os.close(handle)
        raise AlreadyRunningError(
            expected=f"to be the only agent on {data}", found="another one that runs"
        ) from taken
    return handle


def is_running(data: Path) -> bool:
    """Whether an agent holds `data` now."""
    try:
        handle = os.open(data / "agent.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
