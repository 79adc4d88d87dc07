"""A clip proves its place in a recording without the rest; each way to fake one is refused."""

from dataclasses import replace
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.evidence.checkpoint import Checkpoint
from edge.evidence.clip import RANGE, build_clip
from edge.evidence.clipping import clip_of, original_of
from edge.evidence.consistency import Consistency, TreeState, consistency
from edge.evidence.digest import Digest
from edge.evidence.envelope import signed_envelope
from edge.evidence.errors import ClipForeignError, EvidenceError, RangeError
from edge.evidence.merkle import consistency_path, root_of
from edge.evidence.package import CHECKPOINT, build
from edge.evidence.package_log import Anchor
from edge.evidence.range_proof import RangeProof
from edge.evidence.verify_clip import is_clip, verify_clip
from edge.evidence.verify_part import Wanted
from edge.evidence.verify_report import Code, Grade, Report
from edge.evidence.verify_source import MemorySource
from tests.evidence.clip_makers import (
    LONG,
    MIB,
    check_clip,
    clip,
    desk,
    long_recording,
    package,
)
from tests.evidence.makers import ORIGIN, acts, enrolment
from tests.evidence.package_makers import Desk, flipped, honest, named, resealed


def part(files: dict[str, bytes]) -> str:
    return named(files, ".part")


def only(report: Report) -> Code:
    (verdict,) = report.verdicts
    return verdict.code


def found(report: Report) -> set[Code]:
    return {it.code for it in report.verdicts}


@pytest.mark.parametrize(
    ("begin", "end"), [(0, 1), (MIB, 4 * MIB), (4 * MIB + 9, len(LONG)), (0, len(LONG))]
)
def test_clip_verifies_without_its_original(begin: int, end: int) -> None:
    files = clip(begin, end)
    report = check_clip(files)
    assert report.ok
    assert report.grade is Grade.C
    assert report.part["recording"] == long_recording()
    at, to = int(report.part["begin"]), int(report.part["end"])
    assert at <= begin < end <= to
    assert files[part(files)] == LONG[at:to]
    (result,) = report.recordings
    assert (result.ok, result.facts["file"]) == (True, part(files))


def test_clip_holds_nothing_of_other_recordings() -> None:
    files = clip()
    assert sum(1 for name in files if name.startswith("data/envelopes/")) == 3
    assert b"short.mp4" not in b"".join(files.values())


def test_what_the_station_saw_stays_proven() -> None:
    (log,) = (it for it in check_clip(clip()).steps if it.name == "log")
    assert log.facts["sightings_proven"] == log.facts["sightings"] == 1


def test_same_clip_is_the_same_bytes() -> None:
    wanted = Wanted(begin=MIB, end=4 * MIB, recording=long_recording())
    source = MemorySource(package())
    again = clip_of(original_of(source, wanted), source)
    assert dict(again.files).items() <= clip().items()


def test_clip_is_told_from_a_package() -> None:
    assert is_clip(MemorySource(clip()))
    assert not is_clip(MemorySource(package()))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_flipped_bit_is_found(data: st.DataObject) -> None:
    files = clip(5 * MIB, len(LONG))
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    files[name] = flipped(files[name], at, data.draw(st.integers(0, 7)))
    report = check_clip(files)
    assert not report.ok
    assert name in {it.file for it in report.verdicts}


def test_altered_bytes_are_located_in_the_clip() -> None:
    files = clip()
    files[part(files)] = flipped(files[part(files)], 2 * MIB)
    report = check_clip(files)
    assert (only(report), report.verdicts[0].ranges) == (
        Code.FILE_ALTERED,
        ((2 * MIB, 3 * MIB),),
    )


def test_left_out_segment_is_a_gap() -> None:
    files = clip()
    bytes_ = files[part(files)]
    files[part(files)] = bytes_[:MIB] + bytes_[2 * MIB :]
    report = check_clip(resealed(files))
    assert found(report) == {Code.CLIP_GAP}
    verdict = report.verdicts[0]
    assert (verdict.expected, verdict.found) == (
        f"byte {2 * MIB} of the recording",
        f"byte {3 * MIB} of the recording",
    )


def test_moved_segments_are_a_gap() -> None:
    files = clip()
    bytes_ = files[part(files)]
    files[part(files)] = bytes_[MIB : 2 * MIB] + bytes_[:MIB] + bytes_[2 * MIB :]
    assert only(check_clip(files)) is Code.CLIP_GAP


@pytest.mark.parametrize("size", [0, MIB + 5, 2 * MIB])
def test_short_clip_is_truncated(size: int) -> None:
    files = clip()
    files[part(files)] = files[part(files)][:size]
    assert only(check_clip(files)) is Code.FILE_TRUNCATED


