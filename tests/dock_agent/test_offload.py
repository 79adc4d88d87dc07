import os
import stat
from pathlib import Path

import pytest

from dock_agent.copy_errors import VaultDamagedError
from dock_agent.errors import (
    SourceChangedError,
    StationDiskError,
    StoppingError,
    VanishedError,
)
from dock_agent.offload import digest_only, offload
from dock_agent.vault import Vault
from edge.evidence.digest import Digest
from tests.dock_agent.cards import FILE_ID, MIB, entry, footage, put, segments, sha256, state

SIZES = [0, 1, 4095, 4096, 4097, MIB - 1, MIB, MIB + 1, 4 * MIB, 9 * MIB + 123, 40 * MIB + 1]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "vault", reserve=0)
    made.prepare()
    return made


def partials(vault: Vault) -> list[str]:
    return sorted(path.name for path in (vault.root / "partial").iterdir())


def stop_after(count: int):
    asked = iter(range(1 << 30))
    return lambda: next(asked) >= count


@pytest.mark.parametrize("size", SIZES)
def test_every_byte_is_kept_under_its_digest(card: Path, vault: Vault, size: int) -> None:
    content = footage(size)
    done = offload(card, put(card, "a.mp4", content), FILE_ID, vault)
    assert str(done.sha256) == sha256(content)
    assert done.segments == segments(content)
    assert (done.size, done.resumed_from, done.known, done.changed) == (size, 0, False, False)
    path = vault.path(done.sha256)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert path.stat().st_nlink == 1
    assert partials(vault) == []


def test_the_camera_is_left_as_it_was_to_the_access_time(card: Path, vault: Vault) -> None:
    entries = [put(card, f"DCIM/{n}.mp4", footage(n * MIB + n)) for n in (0, 2, 6)]
    for path in [card, *card.rglob("*")]:
        os.utime(path, ns=(1_600_000_000_000_000_000, 1_700_000_000_000_000_000))
    entries = [entry(card, each.path) for each in entries]
    before = state(card)
    for n, each in enumerate(entries):
        offload(card, each, f"{n:032x}", vault)
        digest_only(card, each, f"{n:032x}", vault)
    assert state(card) == before


