import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_hooks import mass_storage
from firmware_hooks.__main__ import main
from firmware_hooks.announcement import read
from firmware_hooks.bay_helper import (
    BayFolders,
    announce_folder,
    announced,
    bay_of,
    dock,
    undock,
    utc_now,
)
from firmware_hooks.errors import BayUnknownError, HookError, MountError

ROOT_ONLY = pytest.mark.root


@dataclass(frozen=True)
class Camera:
    """A card with ext4 on a loop device: a journal is the easiest thing to write to."""

    image: Path
    device: Path

    def digest(self) -> str:
        return hashlib.sha256(self.image.read_bytes()).hexdigest()


def attach(image: Path) -> Path:
    command = ["losetup", "--find", "--show", str(image)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop device: {done.stderr.strip()}")
    return Path(done.stdout.strip())


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    image, content = tmp_path / "camera.img", tmp_path / "content"
    (content / "DCIM").mkdir(parents=True)
    (content / "DCIM" / "a.mp4").write_bytes(b"footage")
    with image.open("wb") as handle:
        handle.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(content), str(image)], check=True)
    device = attach(image)
    yield Camera(image, device)
    subprocess.run(["umount", "--quiet", "--all-targets", str(device)], check=False)
    subprocess.run(["blockdev", "--setrw", str(device)], check=False)
    subprocess.run(["losetup", "--detach", str(device)], check=False)


@pytest.fixture
def folders(tmp_path: Path) -> BayFolders:
    return BayFolders(announcements=tmp_path / "announcements", mounts=tmp_path / "bays")


@ROOT_ONLY
def test_a_docked_camera_cannot_be_written_and_is_bit_for_bit_the_same_after(
    camera: Camera, folders: BayFolders
) -> None:
    before = camera.digest()
    said = dock(camera.device, folders, "7")
    place = Path(said.mount)
    assert (place / "DCIM" / "a.mp4").read_bytes() == b"footage"
    assert said.write_block == "kernel"
    assert said.fs_uuid
    options = mount_options(place)
    assert {"ro", "nosuid", "nodev", "noexec", "noatime"} <= options
    assert options & {"noload", "norecovery"}
    with pytest.raises(OSError, match="Read-only"):
        (place / "new").write_bytes(b"x")
    remount = ["mount", "-o", "remount,rw", str(place)]
    assert subprocess.run(remount, capture_output=True, check=False).returncode != 0
    with pytest.raises(OSError, match=r"not permitted|Read-only"):
        write_raw(camera.device)
    assert undock(camera.device, folders) == said
    assert not mass_storage.is_mounted(place)
    assert announced(folders.announcements) == []
    assert camera.digest() == before


def write_raw(device: Path) -> None:
    handle = os.open(device, os.O_WRONLY)
    try:
        os.write(handle, bytes(512))
        os.fsync(handle)
    finally:
        os.close(handle)


def mount_options(place: Path) -> set[str]:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, _, options, *_ = line.split(" ")
        if where == str(place):
            return set(options.split(","))
    return set()


@ROOT_ONLY
def test_the_same_camera_docked_again_is_a_new_docking(camera: Camera, folders: BayFolders) -> None:
    first = dock(camera.device, folders, "7")
    second = dock(camera.device, folders, "7")
    assert (first.bay, second.bay) == ("7", "7")
    assert first.docking != second.docking
    assert announced(folders.announcements) == [second]
    undock(camera.device, folders)


@ROOT_ONLY
def test_what_a_vanished_camera_left_is_cleared_by_the_next(
    camera: Camera, folders: BayFolders, tmp_path: Path
) -> None:
    stale = announce_folder(tmp_path, folders.announcements, "7")
    path = folders.announcements / "7.json"
    members = json.loads(path.read_text()) | {"device": "/dev/gone1"}
    path.write_text(json.dumps(members))
    said = dock(camera.device, folders, "7")
    assert said.bay == "7"
    assert said.docking != stale.docking
    undock(camera.device, folders)


@ROOT_ONLY
def test_a_second_file_system_of_one_bay_does_not_displace_the_first(
    camera: Camera, folders: BayFolders, tmp_path: Path
) -> None:
    first = announce_folder(tmp_path, folders.announcements, "7")
    second = dock(camera.device, folders, "7")
    assert (first.bay, second.bay) == ("7", "7.2")
    assert len(announced(folders.announcements)) == 2
    undock(camera.device, folders)
    assert announced(folders.announcements) == [first]


