"""The log is dated by an authority that the policy pins, and by no other."""

import json
import shutil

import pytest

from central.intake.running import intake_of
from central.log.anchors import AnchorFolder, Anchoring, AnchorMissingError, date_newest
from central.pki import policy_file
from edge.evidence.note import split_note
from tests.central.outside import TsaServer
from tests.central.station import messages
from tests.evidence.tsa import LocalTsa

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


@pytest.fixture(scope="module")
def tsa(tmp_path_factory):
    return LocalTsa.make(tmp_path_factory.mktemp("tsa") / "honest")


@pytest.fixture
def server(tsa):
    with TsaServer(tsa).serving() as running:
        yield running


def pin(site, tsa):
    pem, chain = tsa.folder / "tsa.pem", tsa.folder / "ca.pem"
    path = site.made.policy
    policy_file.add_authority(path, tsa.name, pem.read_bytes(), [chain.read_bytes()])


@pytest.fixture
def grown(opened, station):
    intake_of(opened).take(messages(station, *station.journey("A.MP4")))
    return opened


def date(central, *urls):
    folder = AnchorFolder(central.folder.anchors)
    return date_newest(folder, central.reader, central.witnessed.policy, urls)


def test_the_newest_checkpoint_is_dated_and_openssl_agrees(site, grown, tsa, server):
    pin(site, tsa)
    dated = date(grown, server.url)
    assert dated.new
    kept = AnchorFolder(grown.folder.anchors).read(dated.size)
    assert kept.text == split_note(grown.reader.checkpoint())[0]
    assert tsa.verifies(kept.token, kept.text.encode())


def test_the_same_checkpoint_is_dated_once(site, grown, tsa, server):
    pin(site, tsa)
    first, again = date(grown, server.url), date(grown, server.url)
    assert (again.new, again.token, server.asked) == (False, first.token, 1)


def test_an_authority_that_the_policy_does_not_pin_dates_nothing(
    site, grown, tsa, server, tmp_path
):
    pin(site, LocalTsa.make(tmp_path / "pinned", serial=8))
    with pytest.raises(AnchorMissingError) as refused:
        date(grown, server.url)
    assert "TSA_BAD" in str(refused.value) or "signer" in str(refused.value)
    assert AnchorFolder(grown.folder.anchors).sizes() == []


@pytest.mark.parametrize("answer", [b"", b"no token", b"\x30" * 70_000])
def test_nonsense_is_refused_and_the_next_authority_asked(site, grown, tsa, server, answer):
    pin(site, tsa)
    with TsaServer(tsa).serving() as liar:
        liar.answer = lambda _body: answer
        assert date(grown, liar.url, server.url).new
        assert (liar.asked, server.asked) == (1, 1)


def test_a_token_over_something_else_is_refused(site, grown, tsa, server):
    pin(site, tsa)
    from edge.evidence.anchor import request

    server.answer = lambda _body: tsa.reply(request("another text"))
    with pytest.raises(AnchorMissingError):
        date(grown, server.url)
    assert AnchorFolder(grown.folder.anchors).sizes() == []


def test_without_an_address_or_a_certificate_the_command_says_what_is_missing(grown):
    with pytest.raises(AnchorMissingError, match="0 addresses, 0 certificates"):
        date(grown)


def test_the_schedule_dates_at_once_and_not_again_before_its_time(site, grown, tsa, server):
    pin(site, tsa)
    folder = AnchorFolder(grown.folder.anchors)
    anchoring = Anchoring(folder, grown.reader, grown.witnessed, urls=(server.url,), hours=24)
    anchoring._date_if_due()
    anchoring._date_if_due()
    assert (len(folder.sizes()), server.asked) == (1, 1)
    anchoring.start()
    anchoring.stop()
    assert server.asked == 1


def test_the_command_dates_beside_a_running_central(site, grown, tsa, server, capsys):
    from central.__main__ import main

    pin(site, tsa)
    config = site.made.config
    config.write_text(config.read_text().replace("tsa = []", f'tsa = ["{server.url}"]'))
    assert main(["anchor", "--config", str(config), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["new"], told["authority"]) == (True, tsa.name)
    assert main(["status", "--config", str(config), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["anchored"] == told["size"]
