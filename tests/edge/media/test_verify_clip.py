"""Clips that ffmpeg cut without decoding, against the package; and clips that are none."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edge.evidence.errors import RangeError
from edge.evidence.media_tree import StreamPackets
from edge.evidence.verify import verify_package
from edge.evidence.verify_report import Code, Report
from edge.evidence.verify_source import MemorySource
from edge.evidence.verify_trim import verify_trim
from edge.evidence.verify_words import tell
from edge.media.__main__ import main
from edge.media.packets import read_packets
from tests.edge.media.media_makers import (
    GOPRO,
    HEVC,
    SIGNED,
    MediaDesk,
    exported,
    ffmpeg,
    packet_list,
    packets,
)
from tests.evidence.package_makers import flipped, named, resealed
from tests.evidence.test_main import trusting, written

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")


@pytest.fixture(scope="module")
def desk() -> MediaDesk:
    return exported(GOPRO, HEVC, SIGNED)


@pytest.fixture(scope="module")
def lists(desk: MediaDesk) -> dict[str, bytes]:
    by_name = {it.name: it for it in (GOPRO, HEVC, SIGNED)}
    known = (it for it, _ in desk.contents.values())
    return {it.recording: packet_list(by_name[it.source.path]) for it in known}


@pytest.fixture(scope="module")
def package(desk: MediaDesk, lists: dict[str, bytes]) -> dict[str, bytes]:
    return desk.pack_with(lists)


def judge(desk: MediaDesk, package: dict[str, bytes], clip: Path, **options: Any) -> Report:
    found = read_packets(clip)
    assert found is not None
    return verify_trim(MemorySource(package), desk.policy(), found.streams, **options)


def codes(report: Report) -> set[Code]:
    return {it.code for it in report.verdicts}


def test_package_with_packet_lists_holds(desk: MediaDesk, package: dict[str, bytes]) -> None:
    assert sum(1 for it in package if it.startswith("data/media/")) == 3
    assert verify_package(MemorySource(package), desk.policy()).ok


def test_cameras_own_signature_is_shown_as_a_claim(
    desk: MediaDesk, package: dict[str, bytes]
) -> None:
    report = verify_package(MemorySource(package), desk.policy())
    shown = {it.facts["path"]: it.facts.get("camera_signature") for it in report.recordings}
    assert shown == {GOPRO.name: None, HEVC.name: None, SIGNED.name: "onvif-media-signing"}
    assert "seen, not verified" in tell(report, "en")
    assert "仅识别，未验证" in tell(report, "zh")


@pytest.mark.parametrize("sample", [GOPRO, HEVC, SIGNED], ids=lambda it: it.name)
@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("seek", ["-ss 3 -to 6", "-ss 2.5", "-to 4.1"])
def test_stream_copied_trim_is_a_part(
    desk: MediaDesk,
    package: dict[str, bytes],
    tmp_path: Path,
    sample: Path,
    ending: str,
    seek: str,
) -> None:
    for where, before, after in (("in", seek, ""), ("out", "", seek)):
        clip = tmp_path / f"{where}.{ending}"
        streams = ["-map", "0:v", "-map", "0:a?", "-c", "copy"]
        ffmpeg(*before.split(), "-i", sample, *after.split(), *streams, clip)
        report = judge(desk, package, clip)
        assert report.verdicts == ()
        assert report.ok
        assert report.part["recording"] == report.recordings[0].recording
        assert report.recordings[0].facts["path"] == sample.name


def test_whole_recording_is_a_part_of_itself(desk: MediaDesk, package: dict[str, bytes]) -> None:
    report = judge(desk, package, GOPRO)
    assert report.ok
    assert report.part["stream 0"] == "packets 0 to 315"
    assert report.part["unchecked"] == "2, 3, 4"


def test_left_out_sound_is_said(desk: MediaDesk, package: dict[str, bytes], tmp_path: Path) -> None:
    ffmpeg("-i", GOPRO, "-map", "0:v", "-c", "copy", tmp_path / "a.mp4")
    report = judge(desk, package, tmp_path / "a.mp4")
    assert (report.ok, report.part["left_out"]) == (True, "1")


def test_piece_taken_out_of_the_middle_is_a_gap(
    desk: MediaDesk, package: dict[str, bytes], tmp_path: Path
) -> None:
    for name, cut in (("a", ("-to", "2")), ("b", ("-ss", "6"))):
        ffmpeg(*cut, "-i", GOPRO, "-map", "0:v", "-c", "copy", tmp_path / f"{name}.mp4")
    (tmp_path / "list").write_text("file 'a.mp4'\nfile 'b.mp4'\n")
    joined = tmp_path / "joined.mp4"
    unconverted = ("-f", "concat", "-auto_convert", "0")
    ffmpeg(*unconverted, "-i", tmp_path / "list", "-c", "copy", joined)
    assert codes(judge(desk, package, joined)) == {Code.CLIP_GAP}


def test_encoded_anew_is_foreign(
    desk: MediaDesk, package: dict[str, bytes], tmp_path: Path
) -> None:
    clip = tmp_path / "a.mp4"
    ffmpeg("-to", "1", "-i", GOPRO, "-map", "0:v", "-c", "mpeg4", clip)
    assert codes(judge(desk, package, clip)) == {Code.CLIP_FOREIGN}


def test_sound_of_another_minute_is_retimed(
    desk: MediaDesk, package: dict[str, bytes], tmp_path: Path
) -> None:
    clip = tmp_path / "a.mp4"
    ffmpeg(
        "-to",
        "3",
        "-i",
        GOPRO,
        "-ss",
        "6",
        "-i",
        GOPRO,
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c",
        "copy",
        "-shortest",
        clip,
    )
    assert codes(judge(desk, package, clip)) == {Code.CLIP_RETIMED}


def test_slowed_down_is_retimed(desk: MediaDesk, package: dict[str, bytes], tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    ffmpeg("-itsscale", "1.5", "-i", HEVC, "-c", "copy", clip)
    assert codes(judge(desk, package, clip)) == {Code.CLIP_RETIMED}


def test_other_container_framing_is_foreign(
    desk: MediaDesk, package: dict[str, bytes], tmp_path: Path
) -> None:
    ffmpeg("-to", "2", "-i", HEVC, "-c", "copy", tmp_path / "a.ts")
    assert codes(judge(desk, package, tmp_path / "a.ts")) == {Code.CLIP_FOREIGN}


def test_wrong_recording_is_foreign(desk: MediaDesk, package: dict[str, bytes]) -> None:
    other = named(package, GOPRO.name).split("/")[2]
    assert codes(judge(desk, package, HEVC, recording=other)) == {Code.CLIP_FOREIGN}


def test_unknown_recording_is_wrong_usage(desk: MediaDesk, package: dict[str, bytes]) -> None:
    with pytest.raises(RangeError):
        judge(desk, package, HEVC, recording="ab" * 16)


def test_recording_without_a_tree_is_wrong_usage() -> None:
    bare = exported(bare=(HEVC,))
    with pytest.raises(RangeError):
        judge(bare, bare.pack(), HEVC)


def test_flipped_packet_list_is_altered_and_proves_nothing(
    desk: MediaDesk, package: dict[str, bytes]
) -> None:
    name = f"data/media/{named(package, HEVC.name).split('/')[2]}.packets"
    files = package | {name: flipped(package[name], 40)}
    for forged in (files, resealed(files)):
        report = judge(desk, forged, HEVC)
        assert not report.ok
        assert {(it.code, it.file) for it in report.verdicts} == {(Code.PKG_ALTERED, name)}
        whole = verify_package(MemorySource(forged), desk.policy())
        assert {(it.code, it.file) for it in whole.verdicts} == {(Code.PKG_ALTERED, name)}


def test_lost_packet_list_is_missing(desk: MediaDesk, package: dict[str, bytes]) -> None:
    name = f"data/media/{named(package, HEVC.name).split('/')[2]}.packets"
    files = {it: data for it, data in package.items() if it != name}
    report = verify_package(MemorySource(files), desk.policy())
    assert {(it.code, it.file) for it in report.verdicts} == {(Code.PKG_MISSING, name)}


def test_packet_list_of_no_recording_is_extra(desk: MediaDesk, package: dict[str, bytes]) -> None:
    files = resealed(package | {f"data/media/{'ab' * 16}.packets": b""})
    report = verify_package(MemorySource(files), desk.policy())
    assert Code.PKG_EXTRA in codes(report)


def test_packet_list_that_was_refused_is_reported_once(
    desk: MediaDesk, package: dict[str, bytes]
) -> None:
    class Linked(MemorySource):
        def entries(self):
            for entry in super().entries():
                kind = "a link" if entry.name.startswith("data/media/") else "file"
                yield type(entry)(entry.name, entry.size, kind)

    report = verify_package(Linked(package), desk.policy())
    assert codes(report) == {Code.PKG_EXTRA}


def test_package_without_lists_is_read_again(desk: MediaDesk) -> None:
    files = desk.pack()

    def read(name: str) -> tuple[StreamPackets, ...]:
        assert name == named(files, HEVC.name)
        return packets(HEVC).streams

    recording = named(files, HEVC.name).split("/")[2]
    assert judge(desk, files, HEVC, recording=recording, read=read).ok
    unread = judge(desk, files, HEVC, recording=recording)
    assert (unread.ok, unread.verdicts) == (False, ())
    other = judge(desk, files, HEVC, recording=recording, read=lambda _: packets(GOPRO).streams)
    assert not other.ok


@pytest.fixture
def folder(desk: MediaDesk, tmp_path: Path) -> Path:
    return written(desk.pack(), tmp_path / "package")


def ask(folder: Path, desk: MediaDesk, clip: Path, *options: str) -> int:
    trust = folder.parent / "trust"
    if not trust.exists():
        trusting(desk, trust)
    paths = ["--package", str(folder), "--trust", str(trust)]
    return main(["verify-clip", str(clip), *paths, *options])


def test_command_verifies_a_trim(
    folder: Path, desk: MediaDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "clip.mp4"
    ffmpeg("-ss", "3", "-to", "6", "-i", GOPRO, "-c", "copy", clip)
    assert ask(folder, desk, clip) == 0
    assert capsys.readouterr().out.startswith("✔ This part holds. Grade C")
    assert ask(folder, desk, clip, "--lang", "zh") == 0
    assert "所核验的部分成立" in capsys.readouterr().out
    assert ask(folder, desk, clip, "--json") == 0
    assert json.loads(capsys.readouterr().out)["part"]["stream 0"].startswith("packets ")


def test_command_tells_what_is_wrong(
    folder: Path, desk: MediaDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "clip.mp4"
    ffmpeg("-to", "1", "-i", GOPRO, "-map", "0:v", "-c", "mpeg4", clip)
    recording = named(desk.pack(), GOPRO.name).split("/")[2]
    assert ask(folder, desk, clip, "--recording", recording) == 1
    assert "CLIP_FOREIGN" in capsys.readouterr().out
    assert ask(folder, desk, tmp_path / "none", "--json") == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "CLIP_NOT_FOUND"
    (tmp_path / "text").write_text("no media")
    assert ask(folder, desk, tmp_path / "text") == 2
    assert ask(folder, desk, clip, "--recording", "00") == 2
    assert "RANGE_BAD" in capsys.readouterr().err


def test_footage_that_cannot_be_read_leaves_the_clip_unchecked(
    folder: Path, desk: MediaDesk, tmp_path: Path
) -> None:
    path = folder / named(desk.pack(), HEVC.name)
    recording = path.parent.name
    path.write_bytes(b"no media")
    assert ask(folder, desk, HEVC, "--recording", recording) == 1
