"""A byte range verifies without the rest: what is in it is found, nothing else is read."""

from typing import BinaryIO

import pytest

from edge.evidence.clipping import original_of
from edge.evidence.errors import RangeError
from edge.evidence.range_proof import RangeProof
from edge.evidence.verify_part import Wanted, verify_part
from edge.evidence.verify_report import Code, Report, StepName
from edge.evidence.verify_source import MemorySource
from edge.evidence.verify_words import tell
from tests.evidence.clip_makers import LONG, MIB, desk, long_recording, package
from tests.evidence.package_makers import flipped, honest, named, resealed


def ranged(
    files: dict[str, bytes], begin: int, end: int | None, proof: RangeProof | None = None
) -> Report:
    wanted = Wanted(begin=begin, end=end, recording=long_recording(), proof=proof)
    return verify_part(MemorySource(files), desk().policy(), wanted)


def proof_of(begin: int, end: int) -> RangeProof:
    wanted = Wanted(begin=begin, end=end, recording=long_recording())
    return original_of(MemorySource(package()), wanted).proof


def footage(files: dict[str, bytes]) -> str:
    return named(files, "long.mp4")


def only(report: Report) -> Code:
    (verdict,) = report.verdicts
    return verdict.code


def test_sound_range_holds_and_says_what_it_is() -> None:
    report = ranged(package(), MIB + 5, 2 * MIB + 1)
    assert report.ok
    assert report.part == {
        "recording": long_recording(),
        "begin": MIB,
        "end": 3 * MIB,
        "size": len(LONG),
    }
    assert [it.recording for it in report.recordings] == [long_recording()]
    assert report.to_wire()["part"] == report.part
    assert "Only bytes 1,048,576 to 3,145,727" in tell(report, "en")
    assert "Everything holds" not in tell(report, "en")


def test_range_may_run_to_the_end() -> None:
    assert ranged(package(), 5 * MIB, None).part["end"] == len(LONG)


def test_nothing_outside_the_range_is_read() -> None:
    reads: list[tuple[int, int]] = []

    class Watched(MemorySource):
        def open(self, name: str) -> BinaryIO:
            stream = super().open(name)
            if name.startswith("data/footage/"):
                read = stream.read

                def watched(size: int = -1) -> bytes:
                    reads.append((stream.tell(), size))
                    return read(size)

                stream.read = watched  # type: ignore[method-assign] # to see what is read
            return stream

    wanted = Wanted(begin=2 * MIB, end=2 * MIB + 1, recording=long_recording())
    assert verify_part(Watched(package()), desk().policy(), wanted).ok
    assert reads == [(2 * MIB, MIB)]


def test_alteration_in_the_range_is_located() -> None:
    files = package()
    files[footage(files)] = flipped(LONG, 2 * MIB + 7)
    report = ranged(files, MIB, 4 * MIB)
    assert only(report) is Code.FILE_ALTERED
    assert report.verdicts[0].ranges == ((2 * MIB, 3 * MIB),)
    assert not report.recordings[0].ok


def test_alteration_elsewhere_is_not_this_range() -> None:
    files = package()
    files[footage(files)] = flipped(LONG, 2 * MIB + 7)
    assert ranged(files, 0, 2 * MIB).ok


def test_cut_off_end_is_found_by_the_size_alone() -> None:
    files = package()
    files[footage(files)] = LONG[: 3 * MIB + 5]
    for begin, end in ((0, MIB), (3 * MIB, 4 * MIB), (5 * MIB, 5 * MIB + 1)):
        assert only(ranged(files, begin, end)) is Code.FILE_TRUNCATED
    files[footage(files)] = flipped(LONG, 0)[: 3 * MIB + 5]
    report = ranged(files, 0, len(LONG))
    assert [it.code for it in report.verdicts] == [Code.FILE_TRUNCATED, Code.FILE_ALTERED]
    assert report.verdicts[1].ranges == ((0, MIB),)


def test_added_end_is_found_by_the_size_alone() -> None:
    files = package()
    files[footage(files)] = LONG + b"more"
    assert only(ranged(files, 0, 5)) is Code.FILE_EXTENDED


