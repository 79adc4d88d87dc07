"""What a station sends is logged once, in order, answered; what is wrong is kept and told."""

import json

import pytest
from sqlalchemy import text

from central.intake.quarantine import Bounds, Quarantine
from central.intake.running import intake_of
from central.intake.taking import EVIDENCE, HEARTBEAT, Intake, Message
from central.log.groups import Entry
from central.store import envelopes, outgoing, recordings, refused, stations
from edge import clock
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, seal
from edge.evidence.receipt import verify_logged, verify_stored
from edge.evidence.signers import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import Access, ReceiptStored, Replica, Statement
from tests.central.station import messages


def size(central):
    with central.store.read() as connection:
        return envelopes.size(connection)


def owed(central):
    with central.store.read() as connection:
        return outgoing.unsent(connection, limit=1000)


def problems(central):
    return [json.loads(u.answer.payload) for u in owed(central) if u.answer.kind == "problem"]


def quarantined(central):
    with central.store.read() as connection:
        return refused.latest(connection)


def test_a_journey_is_logged_indexed_and_answered_with_receipts_that_verify(opened, station):
    before = size(opened)
    sealed = station.journey("DCIM/a.mp4", "DCIM/b_IMP.mp4")
    intake_of(opened).take(messages(station, *sealed))
    assert size(opened) == before + len(sealed)
    log = opened.policy.log(opened.config.central.origin)
    answers = owed(opened)
    assert [u.answer.envelope for u in answers] == [each.digest for each in sealed]
    for at, each in enumerate(answers):
        receipt = Envelope.parse(each.answer.payload)
        fact = verify_logged(receipt, opened.keyring.keys, log, each.answer.envelope)
        assert fact.index == before + at
    with opened.store.read() as connection:
        found = [recordings.one(connection, name_of(each)) for each in sealed[2:4]]
    assert [(each.name, each.important) for each in found] == [
        ("a.mp4", False),
        ("b_IMP.mp4", True),
    ]


def test_the_first_leaves_are_the_roots_enrolments(opened):
    with opened.store.read() as connection:
        kinds = [envelopes.by_index(connection, at).type for at in range(size(opened))]
    assert kinds == ["key-event/v1", "key-event/v1"]


def test_a_duplicate_keeps_its_leaf_and_is_answered_again(opened, station):
    intake, sealed = intake_of(opened), station.journey("a.mp4")
    intake.take(messages(station, *sealed))
    grown = size(opened)
    with opened.store.write() as connection:
        for each in outgoing.unsent(connection, limit=1000):
            outgoing.mark_sent(connection, each.id, each.version, clock.now())
    intake.take(messages(station, sealed[1], sealed[1]))
    assert size(opened) == grown
    (again,) = owed(opened)
    fact = verify_logged(
        Envelope.parse(again.answer.payload),
        opened.keyring.keys,
        opened.policy.log(opened.config.central.origin),
        sealed[1].digest,
    )
    assert fact.index == 3
    assert fact.checkpoint.size == grown
    assert not quarantined(opened)


def name_of(sealed):
    return Statement.parse(sealed.payload).predicate.recording


def refuse(opened, station, raw, topic=None):
    grown = size(opened)
    message = Message(station=topic or station.name, kind=EVIDENCE, raw=raw)
    intake_of(opened).take([message])
    assert size(opened) == grown, "a refusal changes nothing in the log"
    (told,) = problems(opened)
    (kept,) = quarantined(opened)
    assert kept.code == told["code"]
    assert (opened.folder.quarantine / str(kept.sha256)).read_bytes() == raw
    assert told["expected"]
    assert told["found"]
    return told


@pytest.mark.parametrize("raw", [b" ", b"not json", b"{}", b'{"payload":"aGk=","payload"', b"\xff"])
def test_malformed_bytes_are_refused_and_kept(opened, station, raw):
    assert refuse(opened, station, raw)["code"] == "ENVELOPE_MALFORMED"


def test_a_truncated_envelope_is_refused_and_kept(opened, station):
    raw = station.open_epoch().raw
    assert refuse(opened, station, raw[:-20])["code"] == "ENVELOPE_MALFORMED"