def test_long_clip_is_extended() -> None:
    files = clip()
    files[part(files)] += b"more"
    assert only(check_clip(files)) is Code.FILE_EXTENDED


def test_clip_of_a_clip_that_claims_another_place_is_foreign() -> None:
    files = clip()
    proof = RangeProof.parse(files[RANGE])
    moved = replace(proof, part=replace(proof.part, first=2, last=5))
    files[RANGE] = moved.to_bytes()
    report = check_clip(resealed(files))
    assert Code.CLIP_FOREIGN in found(report)
    assert not report.recordings
    assert report.grade is Grade.NONE


def test_proof_of_another_recording_is_foreign() -> None:
    files = clip()
    proof = RangeProof.parse(files[RANGE])
    other = named(package(), "short.mp4").split("/")[2]
    files[RANGE] = replace(proof, recording=other).to_bytes()
    assert Code.CLIP_FOREIGN in found(check_clip(resealed(files)))


def test_proof_that_cannot_be_read_is_altered() -> None:
    files = clip()
    files[RANGE] = b"{}\n"
    assert found(check_clip(resealed(files))) == {Code.PKG_ALTERED}
    del files[RANGE]
    assert found(check_clip(files)) == {Code.PKG_MISSING}

    class Linked(MemorySource):
        def entries(self):
            for entry in super().entries():
                kind = "a link" if entry.name == RANGE else "file"
                yield type(entry)(entry.name, entry.size, kind)

    linked = verify_clip(Linked(clip()), desk().policy())
    assert only(linked) is Code.PKG_EXTRA


def test_without_its_manifest_nothing_is_proven() -> None:
    files = clip()
    envelope = str(RangeProof.parse(files[RANGE]).envelope)
    kept = {name: data for name, data in files.items() if envelope not in name}
    assert Code.PKG_MISSING in found(check_clip(resealed(kept)))
    damaged = files | {f"data/envelopes/{envelope}.json": b"{}"}
    assert Code.STATEMENT_INVALID in found(check_clip(damaged))


def test_manifest_of_another_kind_is_no_manifest() -> None:
    files = clip()
    proof = RangeProof.parse(files[RANGE])
    envelopes = (it.split("/")[2][:64] for it in files if it.startswith("data/envelopes/"))
    other = next(it for it in envelopes if it != str(proof.envelope))
    files[RANGE] = replace(proof, envelope=Digest.parse(other)).to_bytes()
    assert Code.PKG_MISSING in found(check_clip(resealed(files)))


def test_footage_that_is_not_there_is_missing() -> None:
    files = clip()
    name = part(files)

    class Broken(MemorySource):
        def open(self, name: str) -> BinaryIO:
            if name.endswith(".part"):
                raise OSError(5, "input/output error")
            return super().open(name)

    class Linked(MemorySource):
        def entries(self):
            for entry in super().entries():
                kind = "a link" if entry.name.endswith(".part") else "file"
                yield type(entry)(entry.name, entry.size, kind)

    policy = desk().policy()
    assert only(verify_clip(Broken(files), policy)) is Code.PKG_MISSING
    assert only(verify_clip(Linked(files), policy)) is Code.PKG_EXTRA
    del files[name]
    assert Code.PKG_MISSING in found(check_clip(files))


def test_strangers_statement_in_a_clip_is_extra() -> None:
    files = clip() | {
        name: data
        for name, data in package().items()
        if name.startswith(("data/envelopes/", "data/proofs/"))
    }
    assert found(check_clip(resealed(files))) >= {Code.PKG_EXTRA}


def test_revocation_of_the_signer_goes_with_the_clip() -> None:
    site = honest({"DCIM/long.mp4": b"footage"})
    revoked = enrolment("station", "dock-01", site.site.identity, action="revoke", from_index=0)
    site.put(revoked, site.site.root)
    source = MemorySource(site.pack())
    original = original_of(source, Wanted(begin=0))
    made = clip_of(original, source)
    (file,) = made.footage
    files = dict(made.files) | {file.path: b"footage"}
    assert Code.KEY_REVOKED in found(verify_clip(MemorySource(files), site.policy()))


def test_package_whose_bytes_differ_gives_no_clip() -> None:
    files = package()
    files[named(files, "long.mp4")] = flipped(LONG, MIB)
    source = MemorySource(files)
    original = original_of(source, Wanted(begin=0, end=2 * MIB, recording=long_recording()))
    with pytest.raises(ClipForeignError):
        clip_of(original, source)
    del files[named(files, "long.mp4")]
    with pytest.raises(EvidenceError):
        clip_of(original, MemorySource(files))


