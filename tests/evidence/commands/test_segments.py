"""`range`, `clip`, `verify --range` on real folders: exit codes, JSON, what is left alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.evidence.__main__ import main
from tests.evidence.clip_makers import LONG, MIB, desk, long_recording, package
from tests.evidence.package_makers import flipped, named
from tests.evidence.test_main import trusting, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(package(), tmp_path / "package")


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    return trusting(desk(), tmp_path / "trust")


def ask(command: str, folder: Path, *options: str) -> int:
    return main([command, str(folder), *options])


def wire(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answered: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answered


def test_range_of_a_folder_verifies(
    folder: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--trust", str(trust), "--recording", long_recording(), "--json"]
    assert ask("verify", folder, "--range", "5:1048577", *options) == 0
    assert wire(capsys)["part"]["end"] == 2 * MIB
    assert ask("verify", folder, "--range", ":", *options) == 0
    assert wire(capsys)["part"]["end"] == len(LONG)


def test_range_proof_goes_to_standard_output_and_back_in(
    folder: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("range", folder, "--range", "0:5", "--recording", long_recording()) == 0
    proof = tmp_path / "proof.json"
    proof.write_text(capsys.readouterr().out)
    options = ["--trust", str(trust), "--recording", long_recording(), "--proof", str(proof)]
    assert ask("verify", folder, "--range", "0:5", *options) == 0
    name = named(package(), "long.mp4")
    (folder / name).write_bytes(flipped(LONG, 3))
    assert ask("verify", folder, "--range", "0:5", *options) == 1


def test_clip_is_a_folder_that_verifies(
    folder: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a" / "clip"
    options = ["--recording", long_recording(), "--range", f"{MIB}:{2 * MIB}", "--out", str(out)]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert ask("clip", folder, *options) == 0
    assert "1048576 to 2097152" in capsys.readouterr().out
    assert ask("verify", out, "--trust", str(trust), "--json") == 0
    assert wire(capsys)["part"] == {
        "recording": long_recording(),
        "begin": MIB,
        "end": 2 * MIB,
        "size": len(LONG),
    }
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert ask("clip", folder, *options, "--json") == 2
    assert wire(capsys)["error"]["code"] == "OUT_EXISTS"


def test_clip_answers_in_json(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--recording", long_recording(), "--range", "5242880:", "--json"]
    assert ask("clip", folder, *options, "--out", str(tmp_path / "clip")) == 0
    assert wire(capsys)["end"] == len(LONG)


def test_clip_of_altered_bytes_is_refused_and_nothing_is_made(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / named(package(), "long.mp4")).write_bytes(flipped(LONG, 3))
    out = tmp_path / "clip"
    options = ["--recording", long_recording(), "--range", "0:5", "--out", str(out)]
    assert ask("clip", folder, *options, "--json") == 1
    assert wire(capsys)["error"]["code"] == "CLIP_FOREIGN"
    assert ask("clip", folder, *options) == 1
    assert not out.exists()


def test_clip_that_cannot_be_written_is_wrong_usage(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    out = tmp_path / "file" / "clip"
    options = ["--recording", long_recording(), "--range", "0:5", "--out", str(out)]
    assert ask("clip", folder, *options) == 2
    assert "OUT_UNWRITABLE" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["range", "verify"])
def test_range_that_is_not_there_is_wrong_usage(
    command: str, folder: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--trust", str(trust)] if command == "verify" else []
    assert ask(command, folder, "--range", "0:99999999", "--recording", "00", *options) == 2
    assert "RANGE_BAD" in capsys.readouterr().err
    recording = ["--recording", long_recording()]
    assert ask(command, folder, "--range", "0:99999999", *recording, *options) == 2


def test_damaged_package_gives_no_range_proof(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "data" / "checkpoint").write_bytes(b"nothing")
    assert ask("range", folder, "--range", "0:5", "--recording", long_recording()) == 1
    assert "LOG_SIG_BAD" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["5", "a:b", "-1:5", "1:2:3", "٣:٤", "1" * 41 + ":"])
def test_range_that_is_no_range_is_wrong_usage(text: str, folder: Path, trust: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        ask("verify", folder, f"--range={text}", "--trust", str(trust))
    assert ended.value.code == 2


def test_proof_and_recording_need_a_range(
    folder: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("verify", folder, "--trust", str(trust), "--recording", "00") == 2
    bad = tmp_path / "bad"
    bad.write_bytes(b"{}")
    options = ["--trust", str(trust), "--range", "0:5", "--proof"]
    assert ask("verify", folder, *options, str(bad)) == 2
    assert "PROOF_INVALID" in capsys.readouterr().err
    assert ask("verify", folder, *options, str(tmp_path / "none")) == 2
    assert "PROOF_NOT_FOUND" in capsys.readouterr().err


def test_progress_is_for_people_only(
    folder: Path,
    trust: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    options = ["--trust", str(trust), "--range", f"0:{2 * MIB}", "--recording", long_recording()]
    assert ask("verify", folder, *options) == 0
    assert "1,048,576 / 2,097,152 bytes (50%)" in capsys.readouterr().err
    assert ask("verify", folder, *options, "--quiet") == 0
    assert not capsys.readouterr().err
