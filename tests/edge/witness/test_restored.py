"""A witness that was put back does not sign a second history: refused, and told why."""

import shutil
from pathlib import Path

import pytest

from edge import durable
from edge.witness.errors import StateBusyError
from edge.witness.folder import StateFolder
from edge.witness.store import WitnessStore
from tests.edge.witness.makers import ORIGIN, Bench


def backup(desk: Bench) -> Path:
    saved = desk.folder / "backup"
    shutil.copytree(desk.state, saved)
    return saved


def restored_by_copy(desk: Bench, saved: Path) -> None:
    desk.state.rename(desk.folder / "lost")
    shutil.copytree(saved, desk.state)


def restored_by_move(desk: Bench, saved: Path) -> None:
    desk.state.rename(desk.folder / "lost")
    saved.rename(desk.state)


def restored_in_place(desk: Bench, saved: Path) -> None:
    """As `cp` does: the files stay, their content changes."""
    for name in ("state.json", "seal.json"):
        (desk.state / name).write_bytes((saved / name).read_bytes())


def restored_by_rename(desk: Bench, saved: Path) -> None:
    """As `rsync -a` does: a temporary file with the old times, then a rename."""
    for name in ("seal.json", "state.json"):
        shutil.copy2(saved / name, desk.state / ".incoming")
        (desk.state / ".incoming").rename(desk.state / name)


def restored_by_tar(desk: Bench, saved: Path) -> None:
    shutil.make_archive(str(desk.folder / "tape"), "tar", saved)
    desk.state.rename(desk.folder / "lost")
    desk.state.mkdir()
    shutil.unpack_archive(desk.folder / "tape.tar", desk.state)


def only_the_memory_restored(desk: Bench, saved: Path) -> None:
    shutil.copy2(saved / "state.json", desk.state / "state.json")


def seal_lost(desk: Bench, saved: Path) -> None:
    (desk.state / "seal.json").rename(saved / "seal.json")


WAYS = [
    restored_by_copy,
    restored_by_move,
    restored_in_place,
    restored_by_rename,
    restored_by_tar,
    only_the_memory_restored,
    seal_lost,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_restored_memory_cosigns_nothing_until_shown_a_newer_own_cosignature(desk, way) -> None:
    desk.ask((0, 5))
    saved = backup(desk)
    (_, (_, _, own)) = desk.ask((5, 9), (9, 12))
    way(desk, saved)

    store = desk.open()
    fork = desk.log.forked(7)
    size = store.memory.logs[ORIGIN].seen.size
    for request in (
        fork.request(size, 14),
        desk.log.request(size, 14),
        desk.log.request(0, 14),
        fork.request(0, 14),
    ):
        status, kind, body = store.answer(request)
        assert (status, kind) == (409, "text/plain")
        assert body.startswith(b"RESTORED_STATE")
    store.close()
    if way is seal_lost:
        return  # the memory itself is the newest: nothing newer can be shown

    assert desk.open_and(lambda it: it.answer(desk.log.request(12, 12, own.decode())))[0] == 200
    store = desk.open()
    assert not store.memory.is_suspect(ORIGIN)
    assert store.memory.is_suspect("log.test/two")
    assert store.answer(fork.request(12, 14))[0] == 422
    assert store.answer(desk.log.request(12, 14))[0] == 200
    assert [act["act"] for act in store.memory.history] == ["created", "restored", "recalled"]
    store.close()


def test_older_own_cosignature_recalls_nothing(desk: Bench) -> None:
    ((_, _, own),) = desk.ask((0, 4))
    desk.ask((4, 5))
    restored_by_move(desk, backup(desk))
    store = desk.open()
    assert store.answer(desk.log.request(4, 4, own.decode()))[0] == 409
    assert store.memory.is_suspect(ORIGIN)
    store.close()


def test_cosignature_by_somebody_else_recalls_nothing(desk: Bench, tmp_path: Path) -> None:
    desk.ask((0, 4))
    restored_by_move(desk, backup(desk))
    other = type(desk.keys).generate(desk.keys.name)
    line = other.line(desk.log.note(9).split("\n\n")[0] + "\n", 1_800_000_000)
    answer = desk.open_and(lambda it: it.answer(desk.log.request(9, 9, line)))
    assert answer[2].startswith(b"RESTORED_STATE")


def test_unknown_log_is_as_suspect_as_the_memory_that_does_not_know_it(desk: Bench) -> None:
    restored_by_move(desk, backup(desk))
    store = desk.open()
    assert store.answer(desk.log.request(0, 1))[0] == 409
    store.accept_restored(ORIGIN)
    assert store.answer(desk.log.request(0, 1))[0] == 200
    assert store.answer(desk.logs[1].request(0, 1))[0] == 409
    store.close()
    assert desk.open_and(lambda it: it.answer(desk.log.request(1, 2)))[0] == 200


def test_operator_s_word_is_kept_in_the_history(desk: Bench) -> None:
    desk.ask((0, 5))
    restored_by_move(desk, backup(desk))
    store = desk.open()
    store.accept_restored(ORIGIN)
    acts = [(act["act"], act["log"]) for act in store.memory.history]
    assert acts == [("created", ""), ("restored", ""), ("accepted", ORIGIN)]
    store.close()
    assert desk.ask((5, 6))[0][0] == 200


def test_disk_image_that_was_set_back_is_found_when_an_own_cosignature_is_shown(
    desk: Bench,
) -> None:
    """Inode and change time fit in an image: no file can tell. What was signed tells."""
    desk.ask((0, 5))
    store = desk.open()
    store.answer(desk.logs[1].request(0, 3))
    old = store.memory
    (_, _, own) = store.answer(desk.log.request(5, 9))
    store.close()
    with StateFolder(desk.state) as folder:
        folder.write(old)

    store = desk.open()
    assert not store.memory.suspect  # the limit: not seen yet
    assert store.answer(desk.log.request(9, 9, own.decode()))[0] == 200
    assert store.memory.is_suspect("log.test/two")
    assert store.answer(desk.logs[1].request(3, 4))[0] == 409
    store.close()


def test_mere_restart_and_reading_are_no_restore(desk: Bench) -> None:
    desk.ask((0, 5))
    backup(desk)
    for _ in range(3):
        store = desk.open()
        assert not store.memory.suspect
        store.close()


def test_change_of_mode_counts_as_restored(desk: Bench) -> None:
    """The safe side: a change time says that something happened, not what."""
    desk.ask((0, 5))
    (desk.state / "state.json").chmod(0o640)
    assert desk.ask((5, 6))[0][0] == 409


def test_failed_opening_lets_go_of_the_state(desk: Bench) -> None:
    keys, desk.keys = desk.keys, type(desk.keys).generate("x")
    with pytest.raises(Exception, match="state of"):
        desk.open()
    desk.keys = keys
    try:
        desk.open().close()
    except StateBusyError:  # pragma: no cover - the failure this test is for
        pytest.fail("still locked")


def test_new_state_that_was_cut_off_before_its_seal_is_whole(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = durable.replace, []

    def cut(path: Path, data: bytes, *, mode: int) -> None:
        calls.append(path.name)
        if len(calls) == 2:
            raise OSError(5, "cut off")
        real(path, data, mode=mode)

    monkeypatch.setattr(durable, "replace", cut)
    other = Bench(desk.folder / "other", desk.keys, desk.logs)
    with pytest.raises(OSError, match="cut off"):
        WitnessStore.create(other.state, other.keys)
    store = other.open()
    assert not store.memory.suspect
    store.close()
