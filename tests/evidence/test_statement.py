"""Every statement comes back as it went, and no bad field gets through a reader."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.errors import (
    CritUnknownError,
    EncodingError,
    EvidenceError,
    FieldError,
    TypeUnknownError,
)
from edge.evidence.keys import Ed25519Signer
from edge.evidence.merkle import leaf_hash, root_of
from edge.evidence.segments import recording_id
from edge.evidence.statement import (
    NO_PREVIOUS,
    TYPES,
    FileFacts,
    InventoryEntry,
    Predicate,
    ReceiptLogged,
    Statement,
    Subject,
    inventory_root,
)
from edge.evidence.statements.record import members_of
from tests.evidence import makers

EVERY = makers.every_predicate()
BIG = 2**53


def wire_of(predicate: Predicate) -> dict[str, Any]:
    """A JSON tree of our own, to spoil."""
    tree: dict[str, Any] = json.loads(Statement.about(predicate).to_bytes())
    return tree


def parse(wire: dict[str, Any]) -> Statement:
    return Statement.parse(encode(wire))


def label(predicate: Predicate) -> str:
    return predicate.TYPE


@pytest.mark.parametrize("predicate", EVERY, ids=label)
def test_statement_comes_back_as_it_went(predicate: Predicate) -> None:
    statement = Statement.about(predicate)
    again = Statement.parse(statement.to_bytes())
    assert again == statement
    assert again.to_bytes() == statement.to_bytes()
    assert again.link == predicate.chained()


@pytest.mark.parametrize("predicate", EVERY, ids=label)
def test_payload_is_a_canonical_in_toto_statement(predicate: Predicate) -> None:
    payload = Statement.about(predicate).to_bytes()
    wire = json.loads(payload)
    assert set(wire) == {"_type", "subject", "predicateType", "predicate"}
    assert wire["_type"] == "https://in-toto.io/Statement/v1"
    assert wire["predicateType"] == f"urn:liuhen:{predicate.TYPE}"
    (subject,) = wire["subject"]
    assert set(subject) == {"name", "digest"}
    assert set(subject["digest"]) == {"sha256"}
    assert encode(wire) == payload


def test_every_type_is_tried_here() -> None:
    assert {predicate.TYPE for predicate in EVERY} == set(TYPES)


@pytest.mark.parametrize("predicate", EVERY, ids=label)
def test_required_member_that_is_missing_null_or_of_another_kind_is_named(
    predicate: Predicate,
) -> None:
    for member in members_of(type(predicate)):
        for spoiled in ([], [None], [{"x": 1}]):
            wire = wire_of(predicate)
            wire["predicate"].pop(member.name, None)
            if not spoiled and member.optional:
                continue
            for value in spoiled:
                wire["predicate"][member.name] = value
            with pytest.raises(FieldError) as refused:
                parse(wire)
            assert str(refused.value.facts["what"]).startswith(f"{predicate.TYPE}.{member.name}")


@pytest.mark.parametrize("predicate", EVERY, ids=label)
def test_unknown_members_are_ignored_at_every_level(predicate: Predicate) -> None:
    wire = wire_of(predicate)
    if predicate.TYPE != "heartbeat/v1":  # its subject covers every member
        wire["predicate"]["later"] = {"a": [1, None]}
    wire["later"] = True
    wire["subject"][0]["later"] = "x"
    for value in wire["predicate"].values():
        if isinstance(value, dict) and predicate.TYPE != "heartbeat/v1":
            value["later"] = 1
    assert parse(wire).predicate == predicate


def test_unknown_members_of_a_heartbeat_are_covered_by_its_subject() -> None:
    wire = wire_of(makers.heartbeat())
    wire["predicate"]["later"] = 1
    with pytest.raises(FieldError, match="subject"):
        parse(wire)
    wire["subject"][0]["digest"]["sha256"] = str(Digest.of(encode(wire["predicate"])))
    later = parse(wire)
    assert later.predicate == makers.heartbeat()
    with pytest.raises(FieldError, match="subject"):
        later.to_bytes()  # would lose the member, so it is refused


def test_critical_member_that_is_unknown_is_refused() -> None:
    wire = wire_of(makers.recording())
    wire["predicate"]["redacted"] = True
    wire["predicate"]["crit"] = ["redacted"]
    with pytest.raises(CritUnknownError, match="'redacted'") as refused:
        parse(wire)
    assert refused.value.code == "CRIT_UNKNOWN"


def test_critical_member_that_is_known_is_no_obstacle() -> None:
    wire = wire_of(makers.recording())
    wire["predicate"]["crit"] = ["media", "flags"]
    assert parse(wire).predicate == makers.recording()


@pytest.mark.parametrize("crit", [[], "media", None, ["media"] * 33, {"media": 1}])
def test_crit_itself_has_a_form(crit: Any) -> None:
    wire = wire_of(makers.recording())
    wire["predicate"]["crit"] = crit
    with pytest.raises(FieldError, match="crit"):
        parse(wire)


@pytest.mark.parametrize(
    "name",
    [
        "urn:liuhen:recording/v2",
        "recording/v1",
        "urn:liuhen:urn:liuhen:recording/v1",
        "https://slsa.dev/provenance/v1",
        None,
        7,
        [],
    ],
)
def test_unknown_type_is_refused(name: Any) -> None:
    wire = wire_of(makers.recording())
    wire["predicateType"] = name
    with pytest.raises(TypeUnknownError) as refused:
        parse(wire)
    assert refused.value.code == "TYPE_UNKNOWN"


def test_another_statement_version_is_refused() -> None:
    wire = wire_of(makers.recording())
    wire["_type"] = "https://in-toto.io/Statement/v0.1"
    with pytest.raises(TypeUnknownError, match="_type"):
        parse(wire)


@pytest.mark.parametrize("predicate", EVERY, ids=label)
def test_subject_must_follow_from_the_predicate(predicate: Predicate) -> None:
    other = str(Digest.of(b"something else"))
    for spoil in (
        lambda w: w["subject"][0].update(name="other"),
        lambda w: w["subject"][0]["digest"].update(sha256=other),
        lambda w: w["subject"][0]["digest"].update(sha256="AB" * 32),
        lambda w: w["subject"][0].pop("name"),
        lambda w: w["subject"][0].update(digest=other),
        lambda w: w["subject"].append(w["subject"][0]),
        lambda w: w.update(subject=[]),
        lambda w: w.update(subject=None),
        lambda w: w.pop("subject"),
    ):
        wire = wire_of(predicate)
        spoil(wire)
        with pytest.raises(FieldError, match="subject"):
            parse(wire)


def test_statement_made_by_hand_is_held_to_the_same() -> None:
    predicate = makers.recording()
    wrong = Subject(name="x", digest=makers.DIGEST)
    with pytest.raises(FieldError, match="subject"):
        Statement(type="recording/v1", subjects=(wrong,), predicate=predicate).to_bytes()
    with pytest.raises(FieldError, match="type"):
        Statement(type="docking/v1", subjects=(wrong,), predicate=predicate)


def spoil(predicate: Predicate, path: str, value: Any) -> dict[str, Any]:
    wire = wire_of(predicate)
    *way, last = path.split(".")
    place = wire["predicate"]
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return wire


BAD_FIELDS = [
    ("station.id", ""),
    ("station.id", ".."),
    ("station.id", "a/b"),
    ("station.id", "a" * 65),
    ("station.id", "站"),
    ("station.boot", "0B" * 16),
    ("station.seq", -1),
    ("station.seq", True),
    ("station.seq", "1"),
    ("station.prev", "0" * 63),
    ("recording", "0" * 31),
    ("recording", "0" * 32),
    ("file.size", -1),
    ("file.segment_size", 4096),
    ("file.segment_count", 2),
    ("file.sha256", ""),
    ("source.camera.profile", "a b"),
    ("source.camera.write_block", "maybe"),
    ("source.camera.assigned", 1),
    ("source.camera.serial", ""),
    ("source.camera.serial", "x" * 1025),
    ("source.docking", "1"),
    ("source.path", ""),
    ("source.path", "/etc/passwd"),
    ("source.path", "a/../b"),
    ("source.path", "a//b"),
    ("source.path", "./a"),
    ("source.path", "a\0b"),
    ("source.path", "a" * 4097),
    ("source.path_raw", "QQ=="),
    ("source.path_raw", ""),
    ("source.path_raw", "/w"),
    ("source.mtime", "2026-11-23T08:30:15Z"),
    ("source.mtime", 0),
    ("source.important", "yes"),
    ("media.streams", {}),
    ("media.streams", [{"kind": "video", "codec": "h264"}] * 65),
    ("media.streams.0.kind", "Video"),
    ("media.streams.0.rate", 30),
    ("media.duration_ms", -1),
    ("time.source", "gps"),
    ("time.error_ms", -1),
    ("time.station", None),
    ("flags", ["unassigned", "partial"]),
    ("flags", ["partial", "partial"]),
    ("flags", ["Partial"]),
    ("flags", "partial"),
    ("agent.config", None),
    ("checkpoint", []),
]


@pytest.mark.parametrize(("path", "value"), BAD_FIELDS)
def test_bad_field_of_a_recording_is_refused_by_name(path: str, value: Any) -> None:
    with pytest.raises(FieldError) as refused:
        parse(spoil(makers.recording(), path, value))
    assert refused.value.code == "FIELD_BAD"
    last = path.rsplit(".", maxsplit=1)[-1]
    assert last in str(refused.value.facts["what"])


@pytest.mark.parametrize("value", [1.5, BIG, "\ud800"])
def test_values_outside_the_encoding_are_refused_before_any_field(value: Any) -> None:
    wire = spoil(makers.recording(), "file.size", value)
    with pytest.raises(EncodingError):
        Statement.parse(json.dumps(wire).encode())


BAD_OTHERS = [
    (makers.inventory(), "part", 0),
    (makers.inventory(), "part", 2),
    (makers.inventory(), "inventory_root", "00" * 32),
    (makers.inventory(), "entries.0.size", 8),
    (makers.inventory(), "entries", [{"path": "a", "size": 1}] * 2001),
    (makers.docking(), "outcome", "done"),
    (makers.docking(), "problems.0.code", "lower"),
    (makers.docking(), "known.0.recording", "x"),
    (makers.heartbeat(), "last_seq", -2),
    (makers.heartbeat(), "disk", 5),
    (makers.receipt_stored(), "replicas", []),
    (makers.receipt_stored(), "replicas.0.kind", "tape"),
    (makers.receipt_stored(), "nonce", "5a" * 15),
    (makers.acts()[0], "case", "00112233aabbcc"),
    (makers.acts()[0], "title", ""),
    (makers.acts()[3], "act", "Play It"),
    (makers.acts()[5], "recordings", [{"recording": "x", "envelope": "y"}]),
]


@pytest.mark.parametrize(("predicate", "path", "value"), BAD_OTHERS)
def test_bad_field_of_other_types_is_refused(predicate: Predicate, path: str, value: Any) -> None:
    with pytest.raises(FieldError):
        parse(spoil(predicate, path, value))


KEY = Ed25519Signer.generate()


@pytest.mark.parametrize(
    ("event", "path", "value"),
    [
        ("enrol", "keyid", "00" * 32),
        ("enrol", "action", "trust"),
        ("enrol", "role", "root"),
        ("enrol", "role", "epoch"),
        ("enrol", "boot", "0b" * 16),
        ("enrol", "key.algorithm", "rsa"),
        ("epoch", "role", "station"),
        ("epoch", "name", "dock-02"),
        ("epoch", "boot", "0c" * 16),
        ("epoch", "station.id", "dock-02"),
        ("epoch", "station.boot", "0c" * 16),
    ],
)
def test_key_event_that_contradicts_itself_is_refused(event: str, path: str, value: Any) -> None:
    made = makers.epoch(KEY) if event == "epoch" else makers.enrolment("station", "dock-01", KEY)
    with pytest.raises(FieldError):
        parse(spoil(made, path, value))


def test_epoch_without_a_link_and_enrolment_with_one_are_refused() -> None:
    with pytest.raises(FieldError, match="station"):
        makers.epoch(KEY).__class__(**members(makers.epoch(KEY)) | {"station": None})
    with pytest.raises(FieldError, match="station"):
        makers.enrolment("station", "dock-01", KEY, station=makers.link(0, NO_PREVIOUS))


def members(predicate: Predicate) -> dict[str, Any]:
    return {m.name: getattr(predicate, m.name) for m in members_of(type(predicate))}


def test_values_are_checked_when_a_record_is_made() -> None:
    with pytest.raises(FieldError, match=r"InventoryEntry\.path"):
        InventoryEntry(path="../a", size=1)
    with pytest.raises(FieldError, match=r"InventoryEntry\.size"):
        InventoryEntry(path="a", size=BIG)
    with pytest.raises(FieldError, match=r"ReceiptLogged\.path"):
        ReceiptLogged(
            envelope=makers.DIGEST, index=0, received=makers.AT, path=["x"], checkpoint="a"
        )
    with pytest.raises(FieldError, match=r"FileFacts\.sha256"):
        FileFacts(**members(makers.recording().file) | {"sha256": "00" * 32})  # type: ignore[arg-type] # text, not a digest
    with pytest.raises(FieldError, match="Unicode"):
        InventoryEntry(path="\ud800", size=1)


def test_a_recording_is_named_after_its_inventory_and_path() -> None:
    raw = makers.recording(path="DCIM/\ufffd.mp4", path_raw=b"DCIM/\xff.mp4")
    assert raw.source.path_bytes == b"DCIM/\xff.mp4"
    assert raw.recording == recording_id(makers.DIGEST, b"DCIM/\xff.mp4")
    assert Statement.parse(Statement.about(raw).to_bytes()).predicate == raw
    with pytest.raises(FieldError, match=r"Recording\.recording"):
        makers.recording(recording="00" * 16)


def test_inventory_root_covers_every_entry_in_order() -> None:
    entries = makers.ENTRIES
    by_hand = root_of(leaf_hash(encode(entry.to_wire())) for entry in entries)
    assert inventory_root(entries) == by_hand != inventory_root(entries[::-1])
    first = makers.inventory(part=1, parts=2, entries=entries[:1])
    assert first.inventory_root == by_hand


def test_same_act_twice_has_two_subjects_nobody_can_guess() -> None:
    access = makers.acts()[3]
    other = type(access)(**members(access) | {"nonce": "00" * 16})
    assert Statement.about(other).subjects != Statement.about(access).subjects


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"_type":1}', b"\xff"])
def test_payload_that_is_no_statement_is_refused(payload: bytes) -> None:
    with pytest.raises((EncodingError, TypeUnknownError)):
        Statement.parse(payload)


def test_predicate_that_is_no_object_is_refused() -> None:
    wire = wire_of(makers.recording())
    wire["predicate"] = ["a"]
    with pytest.raises(FieldError, match="predicate"):
        parse(wire)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-BIG + 1, BIG - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_any_value_anywhere_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    wire: Any = wire_of(data.draw(st.sampled_from(EVERY)))
    place = wire
    while True:
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        name = data.draw(st.sampled_from(names))
        inner = place[name]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[name] = data.draw(JUNK)
    with contextlib.suppress(EvidenceError):
        parse(wire)


def test_members_added_to_an_inventory_entry_do_not_change_its_root() -> None:
    wire = wire_of(makers.inventory())
    wire["predicate"]["entries"][0]["later"] = 1
    assert parse(wire).predicate == makers.inventory()
