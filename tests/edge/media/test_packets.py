"""Packets are those that FFmpeg tells; any file gets an answer; a camera's claim is seen."""

import io
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.media import packet_probe
from edge.media import packets as packets_module
from edge.media.packets import packets_in, read_packets
from tests.edge.media.media_makers import GOPRO, HEVC, SIGNED, packets

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")


@needs_ffmpeg
@pytest.mark.parametrize("sample", [GOPRO, HEVC, SIGNED], ids=lambda it: it.name)
def test_digests_are_those_of_framehash(sample: Path) -> None:
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", sample, "-map", "0:v", "-map", "0:a?"]
    command += ["-c", "copy", "-f", "framehash", "-hash", "sha256", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split(",") for line in told.splitlines() if not line.startswith("#")]
    theirs: dict[int, list[str]] = {}
    for row in rows:
        theirs.setdefault(int(row[0]), []).append(row[-1].strip())
    streams = packets(sample).tree_streams
    ours = {at: [it.hex() for it in stream.digests] for at, stream in enumerate(streams)}
    assert ours == theirs


def test_streams_are_told_apart() -> None:
    found = packets(GOPRO)
    kinds = [(it.index, it.kind) for it in found.tree_streams]
    assert kinds == [(0, "video"), (1, "audio")]
    assert {it.kind for it in found.streams} == {"video", "audio", "data"}
    assert all(it.setup for it in found.tree_streams)
    assert found.signature is None


def test_camera_signature_is_recognised() -> None:
    found = packets(SIGNED).signature
    assert found is not None
    assert (found.kind, found.stream, found.messages) == ("onvif-media-signing", 0, 5)
    assert packets(HEVC).signature is None


def onvif(start: bytes) -> bytes:
    return start + b"\x05\xff\x10" + packet_probe._ONVIF + b"rest"


@pytest.mark.parametrize(
    ("unit", "codec", "is_one"),
    [
        (onvif(b"\x06"), "h264", True),
        (onvif(b"\x4e\x01"), "hevc", True),
        (onvif(b"\x50\x01"), "hevc", True),
        (onvif(b"\x65"), "h264", False),
        (b"\x06\x04\x10" + packet_probe._ONVIF, "h264", False),
        (b"\x06\x05\x10" + bytes(16) + packet_probe._ONVIF, "h264", False),
        (b"\x06\x05" + b"\xff" * 30, "h264", False),
        (b"\x06", "h264", False),
        (b"", "hevc", False),
    ],
)
def test_only_the_standards_message_is_one(unit: bytes, codec: str, *, is_one: bool) -> None:
    assert packet_probe.is_signature(unit, codec) is is_one


def test_units_are_found_in_both_framings() -> None:
    assert packet_probe.units(b"\0\0\0\1\x06\0\0\1\x65ab", 0)[-2:] == [b"\x06", b"\x65ab"]
    assert packet_probe.units(b"\0\0\0\2\x06a\0\0\0\1\x65", 4) == [b"\x06a", b"\x65"]
    assert packet_probe.units(b"\0\0\xff\xff\x06", 4) == [b"\x06"]
    assert packet_probe.units(b"\0", 4) == []


@pytest.fixture
def made(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(content: bytes) -> Path:
        path = tmp_path / "a.mp4"
        path.write_bytes(content)
        return path

    return make


@pytest.mark.parametrize("content", [b"", b"no media", b"\0" * 5000])
def test_other_files_have_no_packets(made: Callable[[bytes], Path], content: bytes) -> None:
    assert read_packets(made(content)) is None


@pytest.mark.parametrize("seed", range(6))
def test_mutilated_files_get_an_answer(made: Callable[[bytes], Path], seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray(HEVC.read_bytes())
    for _ in range(300):
        content[dice.randrange(len(content))] = dice.randrange(256)
    read_packets(made(bytes(content)))


def test_child_and_parent_speak_the_same_language() -> None:
    out = io.BytesIO()
    with SIGNED.open("rb") as file:
        packet_probe.answer(file, out)
    out.seek(0)
    assert packets_module._read(out) == packets(SIGNED)


def test_missing_file_is_the_callers_problem(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        read_packets(tmp_path / "none")


def test_open_file_is_read_where_it_is_not_at_its_start() -> None:
    with HEVC.open("rb") as file:
        file.seek(100)
        assert packets_in(file) == packets(HEVC)


@pytest.mark.parametrize(
    "program",
    [
        "",
        "import sys; sys.stdout.buffer.write(b'\\xff' * 9)",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2{}')",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2[]' + bytes(42))",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\1x')",
    ],
)
def test_child_that_lies_or_dies_gives_no_packets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    child = tmp_path / "child.py"
    child.write_text(program)
    monkeypatch.setattr(packet_probe, "__file__", str(child))
    assert read_packets(HEVC) is None