def test_more_than_a_mebibyte_is_refused_and_kept(opened, station):
    raw = b"{" + b" " * (1 << 20) + b"}"
    assert refuse(opened, station, raw)["code"] == "TOO_LARGE"


def test_a_changed_payload_is_refused_as_a_bad_signature(opened, station):
    wire = json.loads(station.open_epoch().raw)
    wire["payload"] = (
        wire["payload"][:40] + ("A" if wire["payload"][40] != "A" else "B") + (wire["payload"][41:])
    )
    assert refuse(opened, station, json.dumps(wire).encode())["code"] == "SIG_BAD"


def test_a_station_that_nobody_enrolled_is_unknown(opened, station):
    station.name, station.identity = "st-99", EcdsaP256Signer.generate()
    told = refuse(opened, station, station.open_epoch().raw)
    assert told["code"] == "STATION_UNKNOWN"


def test_a_key_that_no_chain_introduced_is_untrusted(opened, station):
    intake_of(opened).take(messages(station, station.open_epoch()))
    station.epoch = Ed25519Signer.generate()
    told = refuse(opened, station, station.inventory("a.mp4").raw)
    assert told["code"] == "KEY_UNTRUSTED"


def test_a_key_of_an_earlier_boot_does_not_sign_for_a_later_one(opened, station):
    intake_of(opened).take(messages(station, station.open_epoch()))
    station.boot = "ab" * 16
    assert refuse(opened, station, station.inventory("a").raw)["code"] == "KEY_UNTRUSTED"


def test_a_station_cannot_speak_on_anothers_topic(site, station):
    other = site.enrol("st-02")
    with site.open() as opened:
        told = refuse(opened, station, other.open_epoch().raw, topic=station.name)
        assert told["code"] == "STATION_MISMATCH"


def test_an_act_of_a_person_is_not_taken_from_a_station(opened, station):
    act = Access(act="login", actor="x", at=clock.now(), nonce="00" * 16)
    raw = seal(Statement.about(act), opened.key).raw
    assert refuse(opened, station, raw)["code"] == "TYPE_NOT_ALLOWED"


def test_a_heartbeat_is_no_evidence(opened, station):
    intake_of(opened).take(messages(station, station.open_epoch()))
    assert refuse(opened, station, station.heartbeat().raw)["code"] == "TYPE_NOT_ALLOWED"


def test_a_weak_epoch_key_is_refused(opened, station):
    low_order = bytes.fromhex("302a300506032b6570032100") + bytes([1]) + bytes(31)
    assert refuse(opened, station, station.open_epoch(low_order).raw)["code"] == "KEY_WEAK"


def test_a_fork_is_refused_and_kept(opened, station):
    first = station.open_epoch()
    intake_of(opened).take(messages(station, first))
    station.head = type(station.head)(0, first.digest.of(b"other"))
    assert refuse(opened, station, station.inventory("a").raw)["code"] == "CHAIN_FORK"


def test_another_statement_with_a_used_number_is_a_rollback(opened, station):
    epoch, head = station.open_epoch(), station.head
    first = station.inventory("a")
    station.head = head
    second = station.inventory("b")
    intake_of(opened).take(messages(station, epoch, first))
    assert refuse(opened, station, second.raw)["code"] == "CHAIN_ROLLBACK"


def test_behind_a_gap_the_station_is_told_once_where_to_begin_and_nothing_is_kept(opened, station):
    sealed = station.journey("a.mp4", "b.mp4", "c.mp4")
    intake = intake_of(opened)
    intake.take(messages(station, sealed[0], *sealed[2:]))
    (told,) = problems(opened)
    assert (told["code"], told["expected_seq"]) == ("CHAIN_GAP", 1)
    assert told["envelope"] == str(sealed[2].digest)
    assert not quarantined(opened)
    intake.take(messages(station, *sealed[1:]))
    assert size(opened) == 2 + len(sealed)


def test_one_bad_message_does_not_hold_up_the_others_of_a_batch(site, station):
    other = site.enrol("st-02")
    with site.open() as opened:
        good, bad = other.journey("a.mp4"), b"junk"
        batch = [Message(station="st-01", kind=EVIDENCE, raw=bad), *messages(other, *good)]
        intake_of(opened).take(batch)
        assert size(opened) == 3 + len(good)


