import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edge import durable
from edge.durable import AlreadyWrittenError
from tests.faults.mounted import fault_fs


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- write once


def test_written_once_it_holds_the_bytes_and_cannot_be_written(tmp_path: Path) -> None:
    durable.write_once(tmp_path / "a", b"evidence")
    assert (tmp_path / "a").read_bytes() == b"evidence"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o444
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("content", [b"", b"evidence", os.urandom(3 << 20)])
def test_the_same_bytes_again_change_nothing(tmp_path: Path, content: bytes) -> None:
    durable.write_once(tmp_path / "a", content)
    before = (tmp_path / "a").stat()
    durable.write_once(tmp_path / "a", content)
    after = (tmp_path / "a").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("other", [b"", b"evidencE", b"evidence ", b"evid"])
def test_other_bytes_are_refused_and_nothing_changes(tmp_path: Path, other: bytes) -> None:
    durable.write_once(tmp_path / "a", b"evidence")
    with pytest.raises(AlreadyWrittenError) as refused:
        durable.write_once(tmp_path / "a", other)
    assert refused.value.code == "WRITE_ONCE_CONFLICT"
    assert (tmp_path / "a").read_bytes() == b"evidence"
    assert names(tmp_path) == ["a"]


# --- publish


def test_published_it_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "x.partial").write_bytes(b"1")
    durable.publish(tmp_path / "x.partial", tmp_path / "x")
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").stat().st_nlink == 1


def test_a_taken_name_is_refused_and_both_are_kept(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"first")
    (tmp_path / "x.partial").write_bytes(b"second")
    with pytest.raises(AlreadyWrittenError):
        durable.publish(tmp_path / "x.partial", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"first"
    assert (tmp_path / "x.partial").read_bytes() == b"second"


def test_without_hard_links_it_is_renamed_and_a_taken_name_still_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object, **_wishes: object) -> None:
        raise OSError(errno.EPERM, "no hard links on FAT")

    monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "x.partial").write_bytes(b"1")
    durable.publish(tmp_path / "x.partial", tmp_path / "x")
    assert names(tmp_path) == ["x"]
    (tmp_path / "y.partial").write_bytes(b"2")
    with pytest.raises(AlreadyWrittenError):
        durable.publish(tmp_path / "y.partial", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"1"


def test_only_temporary_names_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"evidence")
    with pytest.raises(ValueError, match=r"\.partial"):
        durable.discard_temporary(tmp_path / "a")
    assert (tmp_path / "a").exists()
    (tmp_path / "b.partial").write_bytes(b"")
    durable.discard_temporary(tmp_path / "b.partial")
    durable.discard_temporary(tmp_path / "b.partial")
    assert names(tmp_path) == ["a"]


# --- replace, folders


def test_replaced_in_one_step(tmp_path: Path) -> None:
    durable.replace(tmp_path / "state", b"1")
    durable.replace(tmp_path / "state", b"2")
    assert (tmp_path / "state").read_bytes() == b"2"
    assert names(tmp_path) == ["state"]


def test_folders_are_made_with_their_parents_and_twice(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b" / "c", mode=0o750)
    durable.make_folder(tmp_path / "a" / "b" / "c", mode=0o750)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o750


# --- power cuts, on a file system that keeps only what was synced


def test_what_was_told_to_be_written_survives_a_power_cut(tmp_path: Path) -> None:
    with fault_fs(tmp_path / "disk") as disk:
        folder = disk.path / "a" / "b"
        durable.make_folder(folder)
        durable.write_once(folder / "once", b"1")
        durable.replace(folder / "state", b"1")
        durable.replace(folder / "state", b"2")
        (folder / "x.partial").write_bytes(b"footage")
        durable.sync_file(folder / "x.partial")
        durable.publish(folder / "x.partial", folder / "x")
        disk("power-cut")
        assert names(folder) == ["once", "state", "x"]
        assert (folder / "once").read_bytes() == b"1"
        assert (folder / "state").read_bytes() == b"2"
        assert (folder / "x").read_bytes() == b"footage"


def test_the_fault_file_system_does_lose_what_was_not_synced(tmp_path: Path) -> None:
    """Without this the test above would prove nothing."""
    with fault_fs(tmp_path / "disk") as disk:
        (disk.path / "unsynced").write_bytes(b"1")
        (disk.path / "unnamed").write_bytes(b"1")
        durable.sync_file(disk.path / "unnamed")
        disk("power-cut")
        assert names(disk.path) == []


@pytest.mark.parametrize("act", ["WRITE", "FSYNC"])
def test_a_disk_that_refuses_leaves_no_name(tmp_path: Path, act: str) -> None:
    with fault_fs(tmp_path / "disk") as disk:
        disk(f"fail {act} partial 0 EIO")
        with pytest.raises(OSError, match="Input/output"):
            durable.write_once(disk.path / "a", b"1")
        assert names(disk.path) == []


def test_a_full_disk_leaves_no_name(tmp_path: Path) -> None:
    with fault_fs(tmp_path / "disk") as disk:
        disk("space 10")
        with pytest.raises(OSError, match="No space") as refused:
            durable.write_once(disk.path / "a", b"x" * 100)
        assert refused.value.errno == errno.ENOSPC
        assert names(disk.path) == []


# --- kill -9

WRITER = """
import sys
from pathlib import Path
from edge import durable
folder = Path(sys.argv[1])
for n in range(10_000):
    durable.write_once(folder / f"{n:05}", f"{n}".encode() * 100)
    print(n, flush=True)
"""


@pytest.mark.parametrize("seen", [1, 3, 50])
def test_killed_it_leaves_whole_files_and_temporary_ones_only(
    project: Path, tmp_path: Path, seen: int
) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= seen:
                child.kill()
                break
    for path in tmp_path.iterdir():
        if not path.name.endswith(durable.TEMPORARY_SUFFIX):
            assert path.read_bytes() == f"{int(path.name)}".encode() * 100
    assert all((tmp_path / f"{n:05}").exists() for n in range(seen + 1))
