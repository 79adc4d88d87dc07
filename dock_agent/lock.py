"""One agent a data folder: two would share a chain and fork it.

The kernel lets go of the lock when the process dies, however it dies. Whoever asks
`is_running` holds it for an instant, so `claim` tries for a second before it gives up.
"""

import fcntl
import os
import time
from pathlib import Path

from dock_agent.errors import AlreadyRunningError
from edge.durable import make_folder

_TRIES, _PAUSE_S = 20, 0.05


def claim(data: Path) -> int:
    """Hold `data` until the process ends. Raises AlreadyRunningError."""
    make_folder(data, mode=0o750)
    handle = os.open(data / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    for _ in range(_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return handle
    os.close(handle)
    raise AlreadyRunningError(
        expected=f"to be the only agent on {data}", found="another one that runs"
    )


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
