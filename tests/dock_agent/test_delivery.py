"""What counts as delivered, whatever broker, central and network do."""

import dataclasses
import json

import pytest

from edge.evidence.checkpoint import Checkpoint, NoteSigner, sign_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, seal, verify
from edge.evidence.keys import Ed25519Signer
from edge.evidence.merkle import leaf_data, leaf_hash, root_of
from edge.evidence.statement import ReceiptLogged, Statement
from tests.dock_agent.conftest import Place
from tests.dock_agent.tree import ORIGIN, footage

pytestmark = pytest.mark.broker


def changed(place: Place, answered: Envelope, /, **changes) -> ReceiptLogged:
    """The honest receipt of an envelope, with some members replaced."""
    receipt = place.central.logged_receipt(answered)
    honest = verify(receipt, place.central.keys).statement.predicate
    assert isinstance(honest, ReceiptLogged)
    return dataclasses.replace(honest, **changes)


def by_wrong_key(place: Place, envelope: Envelope) -> bytes:
    return seal(Statement.about(changed(place, envelope)), Ed25519Signer.generate()).raw


def by_the_station_itself(place: Place, envelope: Envelope) -> bytes:
    return seal(Statement.about(changed(place, envelope)), place.tree.keys.identity).raw


def of_another_leaf(place: Place, envelope: Envelope) -> bytes:
    other = changed(place, envelope, index=place.central.index[envelope.digest] + 1)
    return seal(Statement.about(other), place.tree.keys.central).raw


def of_another_log(place: Place, envelope: Envelope) -> bytes:
    other = NoteSigner(ORIGIN, Ed25519Signer.generate())
    leaf = leaf_hash(leaf_data(envelope.digest))
    text = sign_checkpoint(Checkpoint(ORIGIN, 1, root_of([leaf])), other)
    forged = changed(place, envelope, index=0, path=(), checkpoint=text)
    return seal(Statement.about(forged), place.tree.keys.central).raw


def of_an_envelope_nobody_sealed(place: Place, envelope: Envelope) -> bytes:
    other = changed(place, envelope, envelope=Digest.of(b"another"))
    return seal(Statement.about(other), place.tree.keys.central).raw


def no_envelope_at_all(place: Place, envelope: Envelope) -> bytes:
    return b'{"payload": 1, "payload": 2}'


FORGERIES = [
    by_wrong_key,
    by_the_station_itself,
    of_another_leaf,
    of_another_log,
    of_an_envelope_nobody_sealed,
    no_envelope_at_all,
]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.__name__)
def test_forged_receipt_never_counts(place: Place, forgery) -> None:
    place.central.forge = lambda envelope: forgery(place, envelope)
    place.agent.start()
    place.tree.dock(place.tree.card(footage(1, 10)))
    place.agent.until("refused", lambda: bool(place.agent.named("problem")))
    place.agent.until("sealed", lambda: bool(place.agent.named("docking_done")))
    code, status = place.agent.ask("status")
    assert code == 1
    assert status["outbox"]["logged"] == 0
    assert "RECEIPT_REFUSED" in place.codes()
    assert place.agent.named("logged") == []
    assert "checkpoint" not in status
    place.central.forge = None
    place.agent.kill()
    place.agent.start()
    place.stored(1)


def test_two_roots_of_one_size_are_a_fork_and_never_count(place: Place) -> None:
    place.agent.start()
    place.agent.until("logged", lambda: bool(place.agent.named("logged")))

    def forked(envelope: Envelope) -> bytes:
        leaf = leaf_hash(leaf_data(envelope.digest))
        text = sign_checkpoint(Checkpoint(ORIGIN, 1, root_of([leaf])), place.tree.keys.log)
        forged = changed(place, envelope, index=0, path=(), checkpoint=text)
        return seal(Statement.about(forged), place.tree.keys.central).raw

    place.central.forge = forked
    place.tree.dock(place.tree.card(footage(1, 10)))
    place.agent.until("refused", lambda: bool(place.agent.named("problem")))
    place.agent.until("sealed", lambda: bool(place.agent.named("docking_done")))
    assert "CHECKPOINT_FORK" in place.codes()
    assert place.agent.ask("status")[1]["outbox"]["logged"] == 1


def test_silence_of_central_is_waited_out(place: Place) -> None:
    place.central.stop()
    place.agent.start()
    place.tree.dock(place.tree.card(footage(3, 10, 20)))
    place.agent.until("done", lambda: bool(place.agent.named("docking_done")))
    assert place.files()["sealed"] == 2
    place.central.start()
    place.stored(2)