@ROOT_ONLY
def test_a_card_without_a_file_system_is_a_coded_error_and_not_announced(
    tmp_path: Path, folders: BayFolders
) -> None:
    image = tmp_path / "empty.img"
    image.write_bytes(bytes(1 << 20))
    device = attach(image)
    try:
        with pytest.raises(MountError) as refused:
            dock(device, folders, "7")
        assert refused.value.code == "MOUNT_FAILED"
        assert announced(folders.announcements) == []
        assert not mass_storage.is_mounted(folders.mounts / f"7-{device.name}")
    finally:
        subprocess.run(["blockdev", "--setrw", str(device)], check=False)
        subprocess.run(["losetup", "--detach", str(device)], check=False)


@ROOT_ONLY
def test_an_announcement_that_cannot_be_written_takes_the_mount_away(
    camera: Camera, folders: BayFolders
) -> None:
    folders.announcements.write_bytes(b"a file where the folder should be")
    with pytest.raises(OSError, match="exists"):
        dock(camera.device, folders, "7")
    assert not mass_storage.is_mounted(folders.mounts / f"7-{camera.device.name}")


def test_a_device_that_is_not_there_is_a_coded_error(folders: BayFolders) -> None:
    with pytest.raises(HookError) as refused:
        dock(Path("/dev/there-is-none"), folders, "7")
    assert refused.value.code == "WRITE_BLOCK_FAILED"


def test_undocking_what_was_never_docked_says_so(folders: BayFolders) -> None:
    assert undock(Path("/dev/there-is-none"), folders) is None


# --- bays


def test_ports_are_mapped_to_bays_by_a_file(tmp_path: Path) -> None:
    bays = tmp_path / "bays"
    bays.write_text("# bay port\n1 pci-usb-0:1.1:1.0\n2 pci-usb-0:1.2:1.0 # left\n")
    assert bay_of("pci-usb-0:1.2:1.0", bays) == "2"
    assert bay_of("pci-usb-0:9.9:1.0", bays) == "pci-usb-0-9.9-1.0"
    with pytest.raises(BayUnknownError):
        bay_of(None, bays)


def test_a_very_long_port_is_still_a_bay() -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", bay_of("pci:" * 60 + "usb-0:1:1.0", None))


def test_the_time_is_written_as_everywhere() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", utc_now())


# --- command line


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, str]]:
    code = main([str(word) for word in words])
    return code, json.loads(capsys.readouterr().out)


def test_a_plain_folder_is_announced_and_retracted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "announcements"
    where = ["--bay", "1", "--announcements", place, "--json"]
    code, said = run(capsys, "announce", "--folder", tmp_path, "--serial", "S", *where)
    assert code == 0
    assert said["write_block"] == "none"
    assert read(place / "1.json").docking == said["docking"]
    assert read(place / "1.json").serial == "S"
    assert run(capsys, "retract", *where) == (0, {"bay": "1", "announced": "yes"})
    assert run(capsys, "retract", *where) == (0, {"bay": "1", "announced": "no"})


def test_what_went_wrong_has_a_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["announce", "--bay", "../x", "--folder", tmp_path, "--announcements", tmp_path]
    code, said = run(capsys, *words, "--json")
    assert code == 1
    assert said["error"]["code"] == "ANNOUNCEMENT_MALFORMED"  # type: ignore[index]
    assert main([str(word) for word in words]) == 1
    assert "ANNOUNCEMENT_MALFORMED" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_not_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "announcements"
    words = ["announce", "--bay", "1", "--folder", tmp_path / "no", "--announcements", place]
    assert run(capsys, *words, "--json")[0] == 1
    assert not place.exists()


@pytest.mark.parametrize("words", [[], ["mount"], ["announce"], ["nonsense"]])
def test_wrong_usage_is_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_identify_names_the_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "DCAM_A7_001234_20261123_083015.mp4").write_bytes(b"")
    code, said = run(capsys, "identify", "--folder", tmp_path, "--json")
    assert (code, said["profile"]) == (0, "dcam")
