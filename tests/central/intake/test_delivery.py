"""Answers are sent until the broker has them, each once while it is on its way."""

import pytest

from central.intake.delivery import AGAIN_S, REFUSED_S, WINDOW, Acknowledged, Delivery
from central.store import Store, outgoing
from central.store.outgoing import LOGGED, PROBLEM, STORED, Answer
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


class Line:
    """What the broker would see; `down` is a line that takes nothing."""

    def __init__(self):
        self.sent = []
        self.down = False

    def publish(self, topic, payload):
        if self.down:
            return None
        self.sent.append((topic, payload))
        return len(self.sent)


class World:
    def __init__(self, store):
        self.store, self.line, self.time = store, Line(), 0.0
        self.delivery = self.again()

    def again(self):
        self.delivery = Delivery(self.store, now=lambda: Instant(0), monotonic=lambda: self.time)
        return self.delivery

    def owe(self, payload, kind=LOGGED, name=None):
        envelope = Digest.of(name or payload)
        answer = Answer(station="st-01", kind=kind, envelope=envelope, payload=payload)
        with self.store.write() as connection:
            outgoing.queue(connection, answer, Instant(0))

    def send(self):
        return self.delivery.send(self.line.publish)

    def unsent(self):
        with self.store.read() as connection:
            return outgoing.count_unsent(connection)


@pytest.fixture
def world(tmp_path):
    store = Store.open(tmp_path / "index.sqlite")
    yield World(store)
    store.close()


def test_receipts_and_problems_go_to_their_topics_in_order(world):
    world.owe(b"1")
    world.owe(b"2", kind=STORED)
    world.owe(b"3", kind=PROBLEM)
    assert world.send() == 3
    base = "liuhen/v1/station/st-01/"
    assert world.line.sent == [
        (base + "receipts", b"1"),
        (base + "receipts", b"2"),
        (base + "problems", b"3"),
    ]


def test_what_is_on_its_way_is_not_sent_twice(world):
    world.owe(b"1")
    assert (world.send(), world.send()) == (1, 0)


def test_what_the_broker_has_is_settled(world):
    world.owe(b"1")
    world.send()
    world.delivery.settle([Acknowledged(1, taken=True)])
    assert (world.unsent(), world.send()) == (0, 0)


def test_what_nobody_acknowledged_is_sent_again_later(world):
    world.owe(b"1")
    world.send()
    world.time = AGAIN_S + 1
    assert world.send() == 1


def test_a_kill_after_sending_sends_again(world):
    world.owe(b"1")
    world.send()
    world.again()
    assert world.send() == 1


def test_what_the_broker_refused_waits_and_stays_owed(world):
    world.owe(b"1")
    world.send()
    world.delivery.settle([Acknowledged(1, taken=False)])
    assert (world.unsent(), world.send()) == (1, 0)
    world.time = REFUSED_S + 1
    assert world.send() == 1


def test_a_newer_answer_is_sent_while_the_older_is_on_its_way(world):
    world.owe(b"old", name=b"e")
    world.send()
    world.owe(b"new", name=b"e")
    assert world.send() == 1
    world.delivery.settle([Acknowledged(1, taken=True)])
    assert world.unsent() == 1
    world.delivery.settle([Acknowledged(2, taken=True)])
    assert world.unsent() == 0


def test_nothing_is_lost_while_the_line_is_down(world):
    world.owe(b"1")
    world.line.down = True
    assert world.send() == 0
    world.line.down = False
    assert world.send() == 1


def test_no_more_than_a_window_is_on_its_way(world):
    for number in range(WINDOW + 5):
        world.owe(b"%d" % number)
    assert (world.send(), world.send()) == (WINDOW, 0)
    world.delivery.settle([Acknowledged(mid, taken=True) for mid in range(1, 6)])
    assert world.send() == 5