def test_missing_or_unreadable_footage_is_missing() -> None:
    files = package()
    name = footage(files)
    del files[name]
    assert only(ranged(files, 0, 5)) is Code.PKG_MISSING

    class Broken(MemorySource):
        def open(self, name: str) -> BinaryIO:
            if name.startswith("data/footage/"):
                raise OSError
            return super().open(name)

    wanted = Wanted(begin=0, end=5, recording=long_recording())
    report = verify_part(Broken(package()), desk().policy(), wanted)
    assert (only(report), report.verdicts[0].found) == (Code.PKG_MISSING, "OSError")


def test_footage_that_was_refused_is_reported_once() -> None:
    class Linked(MemorySource):
        def entries(self):
            for entry in super().entries():
                kind = "a link" if entry.name.endswith("long.mp4") else "file"
                yield type(entry)(entry.name, entry.size, kind)

    wanted = Wanted(begin=0, end=5, recording=long_recording())
    report = verify_part(Linked(package()), desk().policy(), wanted)
    assert only(report) is Code.PKG_EXTRA


@pytest.mark.parametrize("code", ["PKG_MISSING", "PKG_ALTERED"])
def test_forged_leaf_list_proves_nothing(code: str) -> None:
    files = package()
    name = named(files, f"{long_recording()}.leaves")
    if code == "PKG_MISSING":
        del files[name]
    else:
        files[name] = flipped(files[name], 40)
    report = ranged(resealed(files), MIB, 2 * MIB)
    assert not report.ok
    assert (name, code) in {(it.file, it.code) for it in report.verdicts}
    with_proof = ranged(resealed(files), MIB, 2 * MIB, proof_of(0, 4 * MIB))
    assert next(it for it in with_proof.steps if it.name is StepName.FOOTAGE).ok


def test_leaf_list_that_was_refused_is_reported_once() -> None:
    class Linked(MemorySource):
        def entries(self):
            for entry in super().entries():
                kind = "a link" if entry.name.endswith(".leaves") else "file"
                yield type(entry)(entry.name, entry.size, kind)

    wanted = Wanted(begin=0, end=5, recording=long_recording())
    report = verify_part(Linked(package()), desk().policy(), wanted)
    assert {it.code for it in report.verdicts} == {Code.PKG_EXTRA}


def test_range_proof_takes_the_place_of_the_leaf_list() -> None:
    files = package()
    proof = proof_of(MIB, 4 * MIB)
    assert ranged(files, 2 * MIB, 3 * MIB, proof).ok
    files[footage(files)] = flipped(LONG, 2 * MIB)
    assert only(ranged(files, 2 * MIB, 3 * MIB, proof)) is Code.FILE_ALTERED


def test_proof_of_another_recording_is_foreign() -> None:
    wanted = Wanted(begin=0, end=5, recording=named(package(), "short.mp4").split("/")[2])
    other = original_of(MemorySource(package()), wanted).proof
    assert only(ranged(package(), 0, 5, other)) is Code.CLIP_FOREIGN


def test_proof_that_does_not_reach_is_wrong_usage() -> None:
    with pytest.raises(RangeError):
        ranged(package(), 0, 5, proof_of(MIB, 2 * MIB))


def test_recording_has_to_be_named_and_known() -> None:
    for recording in (None, "ab" * 16):
        with pytest.raises(RangeError):
            verify_part(
                MemorySource(package()),
                desk().policy(),
                Wanted(begin=0, end=5, recording=recording),
            )
    with pytest.raises(RangeError):
        ranged(package(), 0, len(LONG) + 1)


def test_only_recording_need_not_be_named() -> None:
    site = honest({"DCIM/a.mp4": b"footage"})
    assert verify_part(MemorySource(site.pack()), site.policy(), Wanted(begin=0)).ok


def test_forged_manifest_leaves_the_range_unchecked() -> None:
    files = package()
    envelopes = [it for it in files if it.startswith("data/envelopes/")]
    manifest = next(it for it in envelopes if str(proof_of(0, 1).envelope) in it)
    files[manifest] = files[manifest].replace(b'"sig":"', b'"sig":"AA', 1)
    report = ranged(files, 0, 5)
    assert not report.ok
    assert not report.recordings[0].ok
    assert "begin" not in report.part
    assert tell(report, "zh").startswith("✘")
