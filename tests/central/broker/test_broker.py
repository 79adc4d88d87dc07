"""The broker's rules, asked of a real Mosquitto: certificates decide who may say what."""

import os
import queue
import signal
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from central.intake.running import intake_running
from central.pki.revocation import revoke
from central.store import envelopes
from edge import clock
from edge.evidence.consistency import Consistency
from edge.evidence.envelope import Envelope
from edge.evidence.receipt import verify_logged
from edge.evidence.statement import Statement

pytestmark = pytest.mark.broker
WAIT_S = 20


class Wire:
    """A station's MQTT client, or an attacker's with a certificate of its own."""

    def __init__(self, site, bundle, client_id="", certificate=None):
        self.inbox = queue.Queue()
        self.acks = queue.Queue()
        self.ended = threading.Event()
        self.up = threading.Event()
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5)
        context = ssl.create_default_context(cafile=str(bundle / "tls" / "ca.pem"))
        tls = bundle / "tls"
        if certificate is not None:
            context.load_cert_chain(*certificate)
        else:
            context.load_cert_chain(tls / "station.pem", tls / "station.key")
        client.tls_set_context(context)
        client.on_connect = lambda *_: self.up.set()
        client.on_disconnect = lambda *_: self.ended.set()
        client.on_message = lambda _c, _u, message: self.inbox.put(message)
        client.on_publish = lambda _c, _u, _mid, reason, _p: self.acks.put(reason)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        client.connect("127.0.0.1", site.mqtt_port, clean_start=False, properties=properties)
        client.loop_start()
        self.client = client
        assert self.up.wait(WAIT_S)

    def subscribe(self, topic):
        done = threading.Event()
        self.client.on_subscribe = lambda *_: done.set()
        self.client.subscribe(topic, qos=1)
        assert done.wait(WAIT_S)

    def publish(self, topic, payload):
        self.client.publish(topic, payload, qos=1)
        return self.acks.get(timeout=WAIT_S)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def wire(site, broker):
    opened = []

    def make(station, **options):
        opened.append(Wire(site, station.bundle, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def topic(station, name):
    return f"liuhen/v1/station/{station}/{name}"


def receipts(wire, count):
    """The receipts by the envelope they answer, in any order, until `count` are there."""
    found = {}
    while len(found) < count:
        message = wire.inbox.get(timeout=WAIT_S)
        receipt = Envelope.parse(message.payload)
        found[Statement.parse(receipt.payload).predicate.envelope] = receipt
    return found


@contextmanager
def taking(opened):
    """Intake, once the broker granted its subscriptions."""
    with intake_running(opened) as subscriber:
        deadline = time.monotonic() + WAIT_S
        while not subscriber.connected:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield


def test_a_station_writes_its_own_topic_only(site, station, wire):
    own = wire(station)
    assert own.publish(topic("st-01", "evidence"), b"x").value < 0x80
    assert own.publish(topic("st-01", "witness/response"), b"x").value < 0x80
    assert own.publish(topic("st-01", "consistency/request"), b"x").value < 0x80
    others = (
        topic("st-02", "evidence"),
        topic("st-02", "witness/response"),
        topic("st-02", "consistency/request"),
        topic("st-01", "witness/request"),
        topic("st-01", "consistency/response"),
        topic("st-01", "receipts"),
        "anything",
    )
    for other in others:
        assert own.publish(other, b"x").getName() == "Not authorized"


def test_a_station_reads_no_receipts_but_its_own(site, station, wire):
    other = site.enrol("st-02")
    reader = wire(other)
    reader.subscribe(topic("+", "receipts"))
    reader.subscribe(topic("st-01", "receipts"))
    tls = site.made
    central = wire(station, certificate=(tls.certificate("mqtt"), tls.key("mqtt")))
    assert central.publish(topic("st-01", "receipts"), b"not yours").value < 0x80
    assert central.publish(topic("st-02", "receipts"), b"yours").value < 0x80
    assert reader.inbox.get(timeout=WAIT_S).payload == b"yours"
    assert reader.inbox.empty()


def test_a_client_id_cannot_take_over_another_stations_session(site, station, wire):
    victim, thief = wire(station), site.enrol("st-02")
    wire(thief, client_id="st-01")
    assert not victim.ended.wait(1.5)
    assert victim.publish(topic("st-01", "evidence"), b"x").value < 0x80


def test_a_certificate_of_another_authority_gets_no_session(site, station, broker, tmp_path):
    stranger = type(site)(tmp_path / "elsewhere").enrol("st-01")
    tls = stranger.bundle / "tls"
    context = ssl.create_default_context(cafile=str(station.bundle / "tls" / "ca.pem"))
    context.load_cert_chain(tls / "station.pem", tls / "station.key")
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.tls_set_context(context)
    up, down = threading.Event(), threading.Event()
    client.on_connect = lambda *_: up.set()
    client.on_disconnect = lambda *_: down.set()
    client.connect("127.0.0.1", site.mqtt_port)
    client.loop_start()
    try:
        assert down.wait(WAIT_S)
        assert not up.is_set()
    finally:
        client.loop_stop()


def test_a_revoked_certificate_opens_no_new_session(site, station, wire):
    other = site.enrol("st-02")
    wire(station)
    revoke(site.made, "st-01", clock.now(), None)
    time.sleep(4)  # the broker's command looks at the list every 2 s
    tls = station.bundle / "tls"
    context = ssl.create_default_context(cafile=str(tls / "ca.pem"))
    context.load_cert_chain(tls / "station.pem", tls / "station.key")
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.tls_set_context(context)
    up, down = threading.Event(), threading.Event()
    client.on_connect = lambda *_: up.set()
    client.on_disconnect = lambda *_: down.set()
    client.connect("127.0.0.1", site.mqtt_port)
    client.loop_start()
    try:
        assert down.wait(WAIT_S)
        assert not up.is_set()
    finally:
        client.loop_stop()
    assert wire(other).publish(topic("st-02", "evidence"), b"x").value < 0x80


def test_a_station_is_proven_that_the_log_grew_and_told_where_it_is_not_that_long(
    site, station, wire
):
    own = wire(station)
    own.subscribe(topic("st-01", "receipts"))
    own.subscribe(topic("st-01", "consistency/response"))
    sealed = station.journey("a.mp4")
    with site.open() as opened, taking(opened):
        for each in sealed:
            own.publish(topic("st-01", "evidence"), each.raw)
        receipts(own, len(sealed))
        own.publish(topic("st-01", "consistency/request"), b'{"old": 2, "new": 6}')
        proof = Consistency.parse(own.inbox.get(timeout=WAIT_S).payload.decode())
        proof.check()
        assert (proof.origin, proof.old.size, proof.new.size) == (
            opened.config.central.origin,
            2,
            6,
        )
        for asked, code in (
            (b'{"old": 2, "new": 7}', b"LOG_SHORT"),
            (b'{"old": 0, "new": 6}', b"REQUEST_MALFORMED"),
            (b'{"old": 6, "new": 2}', b"REQUEST_MALFORMED"),
            (b"nonsense", b"REQUEST_MALFORMED"),
        ):
            own.publish(topic("st-01", "consistency/request"), asked)
            assert code in own.inbox.get(timeout=WAIT_S).payload


def test_a_journey_over_the_wire_is_answered_and_a_duplicate_is_answered_again(site, station, wire):
    own = wire(station)
    own.subscribe(topic("st-01", "receipts"))
    sealed = station.journey("DCIM/a.mp4", "DCIM/b.mp4")
    with site.open() as opened, taking(opened):
        for each in sealed:
            own.publish(topic("st-01", "evidence"), each.raw)
        found = receipts(own, len(sealed))
        log = opened.policy.log(opened.config.central.origin)
        facts = [verify_logged(found[s.digest], opened.keyring.keys, log, s.digest) for s in sealed]
        assert [fact.index for fact in facts] == [2, 3, 4, 5, 6]
        own.publish(topic("st-01", "evidence"), sealed[2].raw)
        again = receipts(own, 1)[sealed[2].digest]
        fact = verify_logged(again, opened.keyring.keys, log, sealed[2].digest)
        assert fact.index == 4


def test_a_refusal_is_told_on_the_stations_problem_topic(site, station, wire):
    own = wire(station)
    own.subscribe(topic("st-01", "problems"))
    with site.open() as opened, taking(opened):
        own.publish(topic("st-01", "evidence"), b"junk")
        assert b"ENVELOPE_MALFORMED" in own.inbox.get(timeout=WAIT_S).payload


def test_what_is_sent_while_central_is_away_is_taken_when_it_comes_back(site, station, wire):
    own = wire(station)
    own.subscribe(topic("st-01", "receipts"))
    with site.open() as opened, taking(opened):
        pass
    sealed = station.journey("a.mp4")
    for each in sealed:
        assert own.publish(topic("st-01", "evidence"), each.raw).value < 0x80
    with site.open() as opened, taking(opened):
        assert len(receipts(own, len(sealed))) == len(sealed)
        with opened.store.read() as connection:
            assert envelopes.size(connection) == 2 + len(sealed)


TAKEN_AND_KILLED = """
import os, signal, sys, time
from pathlib import Path
from central import config
from central.intake.running import intake_running
from central.opening import open_central

def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

with open_central(config.load(Path(sys.argv[1])), step=step) as central:
    with intake_running(central, step=step):
        time.sleep(60)
"""


@pytest.mark.parametrize(
    "step",
    ["group-written", "index-committed", "batch-taken", "batch-acknowledged"],
)
def test_intake_killed_around_the_acknowledgement_loses_and_doubles_nothing(
    site, station, wire, step
):
    own = wire(station)
    own.subscribe(topic("st-01", "receipts"))
    with site.open() as opened, taking(opened):
        pass
    sealed = station.journey("a.mp4", "b.mp4")
    for each in sealed:
        own.publish(topic("st-01", "evidence"), each.raw)
    path = os.pathsep.join(sys.path)
    child = subprocess.run(
        [sys.executable, "-c", TAKEN_AND_KILLED, str(site.made.config), step],
        check=False,
        timeout=50,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert child.returncode == -signal.SIGKILL
    with site.open() as opened, taking(opened):
        assert set(receipts(own, len(sealed))) == {each.digest for each in sealed}
        with opened.store.read() as connection:
            assert envelopes.size(connection) == 2 + len(sealed)


def test_the_broker_keeps_what_it_acknowledged_when_it_is_killed(site, station, broker, wire):
    own = wire(station)
    own.subscribe(topic("st-01", "receipts"))
    with site.open() as opened, taking(opened):
        pass
    sealed = station.journey("a.mp4", "b.mp4")
    for each in sealed:
        assert own.publish(topic("st-01", "evidence"), each.raw).value < 0x80
    # Mosquitto saves after it acknowledges, in the same turn of its loop: what a kill in
    # between takes, the station sends again, because no receipt came.
    time.sleep(1)
    children = Path(f"/proc/{broker.pid}/task/{broker.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert broker.wait(10) == 1
    again = subprocess.Popen(broker.args)
    try:
        with site.open() as opened, taking(opened):
            assert set(receipts(own, len(sealed))) == {each.digest for each in sealed}
    finally:
        again.terminate()
        again.wait(10)
