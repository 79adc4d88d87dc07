"""The privileged half of a bay: one camera in, announced; one camera out, retracted.

Run as root by a unit bound to the device, once a camera: `dock` when it appears, `undock`
when it goes. Order is the promise: write block, mount, announce; and on the way out retract,
then unmount. Reads no footage, decides nothing, talks to nobody but the announcement folder.
"""

import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware_hooks import announcement, mass_storage
from firmware_hooks.announcement import Announcement, announce, new_docking_id
from firmware_hooks.errors import AnnouncementError, BayUnknownError, HookError

DEFAULT_ANNOUNCEMENTS = Path("/run/liuhen/announcements")
DEFAULT_MOUNTS = Path("/run/liuhen/bays")
_NOT_A_BAY = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class BayFolders:
    """Where mounts and announcements live, and which port is which bay.

    `bays`: lines of `<bay> <ID_PATH>`; ports without a line get a bay named after the port.
    """

    announcements: Path = DEFAULT_ANNOUNCEMENTS
    mounts: Path = DEFAULT_MOUNTS
    bays: Path | None = None


def dock(device: Path, folders: BayFolders, bay: str | None = None) -> Announcement:
    """Block, mount and announce the camera on `device`.

    What an earlier docking left behind goes first: the same device, or one that is no
    more. A failure after the mount takes the mount away again: no half docked camera.
    """
    mass_storage.block_writes(device)
    _clear_stale(device, folders)
    facts = mass_storage.inspect(device)
    bay = _free_bay(bay or bay_of(facts.port, folders.bays), folders)
    docking = new_docking_id()
    place = folders.mounts / f"{bay}-{device.name}"
    mass_storage.mount(device, place, facts.fs_type)
    try:
        said = Announcement(
            bay=bay,
            docking=docking,
            mount=str(place),
            device=str(device),
            serial=facts.serial,
            fs_uuid=facts.fs_uuid,
            port=facts.port,
            write_block="kernel",
            at=utc_now(),
        )
        announce(said, folders.announcements)
    except (OSError, HookError):
        mass_storage.unmount(place)
        raise
    return said


def undock(device: Path, folders: BayFolders) -> Announcement | None:
    """Retract and unmount whatever was announced for `device`; None where nothing was.

    The device may be gone already: what was announced says where it was mounted.
    """
    for said in announced(folders.announcements):
        if said.device == str(device):
            announcement.retract(said.bay, folders.announcements)
            mass_storage.unmount(Path(said.mount))
            return said
    return None


def announce_folder(
    folder: Path, announcements: Path, bay: str, serial: str | None = None
) -> Announcement:
    """Announce a plain folder as a camera: for demos, tests, and cards copied elsewhere.

    The write block is what is true: ``mount`` on a read-only mount, else ``none``.
    """
    place = folder.resolve(strict=True)
    read_only = os.statvfs(place).f_flag & os.ST_RDONLY
    said = Announcement(
        bay=bay,
        docking=new_docking_id(),
        mount=str(place),
        serial=serial,
        write_block="mount" if read_only else "none",
        at=utc_now(),
    )
    announce(said, announcements)
    return said


def announced(folder: Path) -> list[Announcement]:
    """Every readable announcement, by bay."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(announcement.read(path))
        except (AnnouncementError, FileNotFoundError):
            continue  # the agent reports it; here only what can be undone matters
    return found


def bay_of(port: str | None, bays: Path | None) -> str:
    """The bay that a port is mapped to; else the port's own name, made fit for one."""
    lines = bays.read_text("utf-8").splitlines() if bays and bays.exists() else []
    for line in lines:
        words = line.split("#")[0].split()
        if len(words) == 2 and words[1] == port:
            return words[0]
    if not port:
        raise BayUnknownError(expected="a port (ID_PATH) or --bay", found="neither")
    return _NOT_A_BAY.sub("-", port).strip("-")[-64:]


def _clear_stale(device: Path, folders: BayFolders) -> None:
    for said in announced(folders.announcements):
        if said.device and (said.device == str(device) or not Path(said.device).exists()):
            undock(Path(said.device), folders)


def _free_bay(bay: str, folders: BayFolders) -> str:
    """A second file system of one camera gets a name beside the first: `3`, then `3.2`."""
    taken = {said.bay for said in announced(folders.announcements)}
    names = (bay if n == 1 else f"{bay[:60]}.{n}" for n in range(1, 100))
    free = next((name for name in names if name not in taken), None)
    if free is None:
        raise BayUnknownError(expected=f"bay {bay} to be free", found="99 announcements")
    return free


def utc_now() -> str:
    """When, as an announcement says it; nothing is proven from this time.

    This package imports nothing of ours, so it reads the clock itself.
    """
    seconds, ms = divmod(time.time_ns() // 1_000_000, 1000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=ms * 1000)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
