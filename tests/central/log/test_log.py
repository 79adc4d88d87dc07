"""The log: every step may be the last, and opening it again ends in the same place."""

import itertools
import os
import signal
import subprocess
import sys
import threading

import pytest

from central.data_folder import DataFolder
from central.errors import (
    DataFolderInUseError,
    LogClosedError,
    LogInconsistentError,
    LogRolledBackError,
)
from central.intake.running import intake_of
from central.log.audit import audit
from central.log.committer import Committer
from central.log.groups import Entry, groups_in
from central.log.reader import LogReader
from central.log.tree import LogTree, TileFolder
from central.store import Store, envelopes, guards, outgoing
from central.store.schema import access
from edge import clock
from edge.evidence.checkpoint import open_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.envelope import seal
from edge.evidence.merkle import (
    inclusion_path,
    leaf_data,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from edge.evidence.note import NoteSigner
from edge.evidence.policy import TrustPolicy
from edge.evidence.signers import Ed25519Signer
from edge.evidence.statement import Access, Statement
from tests.central.station import messages

STEPS = ("group-written", "tiles-written", "checkpoint-signed", "index-committed")


def act(opened, number=0):
    statement = Access(
        act="login", actor=f"user-{number}", at=clock.now(), nonce=os.urandom(16).hex()
    )
    return Entry(
        raw_envelope=seal(Statement.about(statement), opened.key).raw, received=clock.now()
    )


def findings(site):
    store = Store.open(DataFolder(site.config.central.data).index)
    policy = TrustPolicy.parse(site.config.trust.policy.read_bytes())
    try:
        folder = DataFolder(site.config.central.data)
        return audit(folder, store, policy, site.config.central.origin)
    finally:
        store.close()


def verify_all(opened, appended):
    log = opened.policy.log(opened.config.central.origin)
    for each in appended:
        checkpoint = open_checkpoint(each.checkpoint_text, log)
        leaf = leaf_hash(leaf_data(each.digest))
        verify_inclusion(leaf, each.index, checkpoint.size, each.path, checkpoint.root)


def test_what_is_appended_is_proven_against_a_signed_checkpoint(opened):
    appended = opened.log.append([act(opened, n) for n in range(5)])
    verify_all(opened, appended)
    assert [each.index for each in appended] == [2, 3, 4, 5, 6]


def test_the_same_envelope_keeps_its_leaf_and_gets_a_fresh_proof(opened):
    entry = act(opened)
    (first,) = opened.log.append([entry])
    opened.log.append([act(opened, n) for n in range(3)])
    again, twice = opened.log.append([entry, entry])
    assert (again.index, again.known, again.received) == (first.index, True, first.received)
    assert twice == again
    assert again.checkpoint_text != first.checkpoint_text
    verify_all(opened, [again])


def test_callers_at_once_share_commits_and_none_is_lost(opened):
    folder = opened.folder.envelopes
    before = len(list(groups_in(folder)))
    results: list[int] = []

    def call(number):
        (appended,) = opened.log.append([act(opened, number)])
        results.append(appended.index)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(results) == list(range(2, 42))
    assert len(list(groups_in(folder))) - before < 40


def test_reader_proves_every_leaf_and_serves_tiles_over_full_and_partial(opened):
    for begin in range(0, 600, 200):
        opened.log.append([act(opened, begin + n) for n in range(200)])
    reader = LogReader(opened.folder, opened.store)
    with opened.store.read() as connection:
        digests = envelopes.digests(connection, 0, 602)
    leaves = [leaf_hash(leaf_data(each)) for each in digests]
    log = opened.policy.log(opened.config.central.origin)
    checkpoint = open_checkpoint(reader.checkpoint(), log)
    assert (checkpoint.size, checkpoint.root) == (602, root_of(leaves))
    for index in (0, 1, 255, 256, 511, 512, 600, 601):
        proof = reader.proof(digests[index])
        assert proof.index == index
        assert list(proof.path) == inclusion_path(index, 602, leaves)
    assert reader.tile(0, 1) == b"".join(each.raw for each in leaves[256:512])
    assert reader.tile(0, 2, 90) == b"".join(each.raw for each in leaves[512:])
    assert reader.tile(1, 0, 2) == root_of(leaves[:256]).raw + root_of(leaves[256:512]).raw
    assert reader.tile(0, 2, 91) is None
    assert reader.entries(2, 90)[:49] == b"\x00\x2f" + leaf_data(digests[512])
    assert reader.entries(2, 91) is None
    old = root_of(leaves[:300])
    verify_consistency(300, 602, reader.consistency(300), old, checkpoint.root)
    assert (opened.folder.log / "tile/0/001").read_bytes() == reader.tile(0, 1)
    assert (opened.folder.log / "tile/entries/000").exists()


def test_a_restored_tree_equals_one_that_grew_at_every_size(tmp_path):
    digests = [Digest.of(b"%d" % n) for n in range(1100)]
    leaves = [leaf_hash(leaf_data(each)) for each in digests]
    tiles = TileFolder(tmp_path)
    grown = LogTree(tiles)
    for size, digest in enumerate(digests, 1):
        grown.append(digest)
        if size in {1, 2, 255, 256, 257, 511, 512, 513, 1024, 1100}:
            restored = LogTree.restore(tiles, size, lambda first, end: digests[first:end])
            assert restored.root() == grown.root() == root_of(leaves[:size])
            for index in {0, size // 2, size - 1}:
                path = inclusion_path(index, size, leaves[:size])
                assert list(restored.inclusion(index)) == list(grown.inclusion(index)) == path


def test_tree_grows_over_the_second_level_of_tiles(tmp_path):
    tiles = TileFolder(tmp_path)
    tree = LogTree(tiles)
    digests = [Digest.of(n.to_bytes(4)) for n in range(65536 + 300)]
    leaves = [leaf_hash(leaf_data(each)) for each in digests]
    for digest in digests:
        tree.append(digest)
    assert (tmp_path / "tile/1/000").exists()
    assert tree.root() == root_of(leaves)
    restored = LogTree.restore(tiles, len(digests), lambda first, end: digests[first:end])
    assert restored.root() == tree.root()
    for index in (0, 65535, 65536, len(digests) - 1):
        path = restored.inclusion(index)
        verify_inclusion(leaves[index], index, len(digests), path, tree.root())


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_behind_the_commit_point_is_completed_by_the_next_commit(site, station, step):
    armed = False

    def fail(name):
        if armed and name == step:
            raise OSError(28, "No space left on device")

    with site.open(step=fail) as opened:
        entries = [act(opened, n) for n in range(3)]
        armed = True
        with pytest.raises(OSError, match="No space"):
            opened.log.append(entries)
        armed = False
        again = opened.log.append([*entries, act(opened, 9)])
        assert [each.index for each in again] == [2, 3, 4, 5]
        verify_all(opened, again)
    assert findings(site) == (6, [])


KILLED = """
import os, signal, sys
from pathlib import Path
from central import config
from central.intake.running import intake_of
from central.intake.taking import Message
from central.opening import open_central

at = int(sys.argv[2])
seen = 0
def step(name):
    global seen
    seen += 1
    if seen == at:
        os.kill(os.getpid(), signal.SIGKILL)

def steps():
    with open_central(config.load(Path(sys.argv[1])), step=step) as central:
        intake = intake_of(central)
        lines = [bytes.fromhex(line) for line in sys.stdin.read().split()]
        for begin in range(0, len(lines), 2):
            batch = [Message(station="st-01", kind="evidence", raw=raw)
                     for raw in lines[begin:begin + 2]]
            intake.take(batch)

steps()
"""


@pytest.mark.slow
def test_kill_nine_at_any_step_and_sending_again_ends_the_same(site, station):
    sealed = station.journey("a.mp4", "b.mp4", "c.mp4")
    lines = "\n".join(each.raw.hex() for each in sealed)
    killed = 0
    for at in itertools.count(1):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(site.made.config), str(at)],
            input=lines,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1
    assert killed >= 4
    assert findings(site) == (2 + len(sealed), [])
    with site.open() as opened, opened.store.read() as connection:
        owed = {each.answer.envelope for each in outgoing.unsent(connection, limit=99)}
        assert owed == {each.digest for each in sealed}


def test_a_lost_index_is_made_again_from_the_group_files(site, station):
    with site.open() as opened:
        intake_of(opened).take(messages(station, *station.journey("a.mp4", "b.mp4")))
        opened.log.append([act(opened, n) for n in range(300)])
        note = opened.folder.checkpoint.read_bytes()
    leaves, found = findings(site)
    assert found == []
    for each in site.config.central.data.glob("index.sqlite*"):
        each.rename(each.with_name("lost-" + each.name))
    with site.open() as opened:
        assert opened.folder.checkpoint.read_bytes() == note
    assert findings(site) == (leaves, [])


@pytest.mark.parametrize("taken", ["group", "all"])
def test_missing_group_files_are_a_rollback_and_refused(site, opened, taken):
    opened.log.append([act(opened)])
    opened.log.close()
    groups = sorted(opened.folder.envelopes.glob("*.jsonl"))
    for path in groups if taken == "all" else groups[-1:]:
        path.rename(path.with_suffix(".away"))
    key = Ed25519Signer.from_pem(opened.folder.log_key.read_bytes())
    again = Committer(
        opened.folder,
        opened.store,
        log_key=NoteSigner(opened.config.central.origin, key),
        central_key=opened.key,
    )
    with pytest.raises(LogRolledBackError):
        again.open()


def test_a_hole_between_group_files_is_found(site, opened):
    opened.log.append([act(opened)])
    opened.log.append([act(opened)])
    first = min(opened.folder.envelopes.glob("*.jsonl"))
    first.rename(first.with_suffix(".away"))
    with pytest.raises(LogInconsistentError) as caught:
        list(groups_in(opened.folder.envelopes))
    assert caught.value.facts["leaf"] == 0


def test_a_second_process_is_refused_while_one_holds_the_folder(site, opened):
    with pytest.raises(DataFolderInUseError) as caught, site.open():
        pass
    assert caught.value.code == "DATA_FOLDER_IN_USE"
    assert caught.value.facts["process"] == str(os.getpid())


def test_a_closed_log_takes_nothing(opened):
    opened.log.close()
    with pytest.raises(LogClosedError):
        opened.log.append([act(opened)])


def test_what_is_no_leaf_is_refused_and_logs_nothing(opened, station):
    beat = Entry(raw_envelope=station.heartbeat().raw, received=clock.now())
    with pytest.raises(ValueError, match="heartbeat"):
        opened.log.append([act(opened), beat])
    with opened.store.read() as connection:
        assert envelopes.size(connection) == 2


def test_fsck_finds_an_altered_envelope(site, station):
    with site.open() as opened:
        opened.log.append([act(opened)])
        (path,) = [
            g for g in opened.folder.envelopes.iterdir() if g.name.startswith("000000000002")
        ]
    raw = path.read_bytes()
    at = raw.index(b"payload") + 60
    path.chmod(0o644)
    path.write_bytes(raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :])
    _, found = findings(site)
    assert found
    assert found[0].where == "leaf 2"
    assert found[0].code in {"SIG_BAD", "ENCODING_BAD"}


