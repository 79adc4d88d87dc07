"""A camera that is a plain USB disk: write-block it, mount it, say what it is.

Promise: nothing is mounted that the kernel has not first set read-only, disk and partition
both, and read back as such; the mount allows no write, no set-uid, no device, no program,
and no journal replay. This is a software write block, not a certified one: announcements
and manifests say ``kernel``. Needs root. Repairs nothing: a dirty card is mounted as it is.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from firmware_hooks.errors import MountError, WriteBlockError

MOUNT_OPTIONS = ("ro", "nosuid", "nodev", "noexec", "noatime")
# A mount must not write: replaying a journal would. FAT names are shown as UTF-8.
_EXTRA_OPTIONS = {
    "ext3": ("noload",),
    "ext4": ("noload",),
    "xfs": ("norecovery",),
    "vfat": ("utf8",),
}
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFacts:
    """What hardware and file system claim; none of it alone is an identity."""

    serial: str | None
    fs_uuid: str | None
    fs_type: str | None
    port: str | None


def inspect(device: Path) -> DiskFacts:
    """Ask udev; where it knows nothing (no udev, a loop device), ask blkid."""
    said = _properties(["udevadm", "info", "--query=property", f"--name={device}"])
    if "ID_FS_TYPE" not in said:
        said |= {f"ID_FS_{k}": v for k, v in _properties(_blkid(device)).items()}
    return DiskFacts(
        serial=said.get("ID_SERIAL_SHORT"),
        fs_uuid=said.get("ID_FS_UUID"),
        fs_type=said.get("ID_FS_TYPE"),
        port=said.get("ID_PATH"),
    )


def block_writes(device: Path) -> None:
    """Set the disk and the partition read-only, and check that the kernel says so."""
    for each in [*_whole_disk(device), device]:
        _run(["blockdev", "--setro", str(each)], WriteBlockError)
        answer = _run(["blockdev", "--getro", str(each)], WriteBlockError).strip()
        if answer != "1":
            raise WriteBlockError(
                expected=f"{each} read-only", found=f"blockdev --getro says {answer}"
            )


def mount(device: Path, at: Path, fs_type: str | None) -> None:
    """Mount the write-blocked device; refuses a place where something is mounted."""
    at.mkdir(parents=True, exist_ok=True)
    if is_mounted(at):
        raise MountError(expected=f"nothing mounted at {at}", found="a mount")
    options = ",".join((*MOUNT_OPTIONS, *_EXTRA_OPTIONS.get(fs_type or "", ())))
    kind = ["-t", fs_type] if fs_type else []
    command = ["mount", *kind, "-o", options, "--", str(device), str(at)]
    _run(command, MountError)


def unmount(at: Path) -> bool:
    """Detach the mount, even one whose device is gone. False where there was none.

    Lazy on purpose: a pulled camera leaves a stale mount, and a reader may still hold it.
    """
    if not is_mounted(at):
        return False
    _run(["umount", "--lazy", "--", str(at)], MountError)
    return True


def is_mounted(at: Path) -> bool:
    """Ask the kernel's table: asking a dead file system itself answers "no"."""
    wanted = str(at)
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
        place = line.split(" ")[4]
        if re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), place) == wanted:
            return True
    return False


def _whole_disk(device: Path) -> list[Path]:
    """The disk that a partition is on; nothing for a whole disk."""
    try:
        number = device.stat().st_rdev
        node = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    except OSError as failure:
        raise WriteBlockError(expected=f"a disk at {device}", found=str(failure)) from failure
    return [Path("/dev", node.parent.name)] if (node / "partition").exists() else []


def _blkid(device: Path) -> list[str]:
    """Probe without the cache; keys UUID and TYPE, as udev has them after ID_FS_."""
    return ["blkid", "--probe", "--output", "export", str(device)]


def _properties(command: list[str]) -> dict[str, str]:
    """KEY=value lines; nothing where the program is missing or has nothing to say."""
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in answer.splitlines())
    return {key: value[:256] for key, _, value in pairs if value}


def _run(command: list[str], error: type[MountError | WriteBlockError]) -> str:
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as failure:
        raise error(expected=f"`{shown}` to run", found=str(failure)) from failure
    if done.returncode != 0:
        said = done.stderr.strip() or f"status {done.returncode}"
        raise error(expected=f"`{shown}` to succeed", found=said)
    return done.stdout
