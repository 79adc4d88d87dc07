"""A witness signs one history of each log, whatever is asked, raced, killed or full."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge import clock, durable
from edge.evidence.cosignature import CosignatureVerifier, cosigned_by
from edge.evidence.instant import Instant
from edge.evidence.merkle import root_of
from edge.witness.errors import StateBadError, StateBusyError, StateMissingError
from edge.witness.keys import WitnessKeys
from edge.witness.store import Answer, WitnessStore
from tests.edge.witness.makers import ORIGIN, Bench, bench


def remembered(desk: Bench, origin: str = ORIGIN) -> int:
    return json.loads((desk.state / "state.json").read_bytes())["logs"][origin]["size"]


def test_cosignature_holds_under_the_printed_key(desk: Bench) -> None:
    ((status, kind, body),) = desk.ask((0, 3))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    (vkey,) = desk.keys.vkeys
    note = desk.log.note(3) + body.decode()
    assert list(cosigned_by(note, [CosignatureVerifier.parse(vkey)])) == [desk.keys.name]


def test_both_keys_sign_where_there_are_two(tmp_path: Path) -> None:
    desk = bench(tmp_path, mldsa=True)
    ((_, _, body),) = desk.ask((0, 3))
    note = desk.log.note(3) + body.decode()
    assert all(verifier.time_of(note) for verifier in desk.keys.verifiers)
    assert body.count(b"\n") == 2


def test_memory_outlives_the_process(desk: Bench) -> None:
    assert [status for status, _, _ in desk.ask((0, 3), (3, 8))] == [200, 200]
    assert desk.ask((3, 9)) == [(409, "text/x.tlog.size", b"8\n")]
    assert desk.ask((8, 9))[0][0] == 200


def test_what_is_answered_is_on_disk_already(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    store = desk.open()
    told: list[int] = []
    real = durable.replace

    def spied(path: Path, data: bytes, *, mode: int) -> None:
        real(path, data, mode=mode)
        stored = json.loads((desk.state / "state.json").read_bytes())["logs"]
        told.append(stored.get(ORIGIN, {"size": 0})["size"])

    monkeypatch.setattr(durable, "replace", spied)
    assert store.answer(desk.log.request(0, 5))[0] == 200
    assert told[-1] == 5
    store.close()


def test_fork_and_rollback_are_refused_and_change_nothing(desk: Bench) -> None:
    desk.ask((0, 8))
    forked = desk.log.forked(5)
    store = desk.open()
    before = store.memory
    answers = [
        store.answer(forked.request(8, 8)),
        store.answer(forked.request(8, 12)),
        store.answer(desk.log.request(8, 5)),
        store.answer(desk.log.request(5, 8)),
        store.answer(b"old 0\n\nnonsense"),
        store.answer(bench_stranger(desk)),
    ]
    assert [status for status, _, _ in answers] == [409, 422, 400, 409, 400, 404]
    assert store.memory == before
    store.close()


def bench_stranger(desk: Bench) -> bytes:
    return type(desk.log)("log.test/unknown").request(0, 1)


def test_of_two_that_race_one_is_signed_and_the_other_told_the_size(desk: Bench) -> None:
    desk.ask((0, 5))
    forked = desk.log.forked(6)
    for size in (5, 15, 25):
        store = desk.open()
        requests = [desk.log.request(size, size + 5 + i) for i in range(4)]
        requests += [forked.request(size, size + 10)] * 2
        answers = raced(store, requests)
        signed = [status for status, _, _ in answers if status == 200]
        assert len(signed) == 1
        assert {status for status, _, _ in answers} <= {200, 409, 422}
        size_now = store.memory.logs[ORIGIN].seen.size
        assert {body for status, _, body in answers if status == 409} <= {b"%d\n" % size_now}
        store.close()
        if size_now < size + 10:
            desk.ask((size_now, size + 10))


def raced(store: WitnessStore, requests: list[bytes]) -> list[Answer]:
    answers: list[Answer] = []
    begin = threading.Barrier(len(requests))

    def ask(raw: bytes) -> None:
        begin.wait()
        answers.append(store.answer(raw))

    threads = [threading.Thread(target=ask, args=(raw,)) for raw in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_logs_do_not_share_memory(desk: Bench) -> None:
    store = desk.open()
    assert store.answer(desk.logs[0].request(0, 5))[0] == 200
    assert store.answer(desk.logs[1].request(0, 7))[0] == 200
    assert (remembered(desk), remembered(desk, "log.test/two")) == (5, 7)
    store.close()


def test_clock_that_went_back_signs_nothing(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask((0, 5))
    store = desk.open()
    monkeypatch.setattr(clock, "now", lambda: Instant.parse("2001-01-01T00:00:00.000Z"))
    status, _, body = store.answer(desk.log.request(5, 6))
    assert status == 503
    assert b"clock" in body
    assert remembered(desk) == 5
    store.close()


def test_full_disk_signs_nothing_and_the_next_request_works(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = desk.open()
    for failing in (1, 2, 3):
        with monkeypatch.context() as patched:
            patched.setattr(durable, "replace", full_at(failing))
            with pytest.raises(OSError, match="No space"):
                store.answer(desk.log.request(0, 5))
        assert ORIGIN not in store.memory.logs
    assert store.answer(desk.log.request(0, 6))[0] == 200
    store.close()
    assert desk.ask((6, 7))[0][0] == 200


def full_at(failing: int) -> Callable[..., None]:
    """`durable.replace` that fails the n-th time."""
    real, calls = durable.replace, []

    def full(path: Path, data: bytes, *, mode: int) -> None:
        calls.append(path)
        if len(calls) == failing:
            raise OSError(28, "No space left on device")
        real(path, data, mode=mode)

    return full


KILLED = """
import os, signal, sys
from pathlib import Path
from edge import durable
from edge.witness.keys import read_keys, read_logs
from edge.witness.store import WitnessStore