def test_broker_killed_and_started_again_loses_nothing(place: Place) -> None:
    place.agent.start()
    place.agent.until("logged", lambda: bool(place.agent.named("logged")))
    place.broker.stop()
    place.tree.dock(place.tree.card(footage(4, 10, 20, 0)))
    place.agent.until("done", lambda: bool(place.agent.named("docking_done")))
    place.agent.until("said", lambda: bool(place.codes() & {"BROKER_UNREACHABLE", "BROKER_LOST"}))
    place.broker.start()
    place.stored(3)
    assert place.codes() == set()


def test_a_central_that_lost_its_log_is_told_everything_again_and_named(place: Place) -> None:
    place.agent.start()
    place.tree.dock(place.tree.card(footage(5, 10)))
    place.stored(1)
    place.closed(1)
    with place.central.lock:
        known = len(place.central.log)
        place.central.head = None
        place.central.log.clear()
        place.central.index.clear()
    place.tree.undock()
    place.tree.dock(place.tree.card(footage(6, 20), name="other"), serial="LH002")
    place.agent.until("told again", lambda: len(place.central.recordings) == 2)
    place.agent.until("said", lambda: "CENTRAL_BEHIND" in place.codes())
    assert known > 3


def test_a_refused_envelope_is_shown_and_sent_again_on_retry(place: Place) -> None:
    place.central.refuse = lambda s: "CLOCK_REFUSED" if s.type == "inventory/v1" else None
    place.agent.start()
    place.tree.dock(place.tree.card(footage(7, 10)))
    place.agent.until("refused", lambda: "CLOCK_REFUSED" in place.codes())
    problem = next(p for p in place.agent.named("problem") if p["code"] == "CLOCK_REFUSED")
    assert problem["docking"]
    assert place.agent.ask("status")[0] == 1
    place.central.refuse = lambda _s: None
    assert place.agent.ask("retry")[0] == 0
    place.stored(1)
    place.closed(1)


def test_nonsense_on_the_problems_topic_changes_nothing(place: Place) -> None:
    place.agent.start()
    place.agent.until("logged", lambda: bool(place.agent.named("logged")))
    for payload in (b"\xff", b"[]", b'{"code": "x"}', json.dumps({"code": "LATE"}).encode()):
        place.central._publish("problems", payload)
    place.agent.until("said", lambda: {"REFUSAL_MALFORMED", "LATE"} <= place.codes())
    place.tree.dock(place.tree.card(footage(8, 10)))
    place.stored(1)


def test_a_spoilt_upload_starts_again_from_zero(place: Place) -> None:
    place.central.spoil = 1
    place.agent.start()
    place.tree.dock(place.tree.card(footage(9, 20_000_000)))
    place.stored(1)
    assert "UPLOAD_DIGEST_MISMATCH" in {p["code"] for p in place.agent.named("problem")}
    assert place.codes() == set()


def test_an_upload_spoilt_too_often_waits_for_a_person(place: Place) -> None:
    place.central.spoil = 3
    place.agent.start()
    place.tree.dock(place.tree.card(footage(10, 1000)))
    place.agent.until("done", lambda: bool(place.agent.named("docking_done")))
    place.agent.until("refused", lambda: place.agent.ask("status")[1]["uploads"]["refused"] == 1)
    assert place.central.stored == {}
    place.agent.ask("retry")
    place.stored(1)


def test_a_busy_upload_listener_is_asked_again(place: Place) -> None:
    place.central.busy = 2
    place.agent.start()
    place.tree.dock(place.tree.card(footage(11, 1000)))
    place.stored(1)


def test_a_stored_receipt_that_was_lost_is_asked_for_again(place: Place) -> None:
    place.agent.start()
    place.agent.until("logged", lambda: bool(place.agent.named("logged")))
    place.tree.dock(place.tree.card(footage(12, 1000)))
    place.agent.until("logged", lambda: len(place.agent.named("logged")) >= 3)
    place.agent.kill()
    place.central.mute = True
    place.agent.start()
    place.agent.until("sent", lambda: len(place.central.stored) == 1)
    place.agent.kill()
    place.central.mute = False
    place.agent.start()
    place.agent.until("stored", lambda: place.files()["stored"] == 1, 90.0)
