"""One attack per verdict: it is refused, and the code says what it was."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode, encode_base64
from edge.evidence.envelope import Envelope, pae
from edge.evidence.keys import Ed25519Signer, Signer
from edge.evidence.package import envelope_path, proof_path
from edge.evidence.package_bag import BAG_INFO, BAGIT, MANIFEST, TAG_MANIFEST
from edge.evidence.proof import format_proof, parse_proof
from edge.evidence.segments import SEGMENT_SIZE
from edge.evidence.statement import PAYLOAD_TYPE, CaseUnlink, Replica, Statement
from edge.evidence.verify import verify_package
from edge.evidence.verify_report import Code, Grade, Report
from edge.evidence.verify_source import Entry, MemorySource
from tests.evidence.makers import AT, CASE, NONCE, STATION, Site, enrolment, sealed
from tests.evidence.package_makers import (
    Desk,
    check,
    codes,
    flipped,
    honest,
    named,
    resealed,
)

LONG = bytes(range(256)) * (3 * SEGMENT_SIZE // 256) + b"the end"
CONTENTS = {"DCIM/long.mp4": LONG, "DCIM/short.mp4": b"footage"}


@pytest.fixture(scope="module")
def desk() -> Desk:
    return honest(CONTENTS)


@pytest.fixture(scope="module")
def blind() -> Desk:
    """A site whose station saw nothing of the log: one that is written anew goes unseen."""
    return honest(CONTENTS, looks=False)


@pytest.fixture(scope="module")
def packed(desk: Desk) -> dict[str, bytes]:
    return desk.pack()


@pytest.fixture
def files(packed: dict[str, bytes]) -> dict[str, bytes]:
    return dict(packed)


def only(report: Report) -> dict[str, Any]:
    """The one verdict, on the wire: exactly one, so that nothing distracts from it."""
    (verdict,) = report.verdicts
    assert not report.ok
    return verdict.to_wire()


def test_honest_package_holds_with_grade_c(desk: Desk, files: dict[str, bytes]) -> None:
    report = check(desk, files)
    assert report.ok
    assert report.grade is Grade.C
    assert [step.ok for step in report.steps] == [True] * 8
    assert [(r.ok, r.facts["path"]) for r in report.recordings] == [(True, p) for p in CONTENTS]
    assert report.checkpoint["size"] == len(desk.log)


def test_progress_counts_every_byte_of_footage_once(desk: Desk, files: dict[str, bytes]) -> None:
    seen: list[tuple[int, int]] = []
    verify_package(
        MemorySource(files), desk.policy(), progress=lambda done, total: seen.append((done, total))
    )
    total = sum(map(len, CONTENTS.values()))
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


# Footage


@pytest.mark.parametrize(
    ("at", "range_"),
    [
        (0, [0, SEGMENT_SIZE]),
        (SEGMENT_SIZE, [SEGMENT_SIZE, 2 * SEGMENT_SIZE]),
        (len(LONG) - 1, [3 * SEGMENT_SIZE, len(LONG)]),
    ],
)
def test_flipped_byte_is_found_with_its_mebibyte(
    desk: Desk, files: dict[str, bytes], at: int, range_: list[int]
) -> None:
    name = named(files, "long.mp4")
    files[name] = flipped(LONG, at)
    report = check(desk, files)
    verdict = only(report)
    assert (verdict["code"], verdict["file"]) == ("FILE_ALTERED", name)
    assert verdict["ranges"] == [range_]
    assert verdict["expected"] == str(Digest.of(LONG))
    assert verdict["found"] == str(Digest.of(files[name]))
    assert [recording.ok for recording in report.recordings] == [False, True]


def test_forger_who_computes_all_manifests_anew_is_found(
    desk: Desk, files: dict[str, bytes]
) -> None:
    name = named(files, "long.mp4")
    files[name] = flipped(LONG, 5)
    report = check(desk, resealed(files))
    assert Code.FILE_ALTERED in codes(report)
    assert {v.file for v in report.verdicts} == {name, MANIFEST, TAG_MANIFEST}


def test_forged_leaf_list_does_not_hide_where_it_was_altered(
    desk: Desk, files: dict[str, bytes]
) -> None:
    footage, leaves = named(files, "long.mp4"), named(files, f"{_id(desk, 0)}.leaves")
    files[footage] = flipped(LONG, 5)
    files[leaves] = flipped(files[leaves], 40)
    report = check(desk, files)
    by_file = {verdict.file: verdict for verdict in report.verdicts}
    assert by_file[footage].code is Code.FILE_ALTERED
    assert by_file[footage].ranges == ((0, len(LONG)),)
    assert by_file[leaves].code is Code.PKG_ALTERED


@pytest.mark.parametrize("left", [0, 1, SEGMENT_SIZE, len(LONG) - 1])
def test_truncated_footage_is_named_with_both_sizes(
    desk: Desk, files: dict[str, bytes], left: int
) -> None:
    files[named(files, "long.mp4")] = LONG[:left]
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["expected"], verdict["found"]) == (
        "FILE_TRUNCATED",
        len(LONG),
        left,
    )


def test_truncated_footage_that_was_altered_before_the_cut_is_both(
    desk: Desk, files: dict[str, bytes]
) -> None:
    files[named(files, "long.mp4")] = flipped(LONG, 5)[: 2 * SEGMENT_SIZE + 9]
    report = check(desk, files)
    assert [v.code for v in report.verdicts] == [Code.FILE_TRUNCATED, Code.FILE_ALTERED]
    assert report.verdicts[1].ranges == ((0, SEGMENT_SIZE),)


def test_extended_footage_is_named_with_both_sizes(desk: Desk, files: dict[str, bytes]) -> None:
    files[named(files, "long.mp4")] = LONG + b"!"
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["found"]) == ("FILE_EXTENDED", len(LONG) + 1)


def test_missing_footage_is_named(desk: Desk, files: dict[str, bytes]) -> None:
    name = named(files, "long.mp4")
    del files[name]
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["file"]) == ("PKG_MISSING", name)


# The frame


@pytest.mark.parametrize("name", [BAGIT, BAG_INFO, MANIFEST, TAG_MANIFEST])
def test_missing_tag_file_is_named(desk: Desk, files: dict[str, bytes], name: str) -> None:
    del files[name]
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["file"]) == ("PKG_MISSING", name)


def test_every_missing_file_is_named(desk: Desk, files: dict[str, bytes]) -> None:
    for name in files:
        report = check(desk, {n: data for n, data in files.items() if n != name})
        assert not report.ok
        assert [(v.code, v.file) for v in report.verdicts] == [(Code.PKG_MISSING, name)], name


@pytest.mark.parametrize("name", ["data/README.en.md", "data/package.json", BAG_INFO])
def test_page_rewritten_under_new_manifests_is_found(
    desk: Desk, files: dict[str, bytes], name: str
) -> None:
    files[name] += b"Trust me.\n"
    report = check(desk, resealed(files))
    assert codes(report) == {Code.PKG_ALTERED}
    assert name in {verdict.file for verdict in report.verdicts}


@pytest.mark.parametrize(
    "name", ["data/verify.exe", "README.md", "data/footage/x/y.mp4", "data/envelopes/0.json"]
)
def test_unlisted_file_is_extra(desk: Desk, files: dict[str, bytes], name: str) -> None:
    files[name] = b"{}"
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["file"]) == ("PKG_EXTRA", name)


def test_listed_file_that_nothing_signed_calls_for_is_extra(
    desk: Desk, files: dict[str, bytes]
) -> None:
    files["data/verify.exe"] = b"MZ"
    report = check(desk, resealed(files))
    assert Code.PKG_EXTRA in codes(report)
    assert "data/verify.exe" in {verdict.file for verdict in report.verdicts}


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "data/../../x", "data/a\\b"])
def test_manifest_that_leads_out_of_the_package_is_refused_unopened(
    desk: Desk, files: dict[str, bytes], path: str
) -> None:
    class Watched(MemorySource):
        def open(self, name: str) -> BinaryIO:
            assert name in files
            return super().open(name)

    files[MANIFEST] += f"{'0' * 64}  {path}\n".encode()
    report = verify_package(Watched(files), desk.policy())
    verdict = only(report)
    assert (verdict["code"], verdict["file"]) == ("PKG_ALTERED", MANIFEST)


def test_link_or_device_in_place_of_a_file_is_never_opened(
    desk: Desk, files: dict[str, bytes]
) -> None:
    name = named(files, "long.mp4")

    class Linked(MemorySource):
        def entries(self) -> Iterable[Entry]:
            return [Entry(n, len(d), "a link" if n == name else "file") for n, d in files.items()]

        def open(self, name_: str) -> BinaryIO:
            assert name_ != name
            return super().open(name_)

    verdict = only(verify_package(Linked(files), desk.policy()))
    assert (verdict["code"], verdict["file"], verdict["found"]) == ("PKG_EXTRA", name, "a link")


def test_unreadable_file_is_missing_with_the_reason(desk: Desk, files: dict[str, bytes]) -> None:
    for name in (named(files, "long.mp4"), "data/package.json"):

        class Broken(MemorySource):
            def open(self, asked: str, broken: str = name) -> BinaryIO:
                if asked == broken:
                    raise OSError(5, "Input/output error")
                return super().open(asked)

        verdict = only(verify_package(Broken(files), desk.policy()))
        assert (verdict["code"], verdict["file"]) == ("PKG_MISSING", name)
        assert verdict["found"] == "Input/output error"


def test_file_of_giant_stated_size_is_refused_unread(desk: Desk, files: dict[str, bytes]) -> None:
    class Giant(MemorySource):
        def entries(self) -> Iterable[Entry]:
            return [*super().entries(), Entry("data/envelopes/giant.json", 2**62)]

        def open(self, name: str) -> BinaryIO:
            assert "giant" not in name
            return super().open(name)

    verdict = only(verify_package(Giant(files), desk.policy()))
    assert (verdict["code"], verdict["file"]) == ("PKG_EXTRA", "data/envelopes/giant.json")


@pytest.mark.parametrize("files_", [{}, {MANIFEST: b"\xff\xfe"}, {"data/checkpoint": b"\n" * 99}])
def test_no_package_at_all_gets_codes(desk: Desk, files_: dict[str, bytes]) -> None:
    report = check(desk, files_)
    assert not report.ok
    assert report.grade is Grade.NONE
    assert Code.PKG_MISSING in codes(report)


# Keys and signatures


def _forged(desk: Desk, kind: str, signer: Signer) -> tuple[dict[str, bytes], str]:
    """The package with one statement signed by another key, everything computed anew."""
    at = next(i for i, e in enumerate(desk.log) if f"urn:liuhen:{kind}".encode() in e.payload)
    other = replace(desk, log=list(desk.log))
    other.log[at] = sealed(Statement.parse(desk.log[at].payload).predicate, signer)
    return other.pack(), envelope_path(other.log[at].digest)


@pytest.mark.parametrize("kind", ["case-link/v1", "recording/v1", "export/v1", "inventory/v1"])
def test_statement_signed_again_by_a_foreign_key_is_untrusted(desk: Desk, kind: str) -> None:
    forged, name = _forged(desk, kind, Ed25519Signer.generate())
    report = check(desk, forged)
    assert (report.verdicts[0].code, report.verdicts[0].file) == (Code.KEY_UNTRUSTED, name)


def test_station_may_not_sign_what_is_central_s(desk: Desk) -> None:
    forged, name = _forged(desk, "case-link/v1", desk.site.epoch)
    report = check(desk, forged)
    assert (report.verdicts[0].code, report.verdicts[0].file) == (Code.KEY_UNTRUSTED, name)


def test_whole_package_of_another_site_is_untrusted(desk: Desk) -> None:
    report = check(desk, honest(CONTENTS).pack())
    assert {Code.KEY_UNTRUSTED, Code.LOG_SIG_BAD} <= codes(report)
    assert report.grade is Grade.NONE


def test_altered_statement_has_a_bad_signature(desk: Desk, files: dict[str, bytes]) -> None:
    manifest = next(iter(desk.contents))
    name = envelope_path(manifest)
    envelope = Envelope.parse(files[name])
    payload = envelope.payload.replace(b'"important":true', b'"important":null')
    files[name] = files[name].replace(
        encode_base64(envelope.payload).encode(), encode_base64(payload).encode()
    )
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["file"]) == ("SIG_BAD", name)


def test_altered_key_event_is_the_only_finding_though_others_rest_on_it(
    desk: Desk, files: dict[str, bytes]
) -> None:
    name = envelope_path(desk.log[2].digest)
    files[name] = flipped(files[name], files[name].index(b'"sig":"') + 12)
    report = check(desk, files)
    assert only(report)["file"] == name
    assert report.steps[2].facts["unchecked"] > 0
    assert not any(recording.ok for recording in report.recordings)


def test_envelope_under_another_name_is_found(desk: Desk, files: dict[str, bytes]) -> None:
    first, second = (envelope_path(it.digest) for it in desk.log[3:5])
    files[first], files[second] = files[second], files[first]
    report = check(desk, files)
    assert [(v.code, v.file) for v in report.verdicts] == [
        (Code.PKG_ALTERED, it) for it in sorted([first, second])
    ]


def test_wrapping_of_an_envelope_cannot_change_unseen(desk: Desk, files: dict[str, bytes]) -> None:
    name = envelope_path(desk.log[4].digest)
    files[name] = b" " + files[name]
    report = check(desk, resealed(files))
    assert codes(report) == {Code.PKG_ALTERED}
    assert name in {verdict.file for verdict in report.verdicts}


def test_key_of_low_order_is_weak() -> None:
    class LowOrder:
        algorithm = "ed25519"
        public = bytes.fromhex("302a300506032b6570032100") + b"\x01" + bytes(31)
        keyid = str(Digest.of(public))

        def sign(self, data: bytes) -> bytes:
            return data[:64]

    desk = Desk()
    desk.begin()
    weak = desk.put(enrolment("station", "dock-02", LowOrder()), desk.site.root)
    manifests = desk.dock(CONTENTS)
    for manifest in manifests:
        desk.link(manifest)
    desk.export(manifests)
    report = check(desk, desk.pack())
    assert (Code.KEY_WEAK, envelope_path(weak.digest)) in {
        (verdict.code, verdict.file) for verdict in report.verdicts
    }


def test_revoked_key_counts_up_to_its_revocation_in_the_log() -> None:
    desk = Desk()
    desk.begin()
    manifests = desk.dock(CONTENTS)
    for manifest in manifests:
        desk.link(manifest)
    revoked = enrolment("station", STATION, desk.site.identity, action="revoke")
    desk.put(revoked, desk.site.root)
    sound = replace(desk, log=list(desk.log))
    sound.export(manifests)
    assert check(sound, sound.pack()).ok

    (late,) = desk.dock({"late.mp4": b"late"})
    desk.link(late)
    desk.export([*manifests, late])
    report = check(desk, desk.pack())
    assert codes(report) == {Code.KEY_REVOKED}
    assert envelope_path(late) in {verdict.file for verdict in report.verdicts}
    assert [recording.ok for recording in report.recordings] == [True, True, False]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"predicateType": "urn:liuhen:hold/v9"}, Code.TYPE_UNKNOWN),
        ({"_type": "https://in-toto.io/Statement/v2"}, Code.TYPE_UNKNOWN),
        ({"predicate": {"crit": ["mood"]}}, Code.CRIT_UNKNOWN),
        ({"predicate": {}}, Code.STATEMENT_INVALID),
    ],
)
def test_statement_this_version_cannot_read_is_not_passed_over(
    desk: Desk, files: dict[str, bytes], change: dict[str, Any], code: Code
) -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": "0" * 64}}],
        "predicateType": "urn:liuhen:access/v1",
        "predicate": {},
    }
    payload = encode(statement | change)
    signature = desk.site.central.sign(pae(PAYLOAD_TYPE, payload))
    raw = encode(
        {
            "payload": encode_base64(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": desk.site.central.keyid, "sig": encode_base64(signature)}],
        }
    )
    name = envelope_path(Envelope.parse(raw).digest)
    report = check(desk, resealed(files | {name: raw}))
    assert (report.verdicts[0].code, report.verdicts[0].file) == (code, name)


# The log


def test_checkpoint_of_another_log_key_is_refused(desk: Desk) -> None:
    site = replace(desk.site, log_key=Ed25519Signer.generate())
    report = check(desk, replace(desk, site=site).pack())
    assert codes(report) == {Code.LOG_SIG_BAD}
    assert report.grade is Grade.D


def test_checkpoint_of_an_unknown_log_is_refused(desk: Desk, files: dict[str, bytes]) -> None:
    files["data/checkpoint"] = files["data/checkpoint"].replace(b"liuhen.test", b"evil.example")
    verdict = only(check(desk, files))
    assert (verdict["code"], verdict["found"]) == ("LOG_SIG_BAD", "evil.example/log")


def test_exchanged_proofs_are_about_another_leaf(desk: Desk, files: dict[str, bytes]) -> None:
    first, second = (proof_path(it.digest) for it in desk.log[4:6])
    files[first], files[second] = files[second], files[first]
    report = check(desk, files)
    assert codes(report) == {Code.LOG_LEAF_MISMATCH}
    assert {verdict.file for verdict in report.verdicts} == {first, second}


def test_proof_with_another_index_leads_nowhere(desk: Desk, files: dict[str, bytes]) -> None:
    name = proof_path(desk.log[4].digest)
    proof = parse_proof(files[name].decode())
    for index in (5, len(desk.log), 2**53 - 1):
        files[name] = format_proof(index, proof.path, proof.checkpoint).encode()
        verdict = only(check(desk, files))
        assert (verdict["code"], verdict["file"]) == ("LOG_NOT_INCLUDED", name)


@pytest.mark.parametrize("at", [2, 3, 4, -1])
def test_statement_outside_the_log_is_not_included(blind: Desk, at: int) -> None:
    envelope = blind.log[at]
    other = replace(blind, log=[e for e in blind.log if e is not envelope], unlogged=[envelope])
    report = check(blind, other.pack())
    assert codes(report) == {Code.LOG_NOT_INCLUDED}
    assert only(report)["file"] == envelope_path(envelope.digest)
    assert report.grade is Grade.D


def test_enrolment_rests_on_the_root_alone(blind: Desk) -> None:
    other = replace(blind, log=blind.log[2:], unlogged=blind.log[:2])
    other.log.pop()
    manifests = list(blind.contents)
    other.export(manifests)
    assert check(other, other.pack()).ok


def test_witnesses_asked_for_and_not_there_are_short(desk: Desk, files: dict[str, bytes]) -> None:
    report = verify_package(MemorySource(files), desk.policy(stations=2))
    assert only(report)["code"] == "WITNESS_SHORT"
    assert report.grade is Grade.C


# The chain


def test_manifest_without_its_predecessor_is_a_gap(desk: Desk) -> None:
    inventory = desk.log[3].digest
    report = check(desk, desk.pack(without=[inventory]))
    assert (Code.CHAIN_GAP, envelope_path(next(iter(desk.contents)))) in {
        (verdict.code, verdict.file) for verdict in report.verdicts
    }


def test_two_statements_for_one_place_are_a_fork() -> None:
    desk = Desk()
    desk.begin()
    before = desk.head
    manifests = desk.dock(CONTENTS)
    desk.head = before
    other = desk.dock({"other.mp4": b"other"})
    for manifest in [*manifests, *other]:
        desk.link(manifest)
    desk.export([*manifests, *other])
    assert codes(check(desk, desk.pack())) == {Code.CHAIN_FORK}


def test_later_statement_logged_earlier_is_a_rollback(blind: Desk) -> None:
    other = replace(blind, log=list(blind.log))
    other.log[4], other.log[5] = other.log[5], other.log[4]
    verdict = only(check(blind, other.pack()))
    assert verdict["code"] == "CHAIN_ROLLBACK"


# What the statements say


def _told(**stored: Any) -> Desk:
    """An honest site, but for what its stored receipt says."""
    desk = Desk()
    desk.begin()
    manifests = desk.dock(CONTENTS)
    desk.store(manifests[0], **stored)
    for manifest in manifests:
        desk.link(manifest)
    desk.export(manifests)
    return desk


@pytest.mark.parametrize(
    "stored", [{"size": 1}, {"sha256": Digest.of(b"other")}, {"recording": "ab" * 16}]
)
def test_stored_receipt_about_other_bytes_is_a_contradiction(stored: dict[str, Any]) -> None:
    desk = _told(**stored)
    assert only(check(desk, desk.pack()))["code"] == "CLAIM_CONTRADICTED"


DAY_MS = 86_400_000


@pytest.mark.parametrize(
    "stored",
    [
        {"stored": AT.plus_ms(-DAY_MS)},
        {
            "stored": AT,
            "replicas": (
                Replica(
                    vault="main", kind="folder", retain_until=AT.plus_ms(-DAY_MS), read_back=AT
                ),
            ),
        },
    ],
)
def test_times_that_cannot_all_be_right_are_incoherent(stored: dict[str, Any]) -> None:
    desk = _told(**stored)
    assert only(check(desk, desk.pack()))["code"] == "TIME_INCOHERENT"


def test_clocks_a_minute_apart_are_no_finding() -> None:
    desk = _told(stored=AT.plus_ms(-60_000))
    assert check(desk, desk.pack()).ok


def test_export_that_claims_a_larger_log_is_a_contradiction(desk: Desk) -> None:
    other = replace(desk, log=desk.log[:-1])
    other.export(desk.contents, size=999)
    assert only(check(other, other.pack()))["code"] == "CLAIM_CONTRADICTED"


def test_recording_without_stored_receipt_is_incomplete(desk: Desk) -> None:
    (receipt, *_) = [e.digest for e in desk.log if b"receipt-stored/v1" in e.payload]
    verdict = only(check(desk, desk.pack(without=[receipt])))
    assert (verdict["code"], verdict["recording"]) == ("PKG_MISSING", _id(desk, 0))


def test_recording_of_a_case_without_a_link_is_found() -> None:
    desk = Desk()
    desk.begin()
    desk.export(desk.dock({"a.mp4": b"a"}))
    verdict = only(check(desk, desk.pack()))
    assert (verdict["code"], verdict["recording"]) == ("CASE_LINK_UNLOGGED", _id(desk, 0))


def test_link_that_was_never_logged_does_not_count() -> None:
    desk = Desk()
    desk.begin()
    (manifest,) = desk.dock({"a.mp4": b"a"})
    desk.unlogged.append(sealed(desk.case_link(manifest), desk.site.central))
    desk.export([manifest])
    assert codes(check(desk, desk.pack())) == {Code.CASE_LINK_UNLOGGED}


def test_link_that_was_taken_back_does_not_count() -> None:
    desk = Desk()
    desk.begin()
    (manifest,) = desk.dock({"a.mp4": b"a"})
    link = desk.link(manifest)
    unlink = CaseUnlink(
        case=CASE,
        number="118",
        recording=_id(desk, 0),
        envelope=manifest,
        link=link.digest,
        actor="li",
        reason="wrong one",
        at=AT,
        nonce=NONCE,
    )
    desk.put(unlink, desk.site.central)
    desk.export([manifest])
    assert codes(check(desk, desk.pack())) == {Code.CASE_LINK_UNLOGGED}
    again = replace(desk.case_link(manifest), nonce="6b" * 16)
    desk.put(again, desk.site.central)
    desk.export([manifest])
    assert check(desk, desk.pack()).ok


def test_dropped_recording_is_missed(desk: Desk, files: dict[str, bytes]) -> None:
    manifest = next(iter(desk.contents))
    recording = _id(desk, 0)
    dropped = {
        name: data
        for name, data in files.items()
        if recording not in name and str(manifest) not in name
    }
    report = check(desk, resealed(dropped))
    missing = [v for v in report.verdicts if v.code is Code.PKG_MISSING]
    assert envelope_path(manifest) in {verdict.file for verdict in missing}
    assert recording in {verdict.recording for verdict in missing}
    first = report.recordings[0]
    assert (first.recording, first.ok) == (recording, False)


def test_earlier_export_of_the_same_recordings_is_history(desk: Desk) -> None:
    other = replace(desk, log=list(desk.log))
    other.export(desk.contents, export="f0" * 8, purpose="appeal")
    report = check(other, other.pack())
    assert report.ok
    assert b"appeal" in other.pack()[BAG_INFO]


def test_export_without_a_case_needs_no_link() -> None:
    desk = Desk()
    desk.begin()
    desk.export(desk.dock({"a.mp4": b"a"}), case=None)
    assert check(desk, desk.pack()).ok


def test_damaged_export_leaves_the_footage_checked(desk: Desk, files: dict[str, bytes]) -> None:
    name = envelope_path(desk.log[-1].digest)
    files[name] = flipped(files[name], files[name].index(b'"sig":"') + 12)
    report = check(desk, files)
    assert only(report)["file"] == name
    assert [recording.ok for recording in report.recordings] == [True, True]


def test_another_site_s_root_proves_nothing_here() -> None:
    desk, other = honest(), Site()
    report = verify_package(MemorySource(desk.pack()), replace(desk, site=other).policy())
    assert report.grade is Grade.NONE
    assert not any(recording.ok for recording in report.recordings)


def _id(desk: Desk, at: int) -> str:
    return list(desk.contents.values())[at][0].recording
