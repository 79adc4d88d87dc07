"""A revoked station: refused at intake, kept from the broker, and a matter of the log."""

import json
import subprocess
import sys

import pytest
from cryptography import x509

from central.__main__ import main
from central.intake.accept import KEY_REVOKED
from central.intake.running import intake_of
from central.intake.taking import HEARTBEAT, Message
from central.pki.revocation import revoke
from central.store import envelopes, refused
from edge import clock
from edge.evidence.envelope import Envelope
from edge.evidence.statement import KeyEvent, Statement
from tests.central.station import messages


@pytest.fixture
def intake(opened):
    return intake_of(opened)


def size(opened):
    with opened.store.read() as connection:
        return envelopes.size(connection)


def codes(opened):
    with opened.store.read() as connection:
        return [each.code for each in refused.latest(connection)]


def test_what_a_revoked_station_signs_is_refused_at_once_and_kept(opened, intake, site, station):
    intake.take(messages(station, *station.journey("A.MP4")))
    before = size(opened)
    revoke(site.made, "st-01", clock.now(), None)
    beat = Message(station="st-01", kind=HEARTBEAT, raw=station.heartbeat().raw)
    intake.take([*messages(station, station.inventory("B.MP4")), beat])
    assert size(opened) == before + 1  # the revocation itself
    assert set(codes(opened)) == {KEY_REVOKED}
    last = opened.reader.checkpoint()
    assert last is not None


def test_a_revoked_identity_opens_no_new_epoch(opened, intake, site, station):
    intake.take(messages(station, station.open_epoch()))
    revoke(site.made, "st-01", clock.now(), None)
    again = type(station)("st-01", station.bundle)
    again.head = station.head
    intake.take(messages(again, again.open_epoch()))
    assert codes(opened) == [KEY_REVOKED]


def test_a_revocation_counts_after_a_restart_and_fsck_agrees(site, station):
    with site.open() as opened:
        intake_of(opened).take(messages(station, *station.journey("A.MP4")))
        revoke(site.made, "st-01", clock.now(), None)
    with site.open() as opened:
        assert opened.keyring.revoked.covers(station.epoch.keyid)
        intake_of(opened).take(messages(station, station.inventory("B.MP4")))
        assert codes(opened) == [KEY_REVOKED]
    assert main(["fsck", "--config", str(site.made.config)]) == 0


def test_other_stations_go_on(opened, intake, site, station):
    other = site.enrol("st-02")
    intake.take(messages(station, *station.journey("A.MP4")))
    revoke(site.made, "st-01", clock.now(), None)
    before = size(opened)
    intake.take(messages(other, *other.journey("B.MP4")))
    assert size(opened) > before + 4
    assert codes(opened) == []


def test_the_leaf_says_from_where_on_nothing_counts(opened, intake, site, station):
    intake.take(messages(station, *station.journey("A.MP4")))
    done = revoke(site.made, "st-01", clock.now(), 3)
    assert revoke(site.made, "st-01", clock.now(), 3).file == done.file  # twice is once
    intake.take([])
    with opened.store.read() as connection:
        *_, last = envelopes.of_type(connection, "key-event/v1")
    event = Statement.parse(Envelope.parse(last.raw).payload).predicate
    assert isinstance(event, KeyEvent)
    assert (event.action, event.name, event.from_index) == ("revoke", "st-01", 3)


def test_its_certificate_is_on_the_list(site, station):
    assert main(["revoke", "st-01", "--config", str(site.made.config)]) == 0
    certificate = x509.load_pem_x509_certificate((station.bundle / "tls/station.pem").read_bytes())
    (listed,) = x509.load_pem_x509_crl(site.made.crl.read_bytes())
    assert listed.serial_number == certificate.serial_number


def test_a_station_that_nobody_enrolled_cannot_be_revoked(site, capsys):
    assert main(["revoke", "st-09", "--config", str(site.made.config)]) == 1
    assert "NOT_INITIALISED" in capsys.readouterr().err


def test_where_the_root_is_elsewhere_it_is_asked(site, station, tmp_path):
    (site.made.offline / "root.key").rename(tmp_path / "root.key")
    done = revoke(site.made, "st-01", clock.now(), 5)
    assert done.event is None
    wire = json.loads(done.file.read_bytes())
    assert (wire["action"], wire["from_index"]) == ("revoke", 5)
    shown = [sys.executable, "-m", "central", "root", "show", str(done.file)]
    told = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    assert "revoke station st-01" in told
    out = tmp_path / done.file.name
    sign = ["root", "sign", str(done.file), "--root", str(tmp_path / "root.key")]
    from edge.root_request import RootRequest

    told = RootRequest.parse(done.file.read_bytes()).fingerprint
    assert main([*sign, "--out", str(out), "--fingerprint", told]) == 0
    out.rename(site.made.key_events / out.name)
    with site.open() as opened:
        assert opened.keyring.revoked.covers(station.identity.keyid)
