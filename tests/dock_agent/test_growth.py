"""A checkpoint counts once the log has proven that it grew to it; never by being signed."""

import json

import pytest

from dock_agent.errors import ForkError, ReceiptError, RollbackError
from dock_agent.growth import AGAIN_S, Growth
from dock_agent.ledger import Ledger
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.consistency import Consistency, TreeState
from edge.evidence.instant import Instant
from edge.evidence.merkle import consistency_path, leaf_hash, root_of

NOW = Instant(0)
ORIGIN = "log.test"
HASHES = [leaf_hash(bytes([n])) for n in range(40)]
FORKED = [*HASHES[:4], *(leaf_hash(bytes([n, 1])) for n in range(4, 40))]


def at(size, hashes=HASHES):
    return Checkpoint(ORIGIN, size, root_of(hashes[:size]))


def proof(old, new, hashes=HASHES):
    states = [TreeState(size, root_of(hashes[:size])) for size in (old, new)]
    path = consistency_path(old, new, hashes[:new])
    return Consistency(ORIGIN, *states, tuple(path)).to_text().encode()


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.sqlite")


@pytest.fixture
def growth(ledger):
    """Tied to the log at size 5."""
    ledger.receipts.proven(at(5), "", NOW)
    return Growth(ledger)


def asked(growth, now=0.0):
    question = growth.question(now)
    return None if question is None else tuple(json.loads(question).values())[::-1]


def test_the_first_checkpoint_is_believed_and_no_question_asked(ledger):
    growth = Growth(ledger)
    assert growth.is_proven(at(3), "")
    assert growth.question(0.0) is None


def test_a_known_state_needs_no_proof(growth):
    assert growth.is_proven(at(5), "")


def test_another_size_waits_for_its_proof_and_brings_its_receipts(growth, ledger):
    assert not growth.is_proven(at(9), "text", b"one")
    assert not growth.is_proven(at(9), "text", b"two")
    assert asked(growth) == (5, 9)
    assert growth.answered(proof(5, 9), NOW) == [b"one", b"two"]
    assert growth.is_proven(at(9), "")
    assert ledger.receipts.last_checkpoint() == at(9)


def test_each_state_is_tied_to_the_last_one_in_order(growth):
    assert not growth.is_proven(at(12), "", b"later")
    assert not growth.is_proven(at(9), "", b"sooner")
    assert asked(growth) == (5, 9)
    assert growth.answered(proof(5, 9), NOW) == [b"sooner"]
    assert asked(growth) == (9, 12)
    assert growth.answered(proof(9, 12), NOW) == [b"later"]


def test_a_state_before_the_last_one_is_tied_as_well(growth):
    assert not growth.is_proven(at(3), "", b"late")
    assert asked(growth) == (3, 5)
    assert growth.answered(proof(3, 5), NOW) == [b"late"]


def test_two_roots_of_one_size_are_a_fork_whether_tied_or_waiting(growth):
    with pytest.raises(ForkError):
        growth.is_proven(at(5, FORKED), "")
    growth.is_proven(at(9), "")
    with pytest.raises(ForkError):
        growth.is_proven(at(9, FORKED), "")


def test_a_log_that_was_set_back_and_grew_again_is_a_fork(growth, ledger):
    """Its proofs hold among themselves, but not from what it signed before."""
    growth.is_proven(at(9, FORKED), "", b"receipt")
    asked(growth)
    with pytest.raises(ForkError):
        growth.answered(proof(5, 9, FORKED), NOW)
    assert ledger.receipts.last_checkpoint() == at(5)


def test_a_log_that_says_it_is_shorter_is_rolled_back(growth):
    growth.is_proven(at(3, FORKED), "", b"receipt")
    asked(growth)
    short = json.dumps({"code": "LOG_SHORT", "old": 3, "new": 5}).encode()
    with pytest.raises(RollbackError):
        growth.answered(short, NOW)


@pytest.mark.parametrize(
    "answer",
    [b"", b"{", b"{}", b'{"code": "LOG_SHORT", "old": 1, "new": 2}', b"liuhen-consistency/v1\n"],
)
def test_nonsense_proves_nothing_and_raises_no_alarm(growth, answer):
    growth.is_proven(at(9), "", b"receipt")
    asked(growth)
    with pytest.raises(ReceiptError) as refused:
        growth.answered(answer, NOW)
    assert refused.value.code == "CONSISTENCY_BAD"
    assert not growth.is_proven(at(9), "")


def test_a_proof_with_a_changed_hash_proves_nothing(growth):
    growth.is_proven(at(9), "", b"receipt")
    asked(growth)
    lines = proof(5, 9).decode().split("\n")
    lines[5] = lines[4]
    with pytest.raises(ReceiptError, match="proof"):
        growth.answered("\n".join(lines).encode(), NOW)


def test_the_answer_to_another_question_changes_nothing(growth):
    growth.is_proven(at(9), "", b"receipt")
    asked(growth)
    assert growth.answered(proof(5, 8), NOW) == []
    assert not growth.is_proven(at(9), "")


def test_a_question_is_asked_once_then_again_after_a_while(growth):
    growth.is_proven(at(9), "")
    assert asked(growth, 0.0) == (5, 9)
    assert asked(growth, AGAIN_S - 1) is None
    assert asked(growth, AGAIN_S) == (5, 9)
    assert growth.unanswered == 2


def test_what_waited_on_a_lost_line_comes_again(growth):
    growth.is_proven(at(9), "", b"receipt")
    growth.forget()
    assert growth.question(0.0) is None
    assert growth.answered(proof(5, 9), NOW) == []


def test_an_unasked_answer_is_not_believed(growth):
    assert growth.answered(proof(5, 9), NOW) == []
    assert growth._last() == at(5)
