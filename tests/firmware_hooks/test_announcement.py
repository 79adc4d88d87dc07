import json
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_hooks.announcement import (
    FORMAT,
    MAX_BYTES,
    Announcement,
    announce,
    new_docking_id,
    path_of,
    read,
    retract,
)
from firmware_hooks.errors import AnnouncementError

FULL = Announcement(
    bay="3",
    docking="ab" * 16,
    mount="/run/liuhen/bays/3-sdb1",
    write_block="kernel",
    at="2026-11-23T08:30:15.123Z",
    device="/dev/sdb1",
    serial="录像机 7",
    fs_uuid="CAFE-0001",
    port="pci-0000:00:14.0-usb-0:1.1:1.0-scsi-0:0:0:0",
)
BARE = replace(FULL, device=None, serial=None, fs_uuid=None, port=None)


@pytest.mark.parametrize("said", [FULL, BARE])
def test_what_is_written_is_what_is_read(said: Announcement) -> None:
    assert Announcement.parse(said.to_bytes()) == said


def test_absent_members_are_left_out() -> None:
    assert set(json.loads(BARE.to_bytes())) == {
        "format",
        "bay",
        "docking",
        "mount",
        "write_block",
        "at",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"format": "liuhen-announcement/v2"},
        {"format": None},
        {"bay": "../../etc"},
        {"bay": ""},
        {"docking": "AB" * 16},
        {"docking": "ab"},
        {"mount": "relative"},
        {"mount": "/with\0nul"},
        {"write_block": "certified"},
        {"at": "2026-11-23 08:30"},
        {"serial": 7},
        {"serial": ""},
        {"serial": "x" * 2000},
        {"surprise": "x"},
        {"bay": None},
    ],
)
def test_a_wrong_member_is_refused_and_named(change: dict[str, object]) -> None:
    members = json.loads(FULL.to_bytes()) | change
    with pytest.raises(AnnouncementError) as refused:
        Announcement.parse(json.dumps(members).encode())
    assert refused.value.code == "ANNOUNCEMENT_MALFORMED"
    assert next(iter(change)) in str(refused.value)


@pytest.mark.parametrize("missing", ["bay", "docking", "mount", "write_block", "at"])
def test_a_missing_member_is_refused(missing: str) -> None:
    members = json.loads(FULL.to_bytes())
    del members[missing]
    with pytest.raises(AnnouncementError, match="members"):
        Announcement.parse(json.dumps(members).encode())


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 20_000, b" " * (MAX_BYTES + 1)]
)
def test_bytes_that_are_no_object_are_refused(raw: bytes) -> None:
    with pytest.raises(AnnouncementError):
        Announcement.parse(raw)


def test_announced_then_retracted_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    path = announce(FULL, folder)
    assert path == path_of("3", folder)
    assert read(path) == FULL
    assert [each.name for each in folder.iterdir()] == ["3.json"]
    assert retract("3", folder)
    assert not retract("3", folder)
    assert list(folder.iterdir()) == []


def test_a_new_announcement_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    announce(FULL, tmp_path)
    other = replace(FULL, docking=new_docking_id())
    assert read(announce(other, tmp_path)) == other


def test_docking_ids_do_not_repeat() -> None:
    assert len({new_docking_id() for _ in range(100)}) == 100
    assert FORMAT.endswith("/v1")