@pytest.mark.parametrize("lost", ["checkpoint", "leaves"])
def test_package_that_lacks_what_a_clip_needs_is_refused(lost: str) -> None:
    files = package()
    name = CHECKPOINT if lost == "checkpoint" else named(files, f"{long_recording()}.leaves")
    del files[name]
    with pytest.raises(EvidenceError) as refused:
        original_of(MemorySource(files), Wanted(begin=0, recording=long_recording()))
    assert refused.value.code == "PKG_INCOMPLETE"


def test_recording_has_to_be_named_and_known() -> None:
    for recording in (None, "ab" * 16):
        with pytest.raises(RangeError):
            original_of(MemorySource(package()), Wanted(begin=0, recording=recording))


def test_clip_needs_the_manifest_that_its_proof_names() -> None:
    wanted = Wanted(begin=0, recording=long_recording())
    original = original_of(MemorySource(package()), wanted)
    with pytest.raises(ClipForeignError):
        build_clip((), checkpoint=original.checkpoint, proof=original.proof, sha256=Digest.of(b""))


def cut_from(site: Desk, files: dict[str, bytes]) -> Report:
    source = MemorySource(files)
    original = original_of(source, Wanted(begin=0))
    made = clip_of(original, source)
    (file,) = made.footage
    bytes_ = files[original.footage]
    return verify_clip(MemorySource(dict(made.files) | {file.path: bytes_}), site.policy())


def test_station_that_did_not_look_needs_no_growth() -> None:
    site = honest({"DCIM/long.mp4": b"footage"}, looks=False)
    assert cut_from(site, site.pack()).ok


def test_forged_paths_in_the_package_do_not_break_the_cut() -> None:
    site = honest({"DCIM/long.mp4": b"footage"})
    files = site.pack()
    proofs = [name for name in files if name.startswith("data/proofs/")]
    for name in proofs:
        lines = files[name].split(b"\n")
        files[name] = b"\n".join([*lines[:2], *lines[3:]])
    report = cut_from(site, files)
    assert Code.LOG_NOT_INCLUDED in found(report)


def test_proofs_and_time_stamps_of_the_package_go_with_the_clip() -> None:
    site = honest({"DCIM/long.mp4": b"footage"})
    leaves = site.leaf_hashes()
    seen = next(iter(site.contents.values()))[0].checkpoint
    assert seen is not None
    end = TreeState(len(leaves), root_of(leaves))

    def growth(size: int) -> Consistency:
        old = TreeState(size, root_of(leaves[:size]))
        return consistency(ORIGIN, old, end, consistency_path(size, len(leaves), leaves))

    dated = TreeState(seen.size + 1, root_of(leaves[: seen.size + 1]))
    anchor = Anchor(Checkpoint(ORIGIN, dated.size, dated.root).to_text(), b"token")
    made = build(
        site.exhibits(),
        checkpoint=site.site.checkpoint(leaves),
        leaves=site.leaves(),
        consistency=[growth(it) for it in (1, seen.size, dated.size)],
        anchors=[anchor],
    )
    (file,) = made.footage
    source = MemorySource(dict(made.files) | {file.path: b"footage"})
    original = original_of(source, Wanted(begin=0))
    assert sorted(it.old.size for it in original.consistency) == [seen.size, dated.size]
    assert original.anchors == (anchor,)
    clip_files = dict(clip_of(original, source).files)
    (part_name,) = (it.path for it in clip_of(original, source).footage)
    report = verify_clip(MemorySource(clip_files | {part_name: b"footage"}), site.policy())
    assert report.ok


def test_sighting_that_the_package_does_not_show_stays_unproven() -> None:
    site = honest({"DCIM/long.mp4": b"footage"})
    site.put(acts()[3], site.site.central)
    (manifest,) = site.contents
    files = {
        name: data
        for name, data in site.pack().items()
        if not name.startswith("data/proofs/") or str(manifest) in name
    }
    assert len(site.log) == 11
    assert original_of(MemorySource(files), Wanted(begin=0)).consistency == ()


def test_statement_of_another_payload_type_is_passed_over() -> None:
    site = honest({"DCIM/long.mp4": b"footage"})
    files = site.pack()
    other = signed_envelope(b"{}", "text/plain", site.site.epoch)
    files[f"data/envelopes/{other.digest}.json"] = other.raw
    assert original_of(MemorySource(resealed(files)), Wanted(begin=0)).proof


def test_flipped_range_proof_under_a_sound_manifest_is_altered() -> None:
    files = clip()
    files[RANGE] = flipped(files[RANGE], 30)
    assert found(check_clip(files)) == {Code.PKG_ALTERED}


def test_manifest_without_its_footage_is_no_choice() -> None:
    site = honest({"DCIM/long.mp4": b"footage", "DCIM/gone.mp4": b"gone"})
    files = site.pack()
    del files[named(files, "gone.mp4")]
    assert original_of(MemorySource(files), Wanted(begin=0)).footage.endswith("long.mp4")
