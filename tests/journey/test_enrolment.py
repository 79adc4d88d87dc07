"""A station enrols itself: its keys stay with it, and one token admits one station once."""

import asyncio
import contextlib
import json
import threading

import pytest

from central import config
from central.__main__ import main as central_main
from central.intake.running import intake_of
from central.listeners import for_guests, run
from central.pki.site import NewSite, init
from central.serving import _guests
from central.store import Store
from dock_agent.__main__ import main as agent_main
from edge import clock
from edge.evidence.policy import TrustPolicy
from tests.central.conftest import free_port
from tests.central.station import Station, messages

SECRETS = ("identity.pem", "tls/station.key", "witness.json")


class Door:
    """A site whose enrolment listener is open."""

    def __init__(self, root):
        self.root, self.port = root, free_port()
        self.made = init(
            NewSite(
                folder=root / "central",
                name="test",
                http_port=free_port(),
                upload_port=free_port(),
                mqtt_port=free_port(),
                enrol_port=self.port,
            ),
            clock.now(),
        )
        self.config = config.load(self.made.config)

    @contextlib.contextmanager
    def open(self):
        from central.opening import open_central

        ready, loops = threading.Event(), []

        async def serve(central):
            stop, answering = asyncio.Event(), asyncio.Event()
            loops.append((asyncio.get_running_loop(), stop))
            listener = for_guests(_guests(central), self.config.enrolment, self.config.upload)
            serving = asyncio.create_task(run([listener], stop, answering))
            await answering.wait()
            ready.set()
            await serving

        with open_central(self.config) as central:
            thread = threading.Thread(target=lambda: asyncio.run(serve(central)))
            thread.start()
            assert ready.wait(20)
            try:
                yield central
            finally:
                loop, stop = loops[0]
                loop.call_soon_threadsafe(stop.set)
                thread.join(20)

    def token(self, capsys, station="st-01", hours="24"):
        capsys.readouterr()
        words = ["enrol", station, "--token", "--hours", hours, "--config", str(self.made.config)]
        assert central_main(words) == 0
        return capsys.readouterr().out.split()[0]

    def enrol(self, token, station="st-01", out=None, port=None):
        return agent_main(
            [
                "enrol",
                *("--central", f"https://127.0.0.1:{port or self.port}"),
                *("--token", token, "--station", station),
                *("--log", self.config.central.origin),
                *("--out", str(out or self.root / station)),
            ]
        )


@pytest.fixture
def door(tmp_path):
    return Door(tmp_path)


def test_an_enrolled_station_is_taken_and_its_keys_were_never_at_central(door, capsys):
    with door.open() as central:
        assert door.enrol(door.token(capsys)) == 0
        station = Station("st-01", door.root / "st-01")
        intake_of(central).take(messages(station, *station.journey("A.MP4")))
        with central.store.read() as connection:
            from central.store import envelopes

            assert envelopes.size(connection) == 2 + 4
    held = [path.read_bytes() for path in door.made.root.rglob("*") if path.is_file()]
    for name in SECRETS:
        file = door.root / "st-01" / name
        assert file.stat().st_mode & 0o777 == 0o600
        secret = file.read_bytes()
        if name.endswith(".json"):
            secret = json.loads(secret)["ed25519"].encode().split(b"\n")[1]
        assert not any(secret in content for content in held)


def test_the_policy_names_it_as_a_witness_and_the_agents_configuration_reads(door, capsys):
    from dock_agent.config import load

    with door.open():
        assert door.enrol(door.token(capsys)) == 0
    policy = TrustPolicy.parse(door.made.policy.read_bytes())
    (witness,) = policy.witnesses
    assert witness.name == f"{door.config.central.origin}/witness/st-01"
    read = load(door.root / "st-01" / "station.toml")
    assert (read.station, read.mqtt.port) == ("st-01", door.config.mqtt.port)
    assert read.witness_key is not None


def test_a_token_admits_once(door, capsys):
    with door.open():
        token = door.token(capsys)
        assert door.enrol(token) == 0
        assert door.enrol(token, out=door.root / "second") == 1
    assert "TOKEN_REFUSED" in capsys.readouterr().err
    assert not (door.root / "second" / "station.toml").exists()


def test_a_lost_answer_is_asked_for_again_with_the_same_keys(door, capsys):
    with door.open():
        token = door.token(capsys)
        assert door.enrol(token) == 0
        (door.root / "st-01" / "station.toml").rename(door.root / "never-arrived")
        assert door.enrol(token) == 0
    assert (door.root / "st-01" / "station.toml").exists()


def test_an_expired_token_an_invented_one_and_one_for_another_station_admit_nobody(door, capsys):
    with door.open():
        expired = door.token(capsys, hours="0")
        good = door.token(capsys)
        invented = "A" * 32 + "." + good.partition(".")[2]
        for number, (token, name) in enumerate(
            [(expired, "st-01"), (invented, "st-01"), (good, "st-02")]
        ):
            assert door.enrol(token, name, out=door.root / str(number)) == 1
    assert list(door.made.key_events.glob("station-*")) == []


def test_a_central_that_the_token_does_not_name_is_told_nothing(door, tmp_path, capsys):
    other = Door(tmp_path / "other")
    with door.open(), other.open():
        token = door.token(capsys)
        assert door.enrol(token, port=other.port) == 1
        assert "CENTRAL_UNTRUSTED" in capsys.readouterr().err
        assert door.enrol(token) == 0


def test_tokens_are_kept_as_hashes(door, capsys):
    token = door.token(capsys)
    Store.existing(door.made.data.index).close()
    secret = token.partition(".")[0].encode()
    for path in door.made.data.root.glob("index.sqlite*"):
        assert secret not in path.read_bytes()


def test_a_station_that_is_enrolled_is_not_enrolled_with_other_keys(door, capsys):
    with door.open():
        assert door.enrol(door.token(capsys)) == 0
        assert door.enrol(door.token(capsys), out=door.root / "again") == 1
    assert "to be new" in capsys.readouterr().err


def test_where_the_root_is_elsewhere_the_request_waits_for_it(door, capsys):
    (door.made.offline / "root.key").rename(door.root / "root.key")
    with door.open():
        assert door.enrol(door.token(capsys)) == 0
    fingerprint = capsys.readouterr().out.split("identity ")[1]
    asked = door.made.requests / "station-st-01.json"
    out = door.made.key_events / asked.name
    words = ["root", "sign", str(asked), "--root", str(door.root / "root.key")]
    assert central_main([*words, "--out", str(out), "--fingerprint", fingerprint]) == 0
    with door.open() as central:
        station = Station("st-01", door.root / "st-01")
        intake_of(central).take(messages(station, station.open_epoch()))
        assert station.epoch.keyid in central.keyring.keys
