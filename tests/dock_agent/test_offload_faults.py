"""The offload on file systems that fail: a card in the bay, a disk in the station."""

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dock_agent.copy_errors import ReadbackMismatchError, VaultFailedError
from dock_agent.errors import (
    SourceError,
    StationDiskError,
    StoppingError,
    VanishedError,
)
from dock_agent.offload import digest_only, offload
from dock_agent.scan import scan
from dock_agent.vault import Vault
from tests.dock_agent.cards import (
    FILE_ID,
    MIB,
    PROFILES,
    entry,
    footage,
    put,
    segments,
    sha256,
)
from tests.faults.mounted import Mounted, fault_fs

CONTENT = footage(40 * MIB + 777)


@pytest.fixture
def plain_card(tmp_path: Path) -> Path:
    (tmp_path / "card").mkdir()
    put(tmp_path / "card", "DCIM/a.mp4", CONTENT)
    return tmp_path / "card"


@pytest.fixture
def plain_vault(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "vault", reserve=0)
    vault.prepare()
    return vault


@pytest.fixture
def faulty_card(tmp_path: Path) -> Iterator[Mounted]:
    with fault_fs(tmp_path / "faulty-card") as mounted:
        put(mounted.path, "DCIM/a.mp4", CONTENT)
        assert mounted("sync") == "ok"
        yield mounted


@pytest.fixture
def faulty_vault(tmp_path: Path) -> Iterator[tuple[Mounted, Vault]]:
    with fault_fs(tmp_path / "faulty-vault") as mounted:
        vault = Vault(mounted.path / "vault", reserve=0)
        vault.prepare()
        assert mounted("sync") == "ok"
        yield mounted, vault


def once_at(offset: int, act):
    """A progress listener that does something once, when so many bytes were read."""
    done: list[object] = []

    def progress(count: int) -> None:
        if count >= offset and not done:
            done.append(act())

    return progress


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stop_at(offset: int):
    position = [0]

    def progress(count: int) -> None:
        position[0] = count

    return {"progress": progress, "should_stop": lambda: position[0] >= offset}


# --- the camera fails


def test_nothing_is_ever_written_to_the_camera(faulty_card: Mounted, plain_vault: Vault) -> None:
    before = faulty_card("changes")
    listing = scan(faulty_card.path, PROFILES.identify(faulty_card.path))
    offload(faulty_card.path, listing.entries[0], FILE_ID, plain_vault)
    digest_only(faulty_card.path, listing.entries[0], FILE_ID, plain_vault)
    assert faulty_card("changes") == before


@pytest.mark.parametrize("offset", [0, 100, 4096, 5 * MIB, 5 * MIB + 5000, 40 * MIB + 700])
def test_unreadable_bytes_are_named_to_the_block(
    faulty_card: Mounted, plain_vault: Vault, offset: int
) -> None:
    each = entry(faulty_card.path, "DCIM/a.mp4")
    faulty_card(f"fail READ a.mp4 {offset} EIO")
    with pytest.raises(SourceError) as refused:
        offload(faulty_card.path, each, FILE_ID, plain_vault)
    assert refused.value.code == "SOURCE_UNREADABLE"
    assert refused.value.facts["offset"] == offset - offset % 4096
    assert refused.value.facts["path"] == "DCIM/a.mp4"


def test_after_unreadable_bytes_the_copy_resumes_without_reading_the_start_again(
    faulty_card: Mounted, plain_vault: Vault
) -> None:
    each = entry(faulty_card.path, "DCIM/a.mp4")
    faulty_card(f"fail READ a.mp4 {33 * MIB} EIO")
    with pytest.raises(SourceError):
        offload(faulty_card.path, each, FILE_ID, plain_vault)
    faulty_card("clear")
    first_read: list[int] = []
    done = offload(faulty_card.path, each, FILE_ID, plain_vault, progress=first_read.append)
    assert done.resumed_from == 33 * MIB
    assert first_read[0] == 34 * MIB
    assert plain_vault.path(done.sha256).read_bytes() == CONTENT


def test_salvage_keeps_the_bytes_before_the_unreadable_ones(
    faulty_card: Mounted, plain_vault: Vault
) -> None:
    each = entry(faulty_card.path, "DCIM/a.mp4")
    faulty_card(f"fail READ a.mp4 {5 * MIB + 5000} EIO")
    done = offload(faulty_card.path, each, FILE_ID, plain_vault, salvage=True)
    readable = CONTENT[: 5 * MIB + 4096]
    assert done.problem is not None
    assert (done.problem.code, done.changed) == ("SOURCE_UNREADABLE", False)
    assert plain_vault.path(done.sha256).read_bytes() == readable
    assert done.segments == segments(readable)


def test_a_camera_pulled_in_mid_copy_is_gone_and_redocked_it_resumes(
    faulty_card: Mounted, plain_vault: Vault
) -> None:
    each = entry(faulty_card.path, "DCIM/a.mp4")
    pull = once_at(10 * MIB, lambda: faulty_card("gone"))
    with pytest.raises(VanishedError) as refused:
        offload(faulty_card.path, each, FILE_ID, plain_vault, progress=pull)
    assert refused.value.code == "CAMERA_GONE"
    assert refused.value.facts["path"] == "DCIM/a.mp4"
    with pytest.raises(VanishedError):
        offload(faulty_card.path, each, FILE_ID, plain_vault)
    faulty_card("clear")
    done = offload(faulty_card.path, each, FILE_ID, plain_vault)
    assert done.resumed_from == 10 * MIB
    assert str(done.sha256) == sha256(CONTENT)