def test_progress_ends_at_the_size(card: Path, vault: Vault) -> None:
    seen: list[int] = []
    offload(card, put(card, "a.mp4", footage(5 * MIB + 7)), FILE_ID, vault, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 5 * MIB + 7


def test_the_same_content_is_not_kept_twice(card: Path, vault: Vault) -> None:
    content = footage(2 * MIB)
    first = offload(card, put(card, "a.mp4", content), FILE_ID, vault)
    kept = vault.path(first.sha256).stat()
    again = offload(card, put(card, "b.mp4", content), "f" * 32, vault)
    assert (first.known, again.known) == (False, True)
    assert again.sha256 == first.sha256
    assert again.segments.chain_head != first.segments.chain_head
    assert partials(vault) == []
    now = vault.path(first.sha256).stat()
    assert (now.st_ino, now.st_mtime_ns, now.st_nlink) == (kept.st_ino, kept.st_mtime_ns, 1)


def test_same_name_size_and_time_with_other_bytes_is_other_content(
    card: Path, vault: Vault
) -> None:
    first = offload(card, put(card, "a.mp4", footage(MIB, seed=1)), FILE_ID, vault)
    when = (card / "a.mp4").stat().st_mtime_ns
    put(card, "a.mp4", footage(MIB, seed=2))
    os.utime(card / "a.mp4", ns=(when, when))
    seen = digest_only(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert not seen.known
    assert seen.sha256 != first.sha256


def test_digest_only_reads_all_and_writes_nothing(card: Path, vault: Vault) -> None:
    content = footage(7 * MIB + 1)
    each = put(card, "a.mp4", content)
    offload(card, each, FILE_ID, vault)
    before = state(vault.root)
    seen = digest_only(card, each, FILE_ID, vault)
    assert seen.known
    assert (str(seen.sha256), seen.segments) == (sha256(content), segments(content))
    assert state(vault.root) == before


@pytest.mark.parametrize(
    "name", ["中文.mp4".encode("gbk"), b"line\nbreak.mp4", "录像 1.mp4".encode(), b"a" * 255]
)
def test_any_name_is_read_by_its_bytes(card: Path, vault: Vault, name: bytes) -> None:
    content = footage(1000)
    done = offload(card, put(card, name, content), FILE_ID, vault)
    assert vault.path(done.sha256).read_bytes() == content


# --- a file that is not what was listed, or does not stay so


def test_a_file_that_changed_since_the_inventory_is_refused(card: Path, vault: Vault) -> None:
    listed = put(card, "a.mp4", footage(1000))
    put(card, "a.mp4", footage(2000))
    with pytest.raises(SourceChangedError) as refused:
        offload(card, listed, FILE_ID, vault)
    assert refused.value.code == "SOURCE_CHANGED"
    assert "size 1000" in refused.value.expected
    assert "size 2000" in refused.value.found
    assert refused.value.facts["path"] == "a.mp4"
    assert partials(vault) == []


def change_at(path: Path, when: int, change):
    done = []

    def progress(count: int) -> None:
        if count >= when and not done:
            done.append(change(path))

    return progress


def grow(path: Path) -> None:
    with path.open("ab") as handle:
        handle.write(b"more")


def cut(path: Path) -> None:
    os.truncate(path, 3 * MIB)


def rewrite(path: Path) -> None:
    with path.open("r+b") as handle:
        handle.write(b"other")


def replace(path: Path) -> None:
    facts = path.stat()
    other = path.with_name("other")
    other.write_bytes(footage(facts.st_size, seed=9))
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    other.rename(path)


def remove(path: Path) -> None:
    path.rename(path.with_name("renamed.mp4"))


@pytest.mark.parametrize("change", [grow, cut, rewrite, replace, remove])
def test_a_file_that_changes_while_it_is_copied_is_refused(
    card: Path, vault: Vault, change
) -> None:
    listed = put(card, "a.mp4", footage(12 * MIB))
    progress = change_at(card / "a.mp4", 2 * MIB, change)
    with pytest.raises(SourceChangedError) as refused:
        offload(card, listed, FILE_ID, vault, progress=progress)
    assert refused.value.facts["path"] == "a.mp4"
    assert [path for path in vault.root.iterdir() if path.name != "partial"] == []


def test_salvage_keeps_what_was_read_and_says_that_it_changed(card: Path, vault: Vault) -> None:
    content = footage(12 * MIB)
    listed = put(card, "a.mp4", content)
    progress = change_at(card / "a.mp4", 2 * MIB, cut)
    done = offload(card, listed, FILE_ID, vault, progress=progress, salvage=True)
    assert done.changed
    kept = vault.path(done.sha256).read_bytes()
    assert 3 * MIB <= len(kept) == done.size < len(content)
    assert content.startswith(kept)
    assert done.segments == segments(kept)


@pytest.mark.parametrize("level", ["file", "folder"])
def test_a_link_put_in_place_of_the_file_is_not_followed(
    card: Path, vault: Vault, tmp_path: Path, level: str
) -> None:
    listed = put(card, "DCIM/a.mp4", footage(1000))
    elsewhere = tmp_path / "elsewhere"
    (card / "DCIM").rename(elsewhere)
    if level == "folder":
        (card / "DCIM").symlink_to(elsewhere)
    else:
        (card / "DCIM").mkdir()
        (card / "DCIM" / "a.mp4").symlink_to(elsewhere / "a.mp4")
    with pytest.raises(SourceChangedError):
        offload(card, listed, FILE_ID, vault)
    assert partials(vault) == []


def test_a_pipe_put_in_place_of_the_file_does_not_block(card: Path, vault: Vault) -> None:
    listed = put(card, "a.mp4", footage(1000))
    put(card, "b.mp4", b"the card is still there")
    (card / "a.mp4").rename(card / "c.mp4")
    os.mkfifo(card / "a.mp4")
    with pytest.raises(SourceChangedError):
        offload(card, listed, FILE_ID, vault)


def test_an_empty_mount_point_is_a_camera_that_is_gone(card: Path, vault: Vault) -> None:
    listed = put(card, "a.mp4", footage(1000))
    (card / "a.mp4").rename(card.parent / "a.mp4")
    with pytest.raises(VanishedError) as refused:
        offload(card, listed, FILE_ID, vault)
    assert refused.value.code == "CAMERA_GONE"


# --- interrupted, and resumed


def interrupted(card: Path, vault: Vault, size: int, after: int) -> bytes:
    content = footage(size)
    listed = put(card, "a.mp4", content)
    with pytest.raises(StoppingError):
        offload(card, listed, FILE_ID, vault, should_stop=stop_after(after))
    return content


def test_a_stopped_copy_resumes_where_it_was(card: Path, vault: Vault) -> None:
    content = interrupted(card, vault, 40 * MIB + 5, 36)
    done = offload(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert done.resumed_from == 36 * MIB
    assert (str(done.sha256), done.segments) == (sha256(content), segments(content))
    assert vault.path(done.sha256).read_bytes() == content
    assert partials(vault) == []


def test_a_partial_copy_is_trusted_only_up_to_its_first_wrong_byte(
    card: Path, vault: Vault
) -> None:
    content = interrupted(card, vault, 10 * MIB, 8)
    with vault.partial(FILE_ID).open("r+b") as handle:
        handle.seek(5 * MIB + 17)
        handle.write(b"\0\0\0\0\0\0\0\0")
    done = offload(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert done.resumed_from == 5 * MIB
    assert vault.path(done.sha256).read_bytes() == content


@pytest.mark.parametrize("damage", [b"", b"\xff", b"no header", os.urandom(333)])
def test_a_damaged_journal_costs_time_not_truth(card: Path, vault: Vault, damage: bytes) -> None:
    content = interrupted(card, vault, 10 * MIB, 8)
    vault.journal(FILE_ID).write_bytes(damage)
    done = offload(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert done.resumed_from == 0
    assert vault.path(done.sha256).read_bytes() == content


def test_a_torn_journal_entry_is_dropped(card: Path, vault: Vault) -> None:
    content = interrupted(card, vault, 10 * MIB, 8)
    journal = vault.journal(FILE_ID)
    os.truncate(journal, journal.stat().st_size - 5)
    done = offload(card, entry(card, "a.mp4"), FILE_ID, vault)
    assert done.resumed_from == 7 * MIB
    assert vault.path(done.sha256).read_bytes() == content


def test_a_prefix_of_another_state_of_the_file_is_kept_aside_not_continued(
    card: Path, vault: Vault
) -> None:
    interrupted(card, vault, 10 * MIB, 8)
    other = footage(10 * MIB, seed=2)
    done = offload(card, put(card, "a.mp4", other), FILE_ID, vault)
    assert done.resumed_from == 0
    assert vault.path(done.sha256).read_bytes() == other
    assert partials(vault) == [f"{FILE_ID}.aside-0.partial"]


def test_killed_between_its_two_names_the_published_file_is_never_written(
    card: Path, vault: Vault
) -> None:
    first = offload(card, put(card, "a.mp4", footage(3 * MIB)), FILE_ID, vault)
    os.link(vault.path(first.sha256), vault.partial(FILE_ID))
    other = footage(2 * MIB, seed=2)
    second = offload(card, put(card, "a.mp4", other), FILE_ID, vault)
    assert vault.path(first.sha256).read_bytes() == footage(3 * MIB)
    assert vault.path(second.sha256).read_bytes() == other
    assert partials(vault) == []


def test_what_a_pulled_docking_left_is_dropped_once_all_of_it_is_kept(
    card: Path, vault: Vault
) -> None:
    content = interrupted(card, vault, 10 * MIB, 8)
    assert len(partials(vault)) == 2
    done = offload(card, entry(card, "a.mp4"), "f" * 32, vault)
    assert (done.resumed_from, done.size) == (0, len(content))
    assert partials(vault) == []
    interrupted(card, vault, 10 * MIB, 8)
    assert offload(card, entry(card, "a.mp4"), "f" * 32, vault).known
    assert partials(vault) == []


def test_what_a_pulled_docking_left_of_other_bytes_is_kept(card: Path, vault: Vault) -> None:
    interrupted(card, vault, 10 * MIB, 8)
    facts = (card / "a.mp4").stat()
    put(card, "a.mp4", footage(10 * MIB, seed=2))
    os.utime(card / "a.mp4", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    before = vault.partial(FILE_ID).read_bytes()
    offload(card, entry(card, "a.mp4"), "f" * 32, vault)
    assert len(partials(vault)) == 2
    assert vault.partial(FILE_ID).read_bytes() == before


def test_a_copy_under_way_in_another_bay_is_not_touched(card: Path, vault: Vault) -> None:
    content = footage(10 * MIB)
    listed = put(card, "a.mp4", content)
    other = []

    def second_bay(count: int) -> None:
        if count == 8 * MIB:
            other.append(offload(card, listed, "f" * 32, vault))

    first = offload(card, listed, FILE_ID, vault, progress=second_bay)
    assert (first.known, other[0].known) == (True, False)
    assert vault.path(first.sha256).read_bytes() == content
    assert partials(vault) == []


# --- the vault refuses


def test_a_file_that_does_not_fit_is_refused_before_its_first_byte(
    card: Path, tmp_path: Path
) -> None:
    vault = Vault(tmp_path / "vault", reserve=1 << 60)
    vault.prepare()
    with pytest.raises(StationDiskError) as refused:
        offload(card, put(card, "a.mp4", footage(5000)), FILE_ID, vault)
    assert refused.value.code == "DISK_FULL"
    assert refused.value.facts["needed"] == 5000
    assert partials(vault) == []


@pytest.mark.parametrize("change", ["bit", "shorter", "longer"])
def test_damage_in_the_vault_is_found_and_the_good_copy_is_kept(
    card: Path, vault: Vault, change: str
) -> None:
    content = footage(3 * MIB)
    listed = put(card, "a.mp4", content)
    path = vault.path(offload(card, listed, FILE_ID, vault).sha256)
    path.chmod(0o600)
    damaged = {
        "bit": content[: 2 * MIB] + b"\0" + content[2 * MIB + 1 :],
        "shorter": content[:-1],
        "longer": content + b"\0",
    }[change]
    path.write_bytes(damaged)
    with pytest.raises(VaultDamagedError) as refused:
        offload(card, listed, FILE_ID, vault)
    assert refused.value.code == "VAULT_DAMAGED"
    assert path.read_bytes() == damaged
    assert vault.partial(FILE_ID).read_bytes() == content


def test_a_file_id_that_leads_elsewhere_is_refused(vault: Vault) -> None:
    with pytest.raises(ValueError, match="32 hex"):
        vault.partial("../../etc/passwd")


def test_the_vault_knows_what_it_has(card: Path, vault: Vault) -> None:
    content = footage(10)
    assert not vault.has(Digest.of(content))
    done = offload(card, put(card, "a.mp4", content), FILE_ID, vault)
    assert vault.has(done.sha256)
    with vault.open(done.sha256) as handle:
        assert handle.read() == content
