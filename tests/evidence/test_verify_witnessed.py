"""Grades A and B, and every way in which witnesses, time stamps and sightings can be short."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from edge.evidence.anchor import TimeAuthority, request
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.consistency import Consistency, TreeState, consistency
from edge.evidence.cosignature import Cosigner
from edge.evidence.digest import Digest
from edge.evidence.merkle import consistency_path, root_of
from edge.evidence.package import CHECKPOINT, build, envelope_path
from edge.evidence.package_bag import MANIFEST
from edge.evidence.package_log import Anchor, anchor_path, anchored_text_path, sizes_seen
from edge.evidence.policy import TrustPolicy
from edge.evidence.signers import Ed25519Signer
from edge.evidence.statement import SeenCheckpoint
from edge.evidence.verify import verify_package
from edge.evidence.verify_report import Code, Grade, Report
from edge.evidence.verify_source import MemorySource
from edge.evidence.verify_words import tell
from edge.evidence.witnesses import OUTSIDERS, STATIONS, KnownWitness, Quorum, parse_witness_key
from tests.evidence.makers import ORIGIN, STATION, enrolment
from tests.evidence.package_makers import Desk, codes, flipped, honest, resealed
from tests.evidence.tsa import LocalTsa

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")

AT = 1_800_000_000
STATION_WITNESSES = [Cosigner(f"dock.test/{i}", Ed25519Signer.generate()) for i in range(3)]
OUTSIDE_WITNESS = Cosigner("court.test/w", Ed25519Signer.generate())
Files = dict[str, bytes]


@dataclass
class Witnessed:
    """An honest site with all that grade A takes; `without` parts of it on request."""

    desk: Desk
    tsa: LocalTsa
    hidden: frozenset[Digest] = frozenset()
    policy: TrustPolicy = field(init=False)

    def __post_init__(self) -> None:
        known = [KnownWitness(parse_witness_key(it.vkey), STATIONS) for it in STATION_WITNESSES] + [
            KnownWitness(parse_witness_key(OUTSIDE_WITNESS.vkey), OUTSIDERS)
        ]
        self.policy = replace(
            self.desk.policy(),
            witnesses=tuple(known),
            quorum=Quorum(stations=2, outsiders=1),
            tsa=(self.tsa.authority(),),
        )

    @property
    def size(self) -> int:
        return len(self.desk.log)

    def state(self, size: int) -> TreeState:
        return TreeState(size, root_of(self.desk.leaf_hashes()[:size]))

    def note(self, cosigners: Iterable[Cosigner]) -> str:
        text = Checkpoint(ORIGIN, self.size, self.state(self.size).root).to_text()
        note = self.desk.site.checkpoint(self.desk.leaf_hashes())
        return note + "".join(it.line(text, AT) for it in cosigners)

    def growth(self, old: int, new: int, desk: Desk | None = None) -> Consistency:
        leaves = (desk or self.desk).leaf_hashes()
        states = [TreeState(it, root_of(leaves[:it])) for it in (old, new)]
        return consistency(ORIGIN, *states, consistency_path(old, new, leaves))

    def anchor(self, size: int, desk: Desk | None = None) -> Anchor:
        root = root_of((desk or self.desk).leaf_hashes()[:size])
        text = Checkpoint(ORIGIN, size, root).to_text()
        return Anchor(text, self.tsa.reply(request(text)))

    def pack(
        self,
        cosigners: Iterable[Cosigner] = (*STATION_WITNESSES[:2], OUTSIDE_WITNESS),
        growth: Iterable[Consistency] | None = None,
        anchors: Iterable[Anchor] | None = None,
    ) -> Files:
        envelopes = self.desk.log
        seen = sizes_seen(envelopes, ORIGIN, self.size)
        package = build(
            [it for it in self.desk.exhibits() if it.envelope.digest not in self.hidden],
            checkpoint=self.note(cosigners),
            leaves=self.desk.leaves(),
            consistency=[self.growth(it, self.size) for it in seen] if growth is None else growth,
            anchors=[self.anchor(self.size)] if anchors is None else anchors,
        )
        by_name = {it.recording: content for it, content in self.desk.contents.values()}
        return dict(package.files) | {it.path: by_name[it.recording] for it in package.footage}

    def check(self, files: Mapping[str, bytes], **changes: Any) -> Report:
        return verify_package(MemorySource(files), replace(self.policy, **changes))


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa.make(tmp_path_factory.mktemp("tsa") / "honest")


@pytest.fixture(scope="module")
def site(tsa: LocalTsa) -> Witnessed:
    return Witnessed(honest(), tsa)


@pytest.fixture(scope="module")
def packed(site: Witnessed) -> Files:
    return site.pack()


def facts(report: Report) -> dict[str, Any]:
    return dict(report.steps[3].facts)


# Grades


def test_stations_outsiders_and_a_time_stamp_give_grade_a(site: Witnessed, packed: Files) -> None:
    report = site.check(packed)
    assert (report.ok, report.grade) == (True, Grade.A)
    wire = report.to_wire()
    assert [it["name"] for it in wire["witnesses"]] == [
        "dock.test/0",
        "dock.test/1",
        "court.test/w",
    ]
    assert {it["at"] for it in wire["witnesses"]} == {"2027-01-15T08:00:00.000Z"}
    assert [(it["tsa"], it["size"]) for it in wire["anchors"]] == [("Test TSA", site.size)]
    assert facts(report)["sightings"] == facts(report)["sightings_proven"] == 2
    assert "court.test/w" in tell(report, "en")
    assert "外部见证人" in tell(report, "zh")


@pytest.mark.parametrize(
    ("parts", "changes", "grade", "found"),
    [
        ({"anchors": ()}, {}, Grade.B, set()),
        ({}, {"tsa": ()}, Grade.B, set()),
        ({"growth": ()}, {}, Grade.A, set()),  # audit paths show as much in so small a log
        ({"cosigners": STATION_WITNESSES}, {}, Grade.B, {Code.WITNESS_SHORT}),
        ({"cosigners": [OUTSIDE_WITNESS]}, {}, Grade.C, {Code.WITNESS_SHORT}),
        ({"cosigners": ()}, {}, Grade.C, {Code.WITNESS_SHORT}),
        ({"cosigners": ()}, {"quorum": Quorum(0, 0)}, Grade.C, set()),
        ({}, {"quorum": Quorum(0, 1)}, Grade.C, set()),
        ({}, {"quorum": Quorum(1, 0)}, Grade.B, set()),
        ({}, {"witnesses": (), "quorum": Quorum(0, 0)}, Grade.C, set()),
    ],
)
def test_grade_follows_from_who_vouches(
    site: Witnessed,
    parts: dict[str, Any],
    changes: dict[str, Any],
    grade: Grade,
    found: set[Code],
) -> None:
    report = site.check(site.pack(**parts), **changes)
    assert (report.grade, codes(report)) == (grade, found)
    assert report.ok is not bool(found)


def test_earlier_time_stamp_counts_where_it_covers_every_recording(site: Witnessed) -> None:
    first_after = max(site.desk.log.index(it) for it in site.desk.log if _is_manifest(site, it)) + 1
    for size, grade in ((first_after, Grade.A), (first_after - 1, Grade.B)):
        files = site.pack(growth=[site.growth(size, site.size)], anchors=[site.anchor(size)])
        report = site.check(files)
        assert (report.ok, report.grade) == (True, grade)


def test_later_time_stamp_counts_with_a_proof_that_the_log_grew(site: Witnessed) -> None:
    grown = replace(site.desk, log=[*site.desk.log, *site.desk.log[:3]])
    later = len(grown.log)
    proof, anchor = site.growth(site.size, later, grown), site.anchor(later, grown)
    assert site.check(site.pack(growth=[proof], anchors=[anchor])).grade is Grade.A
    alone = site.check(site.pack(growth=[], anchors=[anchor]))
    assert codes(alone) == {Code.TSA_BAD}


def _is_manifest(site: Witnessed, envelope: Any) -> bool:
    return envelope.digest in site.desk.contents


# Cosignatures


def test_forged_line_under_a_known_witness_is_no_mere_absence(site: Witnessed) -> None:
    files = site.pack()
    good = files[CHECKPOINT].decode()
    line = next(it for it in good.splitlines() if it.startswith("— dock.test/0"))
    forged = good.replace(line[-12:-4], "AAAAAAAA")
    report = site.check(resealed(files | {CHECKPOINT: forged.encode()}))
    assert Code.LOG_SIG_BAD in codes(report)
    assert CHECKPOINT in {verdict.file for verdict in report.verdicts}


# Sightings


def test_sighting_without_any_proof_keeps_the_grade_at_c(tsa: LocalTsa) -> None:
    """Many leaves between what was seen and the manifest: no audit path tells."""
    site = _late(tsa, [None, None])
    report = site.check(site.pack(growth=()))
    assert (report.ok, report.grade) == (True, Grade.C)
    assert facts(report)["sightings"] == 2
    assert "sightings_proven" not in facts(report)
    assert site.check(site.pack()).grade is Grade.A


def _late(tsa: LocalTsa, roots: list[Digest | None], size: int = 10) -> Witnessed:
    """A station that was offline when 20 leaves came that are not in the package.

    It saw the log at `size`, with these `roots`, one for each recording (None: the right one).
    """
    desk = Desk()
    desk.begin()
    events = [enrolment("station", f"other-{i}", Ed25519Signer.generate()) for i in range(20)]
    hidden = frozenset(desk.put(event, desk.site.root).digest for event in events)
    right = root_of(desk.leaf_hashes()[:size])
    seen = iter([SeenCheckpoint(origin=ORIGIN, size=size, root=it or right) for it in roots])
    desk.sighting = lambda: next(seen)  # type: ignore[method-assign]
    manifests = desk.dock({"a.mp4": b"footage", "b.mp4": b"more"})
    for manifest in manifests:
        desk.link(manifest)
    desk.export(manifests)
    return Witnessed(desk, tsa, hidden)


def test_other_root_at_a_size_that_is_proven_is_a_split_view(tsa: LocalTsa) -> None:
    site = _late(tsa, [Digest.of(b"shown to this station only"), None])
    report = site.check(site.pack())
    assert (codes(report), report.grade) == ({Code.SPLIT_VIEW}, Grade.D)
    assert [verdict.file for verdict in report.verdicts] == [
        envelope_path(digest)
        for digest, (it, _) in site.desk.contents.items()
        if "a.mp4" in it.source.path
    ]


def test_stations_that_saw_two_roots_at_one_size_are_a_split_view(tsa: LocalTsa) -> None:
    site = _late(tsa, [Digest.of(b"one"), Digest.of(b"other")])
    report = site.check(site.pack(growth=()))
    assert codes(report) == {Code.SPLIT_VIEW}
    assert len(report.verdicts) == 1


def test_manifest_below_the_size_it_saw_is_a_split_view(tsa: LocalTsa) -> None:
    future = Digest.of(b"the future")
    site = _late(tsa, [future, future], size=2000)
    report = site.check(site.pack())
    assert codes(report) == {Code.SPLIT_VIEW}
    assert "a place from 2000 on" in str(report.verdicts[0].expected)


def test_sighting_of_another_log_is_not_compared(tsa: LocalTsa) -> None:
    desk = Desk()
    desk.sighting = lambda: SeenCheckpoint(origin="other.test/log", size=2, root=Digest.of(b""))  # type: ignore[method-assign]
    desk.begin()
    manifests = desk.dock({"a.mp4": b"footage"})
    desk.link(manifests[0])
    desk.export(manifests)
    site = Witnessed(desk, tsa)
    report = site.check(site.pack())
    assert (report.grade, "sightings" in facts(report)) == (Grade.A, False)
    assert sizes_seen(desk.log, ORIGIN, site.size) == []


# Consistency files


@pytest.mark.parametrize("kind", ["other origin", "other states", "other name", "no text"])
def test_proof_about_something_else_is_inconsistent(site: Witnessed, kind: str) -> None:
    files = site.pack()
    name = next(it for it in files if it.startswith("data/consistency/"))
    proof = Consistency.parse(files[name].decode())
    other = {
        "other origin": replace(proof, origin="other.test/log").to_text().encode(),
        "other states": site.growth(2, 3).to_text().encode(),
        "other name": site.growth(1, site.size).to_text().encode(),
        "no text": b"\xff",
    }[kind]
    new = "data/consistency/2-3.txt" if kind == "other states" else name
    report = site.check(resealed(files | {new: other}))
    assert (Code.LOG_INCONSISTENT, new) in {(it.code, it.file) for it in report.verdicts}
    assert report.grade is Grade.D


def test_proofs_rest_on_a_checkpoint_that_holds(site: Witnessed) -> None:
    files = site.pack()
    files[CHECKPOINT] = flipped(files[CHECKPOINT], 40)
    assert codes(site.check(files)) == {Code.LOG_SIG_BAD} | (
        codes(site.check(files)) & {Code.WITNESS_SHORT}
    )


# Time stamps


def test_token_by_another_authority_is_bad_and_without_one_unread(
    site: Witnessed, packed: Files, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other: TimeAuthority = LocalTsa.make(
        tmp_path_factory.mktemp("tsa") / "other", serial=8
    ).authority()
    report = site.check(packed, tsa=(other,))
    assert (codes(report), report.grade) == ({Code.TSA_BAD}, Grade.B)
    assert report.verdicts[0].file == anchor_path(str(site.size))
    assert site.check(packed, tsa=()).ok


def test_altered_token_that_nobody_reads_is_still_altered(site: Witnessed, packed: Files) -> None:
    name = anchor_path(str(site.size))
    for at in range(0, len(packed[name]), 37):
        report = site.check(packed | {name: flipped(packed[name], at)}, tsa=())
        assert [(it.code, it.file) for it in report.verdicts] == [(Code.PKG_ALTERED, name)]


@pytest.mark.parametrize("left", ["text", "token"])
def test_half_an_anchor_is_missing_the_other_half(
    site: Witnessed, packed: Files, left: str
) -> None:
    size = str(site.size)
    names = {"text": anchored_text_path(size), "token": anchor_path(size)}
    gone = names["token" if left == "text" else "text"]
    report = site.check({name: data for name, data in packed.items() if name != gone})
    assert [(it.code, it.file) for it in report.verdicts] == [(Code.PKG_MISSING, gone)]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(ORIGIN, "other.test/log"),
        lambda text: text + "extension\n",
        lambda text: text.replace("\n", "\n1", 1),
        lambda text: "",
    ],
)
def test_dated_text_about_something_else_is_bad(
    site: Witnessed, packed: Files, change: Any
) -> None:
    name = anchored_text_path(str(site.size))
    other = change(packed[name].decode()).encode()
    report = site.check(resealed(packed | {name: other}))
    assert (Code.TSA_BAD, name) in {(it.code, it.file) for it in report.verdicts}


# Revocation


@pytest.mark.parametrize(("before", "found"), [(0, set()), (1, {Code.KEY_REVOKED})])
def test_revocation_may_begin_at_an_earlier_place(before: int, found: set[Code]) -> None:
    desk = honest()
    last = max(desk.log.index(it) for it in desk.log if it.digest in desk.contents)
    last_signed = max(i for i, it in enumerate(desk.log) if _by_station(desk, it))
    assert last <= last_signed
    event = enrolment(
        "station", STATION, desk.site.identity, action="revoke", from_index=last_signed + 1 - before
    )
    desk.put(event, desk.site.root)
    desk.export(list(desk.contents))
    report = verify_package(MemorySource(desk.pack()), desk.policy())
    assert codes(report) == found


def test_later_place_than_its_own_leaf_revokes_from_the_leaf() -> None:
    desk = honest()
    event = enrolment("station", STATION, desk.site.identity, action="revoke", from_index=10_000)
    desk.put(event, desk.site.root)
    (late,) = desk.dock({"late.mp4": b"late"})
    desk.link(late)
    desk.export([late])
    report = verify_package(MemorySource(desk.pack()), desk.policy())
    assert codes(report) == {Code.KEY_REVOKED}


def _by_station(desk: Desk, envelope: Any) -> bool:
    return envelope.signatures[0].keyid in {desk.site.epoch.keyid, desk.site.identity.keyid}


# Every byte


def test_sampled_byte_changes_of_what_vouches_are_found_in_their_file(
    site: Witnessed, packed: Files
) -> None:
    expected = {
        "data/anchors/": {Code.TSA_BAD, Code.PKG_ALTERED},
        "data/consistency/": {Code.LOG_INCONSISTENT},
        CHECKPOINT: {Code.LOG_SIG_BAD, Code.WITNESS_SHORT, Code.PKG_ALTERED},
    }
    for prefix, right in expected.items():
        for name in (it for it in packed if it.startswith(prefix)):
            for at in range(0, len(packed[name]), 7):
                files = packed | {name: flipped(packed[name], at, at % 8)}
                report = site.check(files)
                assert {it.file for it in report.verdicts} == {name}, (name, at)
                assert codes(report) <= right, (name, at, codes(report))
                if name != CHECKPOINT:
                    assert not site.check(resealed(files)).ok or name.endswith(".tsr")


def test_same_package_is_the_same_bytes(site: Witnessed) -> None:
    anchors = [site.anchor(site.size)]
    first, second = site.pack(anchors=anchors), site.pack(anchors=anchors)
    assert first[MANIFEST] == second[MANIFEST]
    assert first == second
