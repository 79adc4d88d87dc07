"""init and enrol make keys once, private, and trust that leads back to the root."""

import shutil
import subprocess

import pytest

from central.__main__ import main
from central.errors import AlreadyInitialisedError, ConfigError, NotInitialisedError
from central.pki.enrolment import NewStation, enrol
from central.pki.site import NewSite, init
from edge import clock
from edge.evidence.envelope import Envelope, verify
from edge.evidence.policy import TrustPolicy


def tree(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def new(station, out):
    return NewStation(id=station, out=out, host="127.0.0.1", mqtt_port=1, upload_port=2)


def test_every_private_key_is_for_its_owner_alone(site, station):
    keys = [
        path
        for path in (*site.made.root.rglob("*"), *station.bundle.rglob("*"))
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes()
    ]
    assert len(keys) == 10
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def test_a_second_init_is_refused_and_changes_nothing(site):
    before = tree(site.root)
    again = NewSite(folder=site.made.root, name="test", http_port=1, upload_port=2, mqtt_port=3)
    with pytest.raises(AlreadyInitialisedError):
        init(again, clock.now())
    assert tree(site.root) == before


def test_a_second_enrolment_is_refused_and_changes_nothing(site, station):
    before = tree(site.root)
    with pytest.raises(AlreadyInitialisedError):
        enrol(site.made, new("st-01", site.root / "elsewhere"), clock.now())
    assert tree(site.root) == before


@pytest.mark.parametrize("name", ["central", "a/b", "", "x" * 65, "+", "#"])
def test_a_station_name_that_the_broker_or_a_path_would_misread_is_refused(site, name):
    with pytest.raises(ConfigError):
        enrol(site.made, new(name, site.root / "out"), clock.now())


def test_enrolment_without_the_offline_folder_is_refused(site):
    shutil.move(site.made.offline, site.root / "in-the-safe")
    with pytest.raises(NotInitialisedError):
        enrol(site.made, new("st-02", site.root / "out"), clock.now())
    assert not (site.made.key_events / "station-st-02.json").exists()


def test_the_bundle_trusts_central_through_the_root(site, station):
    trust = station.bundle / "trust"
    keys = TrustPolicy.parse((trust / "policy.json").read_bytes()).trusted_keys()
    for path in sorted((trust / "keys").glob("*.json")):
        keys = keys.with_key_event(verify(Envelope.parse(path.read_bytes()), keys))
    assert {key.role for key in keys.values()} == {"root", "central", "station"}
    assert keys[station.identity.keyid].name == "st-01"


@pytest.mark.parametrize(
    ("name", "purpose"), [("broker", "sslserver"), ("upload", "sslserver"), ("mqtt", "sslclient")]
)
def test_openssl_verifies_the_sites_certificates_strictly(site, name, purpose):
    words = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile"]
    subprocess.run([*words, site.made.ca, site.made.certificate(name)], check=True)


def test_a_stations_certificate_is_a_clients_and_no_servers(site, station):
    certificate = station.bundle / "tls" / "station.pem"
    words = ["openssl", "verify", "-CAfile", site.made.ca, "-purpose"]
    subprocess.run([*words, "sslclient", certificate], check=True)
    refused = subprocess.run([*words, "sslserver", certificate], check=False)
    assert refused.returncode != 0


def test_commands_say_what_is_wrong_with_a_code_and_exit_1(site, capsys):
    words = ["enrol", "central", "--config", str(site.made.config), "--out", str(site.root / "x")]
    assert main(words) == 1
    assert capsys.readouterr().err.startswith("CONFIG_INVALID: expected")
    assert main(["status", "--config", str(site.made.config)]) == 1
    assert capsys.readouterr().err.startswith("NOT_INITIALISED")


def test_wrong_usage_exits_2(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["init"])
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err