folder, at = Path(sys.argv[1]), int(sys.argv[2])
calls = 0

def counted(name):
    real = getattr(os, name)
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == 2 * at: os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **kwargs)
        if calls == 2 * at + 1: os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return answer
    setattr(os, name, call)

store = WitnessStore.open(folder / "state", read_keys(folder / "key"), read_logs(folder / "logs"))
request = (folder / "request").read_bytes()
if at >= 0:
    for name in ("replace", "fsync", "write"): counted(name)
answer = store.answer(request)
if at < 0: os.kill(os.getpid(), signal.SIGKILL)
print(answer[0])
"""


def killed(desk: Bench, at: int) -> subprocess.CompletedProcess[str]:
    (desk.folder / "key").write_bytes(desk.keys.to_bytes())
    (desk.folder / "logs").write_text("".join(f"{log.verifier.vkey}\n" for log in desk.logs))
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(desk.folder), str(at)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )


def test_killed_between_memory_and_answer_it_remembers_and_signs_no_fork(desk: Bench) -> None:
    desk.ask((0, 5))
    (desk.folder / "request").write_bytes(desk.log.request(5, 9))
    assert killed(desk, -1).returncode == -signal.SIGKILL
    store = desk.open()
    assert not store.memory.suspect
    assert store.answer(desk.log.forked(7).request(5, 10)) == (409, "text/x.tlog.size", b"9\n")
    assert store.answer(desk.log.forked(7).request(9, 10))[0] == 422
    assert store.answer(desk.log.request(9, 9))[0] == 200
    store.close()


def test_killed_at_any_step_it_is_at_the_old_or_the_new_size_and_not_suspect(
    desk: Bench,
) -> None:
    desk.ask((0, 1))
    size, at, kills = 1, 0, 0
    while True:
        (desk.folder / "request").write_bytes(desk.log.request(size, size + 1))
        ended = killed(desk, at)
        store = desk.open()
        assert not store.memory.suspect
        now = store.memory.logs[ORIGIN].seen.size
        assert now in {size, size + 1}
        store.close()
        if ended.returncode == 0:
            assert ended.stdout == "200\n"
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        size, at, kills = now, at + 1, kills + 1
    assert kills > 5


def test_state_that_is_gone_is_not_made_anew(desk: Bench) -> None:
    (desk.state / "state.json").rename(desk.folder / "elsewhere")
    with pytest.raises(StateMissingError) as bad:
        desk.open()
    assert bad.value.code == "STATE_MISSING"
    assert bad.value.facts["expected"] == "a state.json"


def test_state_is_made_once(desk: Bench) -> None:
    desk.ask((0, 5))
    with pytest.raises(FileExistsError):
        WitnessStore.create(desk.state, WitnessKeys.generate("other"))
    assert desk.ask((5, 6))[0][0] == 200


def test_state_of_other_keys_is_refused(desk: Bench) -> None:
    desk.keys = WitnessKeys.generate("witness.test/w")
    with pytest.raises(StateBadError):
        desk.open()


def test_second_witness_on_one_state_is_refused(desk: Bench) -> None:
    store = desk.open()
    with pytest.raises(StateBusyError):
        desk.open()
    store.close()
    desk.open().close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b'{"format":"liuhen-witness-state/v2"}',
        b'{"format":"liuhen-witness-state/v1","vkeys":[],"logs":[],"suspect":false,"history":[]}',
        b'{"format":"liuhen-witness-state/v1","vkeys":[],"logs":{"a":{}},"suspect":false,"history":[]}',
    ],
)
def test_state_that_cannot_be_read_is_refused(desk: Bench, raw: bytes) -> None:
    (desk.state / "state.json").write_bytes(raw)
    with pytest.raises(StateBadError):
        desk.open()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_bytes_make_it_fall_over_or_sign(desk: Bench, data: st.DataObject) -> None:
    store = desk.open()
    good = desk.log.request(0, 3)
    at = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(at, len(good)))
    bad = good[:at] + data.draw(st.binary(max_size=40)) + good[end:]
    status, _, _ = store.answer(bad)
    assert status in {200, 400, 403, 404, 409, 422}
    if status == 200:  # only what the log itself signed
        assert store.memory.logs[ORIGIN].seen.root == root_of(desk.log.leaves[:3])
    store.close()
