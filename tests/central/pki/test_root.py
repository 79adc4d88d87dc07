"""The root on a machine of its own: what it signs, and what it refuses to."""

import json

import pytest

from central import config
from central.__main__ import main
from central.errors import AlreadyInitialisedError, NotInitialisedError
from central.intake.running import intake_of
from central.opening import open_central
from central.pki.enrolment import Asked, NewStation, enrol
from central.pki.root import make_root, read_public
from central.pki.site import NewSite, init
from central.store import envelopes
from edge import clock
from edge.evidence.encoding import decode, encode
from edge.evidence.signers import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import STATION
from edge.root_request import RequestError, RootRequest
from tests.central.conftest import free_port
from tests.central.station import Station, messages


@pytest.fixture
def vault(tmp_path):
    """The offline machine: nothing of central lies here."""
    make_root(tmp_path / "vault")
    return tmp_path / "vault"


@pytest.fixture
def site(tmp_path, vault):
    return init(
        NewSite(
            folder=tmp_path / "central",
            name="test",
            http_port=free_port(),
            upload_port=free_port(),
            mqtt_port=free_port(),
            root=vault / "root.pem",
        ),
        clock.now(),
    )


def new_station(tmp_path, name="st-01"):
    return NewStation(id=name, out=tmp_path / name, host="127.0.0.1", mqtt_port=1, upload_port=2)


def sign(vault, request, out):
    print_of = RootRequest.parse(request.read_bytes()).fingerprint
    words = ["root", "sign", str(request), "--root", str(vault / "root.key"), "--out", str(out)]
    return main([*words, "--fingerprint", print_of])


def test_a_site_of_an_offline_root_never_holds_its_key_and_works_once_it_signed(
    tmp_path, vault, site
):
    assert not (site.offline / "root.key").exists()
    secret = (vault / "root.key").read_bytes()
    assert not any(secret in path.read_bytes() for path in site.root.rglob("*") if path.is_file())
    assert sign(vault, site.requests / "central.json", site.key_events / "central.json") == 0
    asked = enrol(site, new_station(tmp_path), clock.now())
    assert isinstance(asked, Asked)
    station = Station("st-01", tmp_path / "st-01")
    with open_central(config.load(site.config)) as central:
        intake = intake_of(central)
        intake.take(messages(station, station.open_epoch()))
        with central.store.read() as connection:
            assert envelopes.size(connection) == 1  # refused: not enrolled yet
        assert sign(vault, asked.file, site.key_events / asked.file.name) == 0
        station = Station("st-01", tmp_path / "st-01")
        intake.take(messages(station, *station.journey("A.MP4")))
        with central.store.read() as connection:
            assert envelopes.size(connection) == 2 + 4
    assert main(["fsck", "--config", str(site.config)]) == 0


def test_without_the_roots_word_nothing_is_enrolled(tmp_path, site):
    with pytest.raises(NotInitialisedError):
        enrol(site, new_station(tmp_path), clock.now())
    assert not (tmp_path / "st-01").exists()


def test_the_root_signs_only_with_the_fingerprint_that_a_person_compared(
    tmp_path, vault, site, capsys
):
    request = site.requests / "central.json"
    words = ["root", "sign", str(request), "--root", str(vault / "root.key")]
    out = tmp_path / "signed.json"
    for told in ("0" * 64, "", RootRequest.parse(request.read_bytes()).fingerprint[:12]):
        assert main([*words, "--out", str(out), "--fingerprint", told]) == 1
        assert not out.exists()
    assert "CONFIG_INVALID" in capsys.readouterr().err


def test_a_second_root_never_replaces_the_first(vault):
    before = (vault / "root.key").read_bytes()
    with pytest.raises(AlreadyInitialisedError):
        make_root(vault)
    assert (vault / "root.key").read_bytes() == before


def test_the_key_of_the_root_is_for_its_owner_alone(vault):
    assert (vault / "root.key").stat().st_mode & 0o777 == 0o600
    assert read_public(vault / "root.pem").algorithm == "ed25519"


def altered(request, **changes):
    wire = decode(request)
    return encode({name: value for name, value in (wire | changes).items() if value is not None})


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "st-02"},
        {"role": "central"},
        {"role": "epoch"},
        {"action": "epoch"},
        {"algorithm": "ed25519"},
        {"proof": None},
        {"proof": "AAAA"},
        {"from_index": 3},
        {"format": "another"},
        {"more": 1},
        {"public": "AAAA"},
    ],
)
def test_a_request_that_was_altered_is_refused(changes):
    key = EcdsaP256Signer.generate()
    request = RootRequest.enrol(STATION, "st-01", key).to_bytes(key)
    assert RootRequest.parse(request).name == "st-01"
    with pytest.raises(RequestError):
        RootRequest.parse(altered(request, **changes))


def test_nobody_can_request_a_key_that_is_not_his():
    mine, other = Ed25519Signer.generate(), Ed25519Signer.generate()
    with pytest.raises(RequestError):
        RootRequest.parse(RootRequest.enrol(STATION, "st-01", other).to_bytes(mine))


def test_a_request_is_shown_for_what_it_is(tmp_path, site, capsys):
    request = site.requests / "central.json"
    assert main(["root", "show", str(request)]) == 0
    told = capsys.readouterr().out
    assert "enrol central test (ed25519)" in told
    assert json.loads(request.read_bytes())["name"] == "test"
