"""The write-once folder: what has a name was read back, and nothing changes it."""

import hashlib
import secrets
import stat

import pytest

from central.vault import NotKeptError, VaultDamagedError
from central.vault.folder import FolderVault
from edge.evidence.digest import Digest
from edge.evidence.segments import SegmentHasher


@pytest.fixture
def vault(tmp_path):
    return FolderVault(tmp_path / "vault")


def arrived(folder, data):
    path = folder / f"{secrets.token_hex(4)}.partial"
    path.write_bytes(data)
    return path


def facts(data):
    hasher = SegmentHasher("00" * 16)
    hasher.update(data)
    return Digest(hashlib.sha256(data).digest()), len(data), hasher.finish().leaves


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
def test_kept_content_reads_back_under_its_own_digest(vault, tmp_path, size):
    data = secrets.token_bytes(size)
    sha256, _, leaves = facts(data)
    scratch = arrived(tmp_path, data)
    kept = vault.keep(scratch, sha256, size, leaves)
    assert (kept.sha256, kept.size, kept.kind) == (sha256, size, "folder")
    assert vault.open(sha256).read() == data
    assert vault.leaves(sha256) == leaves
    assert not scratch.exists()


def test_name_is_the_digest_and_the_file_is_read_only(vault, tmp_path):
    sha256, size, leaves = facts(b"footage")
    vault.keep(arrived(tmp_path, b"footage"), sha256, size, leaves)
    path = vault.root / str(sha256)[:2] / str(sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_same_content_twice_is_one_file(vault, tmp_path):
    sha256, size, leaves = facts(b"footage")
    first = vault.keep(arrived(tmp_path, b"footage"), sha256, size, leaves)
    again = arrived(tmp_path, b"footage")
    assert vault.keep(again, sha256, size, leaves) == first
    assert not again.exists()
    assert len([p for p in vault.root.rglob("*") if p.is_file()]) == 2


def test_wrong_content_gets_no_name_and_stays_where_it_is(vault, tmp_path):
    sha256, size, leaves = facts(b"footage")
    scratch = arrived(tmp_path, b"fOotage")
    with pytest.raises(VaultDamagedError) as refused:
        vault.keep(scratch, sha256, size, leaves)
    assert refused.value.code == "VAULT_DAMAGED"
    assert scratch.read_bytes() == b"fOotage"
    assert not vault.holds(sha256)


def test_rotten_copy_is_never_said_to_be_kept_nor_replaced(vault, tmp_path):
    sha256, size, leaves = facts(b"footage")
    vault.keep(arrived(tmp_path, b"footage"), sha256, size, leaves)
    path = vault.root / str(sha256)[:2] / str(sha256)
    path.chmod(0o644)
    path.write_bytes(b"fOotage")
    scratch = arrived(tmp_path, b"footage")
    with pytest.raises(VaultDamagedError):
        vault.keep(scratch, sha256, size, leaves)
    with pytest.raises(VaultDamagedError):
        vault.recheck(sha256, size)
    assert path.read_bytes() == b"fOotage"
    assert scratch.read_bytes() == b"footage"


def test_crash_between_the_digests_and_the_name_is_done_again(vault, tmp_path):
    sha256, size, leaves = facts(b"footage")
    folder = vault.root / str(sha256)[:2]
    folder.mkdir(parents=True)
    (folder / f"{sha256}.leaves").write_bytes(b"".join(leaf.raw for leaf in leaves))
    vault.keep(arrived(tmp_path, b"footage"), sha256, size, leaves)
    assert vault.open(sha256).read() == b"footage"


def test_unknown_digest_is_a_coded_error(vault):
    with pytest.raises(NotKeptError) as missing:
        vault.open(Digest.of(b"never seen"))
    assert missing.value.code == "VAULT_NOT_KEPT"


def test_placing_links_the_same_bytes_and_twice_changes_nothing(vault, tmp_path):
    sha256, size, leaves = facts(b"footage")
    vault.keep(arrived(tmp_path, b"footage"), sha256, size, leaves)
    at = tmp_path / "out.mp4"
    vault.place(sha256, at)
    vault.place(sha256, at)
    held = vault.root / str(sha256)[:2] / str(sha256)
    assert at.stat().st_ino == held.stat().st_ino


def test_vault_has_no_call_that_removes():
    words = ("delete", "remove", "unlink", "purge", "expire", "replace")
    assert not [name for name in dir(FolderVault) if any(word in name for word in words)]