def test_an_unmounted_card_is_gone_not_empty(faulty_card: Mounted, plain_vault: Vault) -> None:
    each = entry(faulty_card.path, "DCIM/a.mp4")
    subprocess.run(["umount", "--lazy", str(faulty_card.path)], check=True)
    with pytest.raises(VanishedError):
        offload(faulty_card.path, each, FILE_ID, plain_vault)


# --- the vault's disk fails


def test_a_disk_that_fills_up_in_mid_copy_says_so_and_goes_on_when_there_is_room(
    plain_card: Path, faulty_vault: tuple[Mounted, Vault]
) -> None:
    mounted, vault = faulty_vault
    each = entry(plain_card, "DCIM/a.mp4")
    fill = once_at(8 * MIB, lambda: mounted(f"space {20 * MIB}"))
    with pytest.raises(StationDiskError) as refused:
        offload(plain_card, each, FILE_ID, vault, progress=fill)
    assert refused.value.code == "DISK_FULL"
    with pytest.raises(StationDiskError):
        offload(plain_card, each, FILE_ID, vault)
    mounted("clear")
    done = offload(plain_card, each, FILE_ID, vault)
    assert done.resumed_from >= 8 * MIB
    assert vault.path(done.sha256).read_bytes() == CONTENT


@pytest.mark.parametrize("act", ["WRITE", "FSYNC"])
def test_a_vault_that_refuses_is_a_coded_error_and_publishes_nothing(
    plain_card: Path, faulty_vault: tuple[Mounted, Vault], act: str
) -> None:
    mounted, vault = faulty_vault
    mounted(f"fail {act} partial 0 EIO")
    with pytest.raises(VaultFailedError) as refused:
        offload(plain_card, entry(plain_card, "DCIM/a.mp4"), FILE_ID, vault)
    assert refused.value.facts["errno"] == errno.EIO
    assert names(vault.root) == ["partial"]


@pytest.mark.parametrize("at", [0, 10 * MIB + 5, 40 * MIB + 776])
def test_a_disk_that_gives_back_other_bytes_publishes_nothing_and_keeps_them_aside(
    plain_card: Path, faulty_vault: tuple[Mounted, Vault], at: int
) -> None:
    mounted, vault = faulty_vault
    name = vault.partial(FILE_ID).relative_to(mounted.path)
    mounted(f"flip-on-sync {name} {at}")
    with pytest.raises(ReadbackMismatchError) as refused:
        offload(plain_card, entry(plain_card, "DCIM/a.mp4"), FILE_ID, vault)
    assert refused.value.facts["segment"] == at // MIB
    assert names(vault.root) == ["partial"]
    assert names(vault.root / "partial") == [f"{FILE_ID}.aside-0.partial"]
    done = offload(plain_card, entry(plain_card, "DCIM/a.mp4"), FILE_ID, vault)
    assert done.resumed_from == 0
    assert vault.path(done.sha256).read_bytes() == CONTENT


def test_what_was_offloaded_survives_a_power_cut(
    plain_card: Path, faulty_vault: tuple[Mounted, Vault]
) -> None:
    mounted, vault = faulty_vault
    done = offload(plain_card, entry(plain_card, "DCIM/a.mp4"), FILE_ID, vault)
    mounted("power-cut")
    assert vault.path(done.sha256).read_bytes() == CONTENT
    again = offload(plain_card, entry(plain_card, "DCIM/a.mp4"), FILE_ID, vault)
    assert again.known


def test_a_small_file_survives_a_power_cut(
    plain_card: Path, faulty_vault: tuple[Mounted, Vault]
) -> None:
    mounted, vault = faulty_vault
    done = offload(plain_card, put(plain_card, "b.jpg", b"picture"), FILE_ID, vault)
    mounted("power-cut")
    assert vault.path(done.sha256).read_bytes() == b"picture"


def test_a_power_cut_in_mid_copy_resumes_from_the_last_mark(
    plain_card: Path, faulty_vault: tuple[Mounted, Vault]
) -> None:
    mounted, vault = faulty_vault
    each = entry(plain_card, "DCIM/a.mp4")
    with pytest.raises(StoppingError):
        offload(plain_card, each, FILE_ID, vault, **stop_at(38 * MIB))
    mounted("power-cut")
    done = offload(plain_card, each, FILE_ID, vault)
    assert 32 * MIB <= done.resumed_from < 38 * MIB
    assert vault.path(done.sha256).read_bytes() == CONTENT


# --- real full disks


@pytest.mark.root
@pytest.mark.parametrize("kind", ["ext4", "tmpfs"])
def test_a_small_disk_is_full_before_the_camera_is_read(
    plain_card: Path, tmp_path: Path, kind: str
) -> None:
    with small_disk(tmp_path, kind) as place:
        vault = Vault(place / "vault", reserve=0)
        vault.prepare()
        read: list[int] = []
        with pytest.raises(StationDiskError):
            offload(
                plain_card,
                entry(plain_card, "DCIM/a.mp4"),
                FILE_ID,
                vault,
                progress=read.append,
            )
        assert read == []
        small = footage(3 * MIB + 1)
        done = offload(plain_card, put(plain_card, "b.mp4", small), "f" * 32, vault)
        assert vault.path(done.sha256).read_bytes() == small


class small_disk:  # noqa: N801 - used as a context manager
    def __init__(self, folder: Path, kind: str) -> None:
        self.place, self.image, self.kind = folder / kind, folder / "image", kind

    def __enter__(self) -> Path:
        self.place.mkdir()
        if self.kind == "tmpfs":
            command = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(self.place)]
        else:
            with self.image.open("wb") as handle:
                handle.truncate(24 * MIB)
            subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
            command = ["mount", "-o", "loop", str(self.image), str(self.place)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode:
            pytest.skip(f"no {self.kind} here: {mounted.stderr.strip()}")
        return self.place

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", str(self.place)], check=True)