def test_fsck_finds_a_changed_index_row_and_names_it(site, station):
    guard = guards.triggers_of(access)["access_no_update"]
    with site.open() as opened:
        opened.log.append([act(opened, 1), act(opened, 2)])
        with opened.store.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER access_no_update")
            connection.exec_driver_sql("UPDATE access SET actor = 'someone' WHERE idx = 3")
            connection.exec_driver_sql(guard)
    _, (found,) = findings(site)
    assert (found.code, found.where) == ("INDEX_DIFFERS", "access, leaf 3")


def test_fsck_finds_an_altered_tile(site, station):
    with site.open() as opened:
        opened.log.append([act(opened, n) for n in range(300)])
        tile = opened.folder.log / "tile/0/000"
    tile.chmod(0o644)
    tile.write_bytes(b"\0" + tile.read_bytes()[1:])
    _, found = findings(site)
    assert [each.code for each in found] == ["TILE_DIFFERS"]


def test_fsck_finds_a_checkpoint_that_the_log_did_not_sign(site, station):
    with site.open() as opened:
        note = opened.folder.checkpoint.read_text()
        opened.folder.checkpoint.write_text(note.replace("\n2\n", "\n1\n"))
    _, found = findings(site)
    assert [each.code for each in found] == ["LOG_SIG_BAD"]


def test_fsck_finds_group_files_that_are_gone(site, station):
    with site.open() as opened:
        opened.log.append([act(opened)])
        last = max(opened.folder.envelopes.glob("*.jsonl"))
    last.rename(last.with_suffix(".away"))
    _, found = findings(site)
    assert "LOG_ROLLED_BACK" in {each.code for each in found}


def test_fsck_holds_beside_a_running_central(site, station):
    with site.open() as opened:
        stop = threading.Event()

        def busy():
            while not stop.is_set():
                opened.log.append([act(opened)])

        worker = threading.Thread(target=busy)
        worker.start()
        try:
            for _ in range(3):
                leaves, found = findings(site)
                assert leaves >= 2
                assert found == []
        finally:
            stop.set()
            worker.join()