def test_a_clock_that_is_ahead_is_noted_and_not_refused(opened, station):
    epoch, inventory = station.open_epoch(), station.inventory("a.mp4")
    ahead = station.recording(inventory, "a.mp4", ahead_ms=3_600_000)
    intake_of(opened).take(messages(station, epoch, inventory, ahead))
    with opened.store.read() as connection:
        observed = connection.execute(text("SELECT observed FROM recordings")).scalar_one()
    assert observed == '["clock-ahead"]'


def test_a_second_manifest_for_a_recording_is_kept_beside_the_first(opened, station):
    epoch, inventory = station.open_epoch(), station.inventory("a.mp4")
    first = station.recording(inventory, "a.mp4")
    second = station.recording(inventory, "a.mp4", data=b"other")
    intake_of(opened).take(messages(station, epoch, inventory, first, second))
    with opened.store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM recordings")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM repeats")).scalar_one() == 1


def test_a_heartbeat_updates_the_station_and_is_not_logged(opened, station):
    intake = intake_of(opened)
    intake.take(messages(station, station.open_epoch()))
    grown = size(opened)
    beat = Message(station=station.name, kind=HEARTBEAT, raw=station.heartbeat().raw)
    intake.take([beat])
    with opened.store.read() as connection:
        (view,) = stations.all_stations(connection)
    assert view.heartbeat is not None
    assert view.heartbeat.disk_free == 50
    assert view.logged_seq == 0
    assert size(opened) == grown


def test_a_station_enrolled_while_central_runs_is_taken_without_a_restart(site, station):
    with site.open() as opened:
        intake = intake_of(opened)
        late = site.enrol("st-late")
        intake.take(messages(late, *late.journey("a.mp4")))
        assert not problems(opened)
        assert size(opened) == 2 + 1 + 4


def test_keys_are_known_again_after_a_restart(site, station):
    with site.open() as opened:
        intake_of(opened).take(messages(station, station.open_epoch()))
    with site.open() as opened:
        intake_of(opened).take(messages(station, station.inventory("a.mp4")))
        assert size(opened) == 4
        assert not problems(opened)


def test_a_full_quarantine_keeps_no_more_and_still_tells_the_station(opened, station):
    intake = Intake(
        opened.store,
        opened.log,
        opened.keyring,
        opened.enrolments,
        Quarantine(opened.folder, Bounds(count=2, size=1 << 20)),
    )
    junk = [Message(station="st-01", kind=EVIDENCE, raw=b"junk %d" % n) for n in range(4)]
    intake.take(junk)
    assert len(quarantined(opened)) == 2
    assert len(problems(opened)) == 4


def settle(opened):
    with opened.store.write() as connection:
        for each in outgoing.unsent(connection, limit=1000):
            outgoing.mark_sent(connection, each.id, each.version, clock.now())


def test_a_stored_receipt_goes_to_the_station_and_again_with_a_duplicate_manifest(opened, station):
    intake = intake_of(opened)
    sealed = station.journey("a.mp4")
    manifest = sealed[2]
    intake.take(messages(station, *sealed))
    settle(opened)
    sha256 = Digest.of(b"abc")
    now = clock.now()
    replica = Replica(vault="main", kind="folder", retain_until=now, read_back=now)
    stored = ReceiptStored(
        recording=name_of(manifest),
        envelope=manifest.digest,
        sha256=sha256,
        size=3,
        replicas=(replica,),
        stored=now,
        nonce="ab" * 16,
    )
    receipt = seal(Statement.about(stored), opened.key)
    opened.log.append([Entry(raw_envelope=receipt.raw, received=now)])
    (first,) = owed(opened)
    assert (first.answer.station, first.answer.envelope) == ("st-01", manifest.digest)
    fact = verify_stored(
        Envelope.parse(first.answer.payload), opened.keyring.keys, sha256, 3, manifest.digest
    )
    assert fact.replicas == (replica,)
    settle(opened)
    intake.take(messages(station, manifest))
    again = {each.answer.kind: each.answer.payload for each in owed(opened)}
    assert again.keys() == {"logged", "stored"}
    assert again["stored"] == receipt.raw
