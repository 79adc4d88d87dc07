"""The station as a witness, and as one who notices: real broker, real agent, kill -9."""

import shutil

import pytest

from edge.evidence.checkpoint import Checkpoint, sign_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.witness import Request
from tests.dock_agent.conftest import Place
from tests.dock_agent.tree import ORIGIN, footage

pytestmark = pytest.mark.broker


def logged(place: Place, count: int) -> None:
    place.agent.until(f"{count} logged", lambda: len(place.agent.named("logged")) >= count)


def signed_root(place: Place, size: int, root: Digest) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), place.tree.keys.log)


def cosigned_by(place: Place, note: str, answer: dict) -> bool:
    (verifier,) = place.tree.keys.witness.verifiers
    return answer["status"] == 200 and verifier.time_of(note + answer["body"]) is not None


def problem(place: Place, code: str) -> None:
    place.agent.until(code, lambda: code in {e["code"] for e in place.agent.named("problem")})


def test_cosigns_what_continues_its_memory_also_after_kill_9(place: Place) -> None:
    place.agent.start()
    logged(place, 1)
    first = place.central.checkpoint()
    assert cosigned_by(place, first, place.central.ask_witness(0, first))
    place.agent.kill()
    place.agent.start()
    logged(place, 2)
    stale = place.central.ask_witness(0, place.central.checkpoint())
    assert (stale["status"], stale["kind"], stale["body"]) == (409, "text/x.tlog.size", "1\n")
    newer = place.central.checkpoint()
    assert cosigned_by(place, newer, place.central.ask_witness(1, newer))


def test_another_root_for_a_cosigned_size_is_an_alarm_and_nothing_counts_after_it(
    place: Place,
) -> None:
    place.agent.start()
    logged(place, 1)
    note = place.central.checkpoint()
    assert place.central.ask_witness(0, note)["status"] == 200
    forked = signed_root(place, 1, Digest.of(b"another log"))
    answer = place.central.ask_witness(1, forked)
    assert answer["status"] == 409
    assert answer["body"].startswith("CHECKPOINT_FORK")
    problem(place, "CHECKPOINT_FORK")
    place.tree.dock(place.tree.card(footage(1, 10)))
    place.agent.until("sealed", lambda: bool(place.agent.named("docking_done")))
    place.agent.until("sent", lambda: len(place.central.log) >= 4)
    assert place.central.ask_witness(1, place.central.checkpoint())["status"] == 409
    assert len(place.agent.named("logged")) == 1
    assert place.agent.ask("status")[1]["outbox"]["logged"] == 1
    assert place.agent.ask("retry")[0] == 0
    logged(place, 4)  # the log itself was sound: it proves so, and everything goes on


def test_a_log_that_was_set_back_is_noticed_and_nothing_counts(place: Place) -> None:
    place.agent.start()
    place.tree.dock(place.tree.card(footage(2, 10)))
    logged(place, 4)
    with place.central.lock:  # the operator restores a backup of the log
        lost = place.central.log[2:]
        del place.central.log[2:]
        for envelope in lost:
            del place.central.index[envelope.digest]
    place.agent.kill()
    place.agent.start()  # a new epoch is one more statement: leaf 2 a second time
    problem(place, "CHECKPOINT_FORK")
    assert place.agent.ask("status")[1]["outbox"]["logged"] == 4


def test_receipts_wait_while_central_gives_no_proof_and_count_once_it_does(place: Place) -> None:
    place.agent.start()
    logged(place, 1)
    place.central.dumb = True
    place.tree.dock(place.tree.card(footage(3, 10)))
    problem(place, "CONSISTENCY_MISSING")
    assert len(place.agent.named("logged")) == 1
    place.central.dumb = False
    place.stored(1)
    assert "CONSISTENCY_MISSING" not in place.codes()


def test_a_memory_put_back_from_a_copy_cosigns_nothing(place: Place) -> None:
    place.agent.start()
    logged(place, 1)
    note = place.central.checkpoint()
    place.agent.kill()
    shutil.copytree(place.tree.data / "witness", place.tree.root / "copy")
    place.agent.start()
    logged(place, 2)
    assert place.central.ask_witness(0, note)["status"] == 200
    place.agent.kill()
    (place.tree.data / "witness").rename(place.tree.root / "lost")
    shutil.copytree(place.tree.root / "copy", place.tree.data / "witness")
    place.agent.start()
    logged(place, 3)
    answer = place.central.ask_witness(0, place.central.checkpoint())
    assert answer["status"] == 409
    assert "RESTORED_STATE" in answer["body"]
    assert "WITNESS_MEMORY" in place.codes()


def test_a_lost_memory_is_not_begun_anew(place: Place) -> None:
    place.agent.start()
    logged(place, 1)
    place.agent.kill()
    (place.tree.data / "witness").rename(place.tree.root / "lost")
    place.agent.start()
    logged(place, 2)
    assert place.central.ask_witness(0, place.central.checkpoint())["status"] == 503
    assert not (place.tree.data / "witness").exists()
    assert "WITNESS_MEMORY" in place.codes()


def test_a_request_that_is_none_is_answered_and_changes_nothing(place: Place) -> None:
    place.agent.start()
    logged(place, 1)
    assert place.central.ask_witness(0, "x\n1\nx\n\nx\n")["status"] in {400, 404}
    note = place.central.checkpoint()
    assert Request.parse(Request(0, (), note).to_bytes()).note == note
    assert place.central.ask_witness(0, note)["status"] == 200
