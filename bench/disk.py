"""Disks of a known speed, so that claims about copying mean the same on any machine.

As root: ext4 on loop devices over memory, throttled by the block cgroup to what a
docking station has (a USB 3 disk: reads 400 MB/s, writes 300 MB/s). Elsewhere: plain
folders on whatever disk there is, and the table says so. Helper of other claims.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

READ_BPS = 400_000_000
WRITE_BPS = 300_000_000
_V1 = Path("/sys/fs/cgroup/blkio")
_V2 = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Disks:
    """A camera's card and a station's disk."""

    card: Path
    station: Path
    kind: str


@contextmanager
def disks(size: int) -> Iterator[Disks]:
    """Two disks of `size` bytes each, for as long as the block runs."""
    with ExitStack() as stack:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - memory
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory)))
        try:
            card = stack.enter_context(_disk(base / "card", size))
            station = stack.enter_context(_disk(base / "station", size))
        except (OSError, subprocess.CalledProcessError):
            plain = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (plain / "card").mkdir()
            (plain / "station").mkdir()
            yield Disks(plain / "card", plain / "station", "this disk, not throttled")
            return
        yield Disks(card, station, "400 MB/s read, 300 MB/s write")


def evict(folder: Path) -> None:
    """Sync the folder's disk and drop its files from the cache."""
    subprocess.run(["sync", "--file-system", str(folder)], check=True)
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


@contextmanager
def _disk(place: Path, size: int) -> Iterator[Path]:
    image = place.with_suffix(".img")
    place.mkdir()
    with image.open("wb") as handle:
        handle.truncate(size)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    device = _run("losetup", "--find", "--show", str(image)).strip()
    try:
        with _throttled(device):
            _run("mount", device, str(place))
            try:
                yield place
            finally:
                _run("umount", str(place))
    finally:
        _run("losetup", "--detach", device)


@contextmanager
def _throttled(device: str) -> Iterator[None]:
    """Limit the device for everybody: it is ours alone."""
    number = os.stat(device).st_rdev  # noqa: PTH116 - st_rdev of a device
    name = f"{os.major(number)}:{os.minor(number)}"
    if (_V1 / "blkio.throttle.read_bps_device").exists():
        limits = {
            _V1 / "blkio.throttle.read_bps_device": (f"{name} {READ_BPS}", f"{name} 0"),
            _V1 / "blkio.throttle.write_bps_device": (f"{name} {WRITE_BPS}", f"{name} 0"),
        }
    else:
        limits = {
            _own_group() / "io.max": (
                f"{name} rbps={READ_BPS} wbps={WRITE_BPS}",
                f"{name} rbps=max wbps=max",
            )
        }
    for path, (limit, _) in limits.items():
        path.write_text(limit)
    try:
        yield
    finally:
        for path, (_, free) in limits.items():
            path.write_text(free)


def _own_group() -> Path:
    """A group of the second hierarchy that this process is in, with I/O limits."""
    (_V2 / "cgroup.subtree_control").write_text("+io +memory")
    group = _V2 / f"liuhen-bench-{os.getpid()}"
    group.mkdir(exist_ok=True)
    (group / "cgroup.procs").write_text(str(os.getpid()))
    return group


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
