"""Trust grows from the root alone: through its folder and through the log."""

import pytest
from sqlalchemy.exc import IntegrityError

from central.errors import ConfigError, LogInconsistentError
from central.intake.running import intake_of
from central.log.groups import discard_unpublished
from central.store import envelopes, guards
from central.store.schema import envelopes as table
from edge import clock
from edge.evidence.digest import Digest
from edge.evidence.envelope import seal
from edge.evidence.signers import Ed25519Signer
from edge.evidence.statement import KeyEvent, KeyFacts, Statement
from tests.central.station import messages


def event(signer, key, role="station", name="st-01"):
    return seal(
        Statement.about(
            KeyEvent(
                action="enrol",
                role=role,
                name=name,
                key=KeyFacts(algorithm=key.algorithm, public=key.public),
                keyid=Digest.parse(key.keyid),
                at=clock.now(),
            )
        ),
        signer,
    )


@pytest.mark.parametrize("content", [b"{}", b"not json"])
def test_a_file_that_is_no_enrolment_is_named_and_central_does_not_start(site, station, content):
    (site.made.key_events / "stray.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"stray\.json"), site.open():
        pass


def test_an_enrolment_that_the_root_did_not_sign_is_refused(site, station):
    forged = event(Ed25519Signer.generate(), Ed25519Signer.generate())
    (site.made.key_events / "forged.json").write_bytes(forged.raw)
    with pytest.raises(ConfigError, match="KEY_UNTRUSTED"), site.open():
        pass


def test_a_bad_file_that_comes_later_does_not_stop_a_running_central(site, station, opened):
    intake = intake_of(opened)
    (site.made.key_events / "stray.json").write_bytes(b"{}")
    late = site.enrol("st-02")
    intake.take(messages(late, late.open_epoch()))
    intake.take(messages(station, *station.journey("a.mp4")))
    with opened.store.read() as connection:
        assert envelopes.size(connection) == 2 + 4


def test_a_key_event_put_into_the_database_by_hand_adds_no_trust(site, station):
    forged = event(Ed25519Signer.generate(), Ed25519Signer.generate(), name="st-evil")
    with site.open() as opened:
        row = {
            "idx": 1,
            "digest": forged.digest,
            "type": "key-event/v1",
            "received": clock.now(),
            "station": None,
            "raw": forged.raw,
        }
        with pytest.raises(IntegrityError), opened.store.write() as connection:
            connection.execute(table.insert(), row)
        with opened.store.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER envelopes_no_update")
            connection.execute(table.update().where(table.c.idx == 1).values(raw=forged.raw))
            connection.exec_driver_sql(guards.triggers_of(table)["envelopes_no_update"])
    with pytest.raises(LogInconsistentError) as caught, site.open():
        pass
    assert caught.value.facts["leaf"] == 1


def test_what_a_kill_left_half_written_is_removed_and_nothing_else(tmp_path):
    kept = [tmp_path / "000000000000-1.jsonl", tmp_path / ".hidden", tmp_path / "a.partial"]
    left = tmp_path / ".000000000001-1.jsonl.0a1b2c3d.partial"
    for path in (*kept, left):
        path.write_bytes(b"x")
    discard_unpublished(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
