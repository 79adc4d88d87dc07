"""The command line, on real folders: exit codes, JSON, links, and no write to the package."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.evidence.__main__ import main
from edge.evidence.digest import Digest
from edge.evidence.folder import FolderSource
from tests.evidence.makers import ORIGIN
from tests.evidence.package_makers import Desk, flipped, honest, named


@pytest.fixture(scope="module")
def desk() -> Desk:
    return honest()


@pytest.fixture
def package(desk: Desk, tmp_path: Path) -> Path:
    return written(desk.pack(), tmp_path / "package")


@pytest.fixture
def trust(desk: Desk, tmp_path: Path) -> Path:
    return trusting(desk, tmp_path / "trust")


def written(files: Mapping[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def trusting(desk: Desk, folder: Path) -> Path:
    """A trust folder for what this site signs."""
    folder.mkdir()
    public = base64.b64encode(desk.site.root.public).decode()
    policy = {
        "format": "liuhen-trust-policy/v1",
        "roots": [{"name": "root", "algorithm": "ed25519", "public": public}],
        "logs": [{"origin": ORIGIN, "vkey": desk.site.log.vkey}],
        "witnesses": [],
        "quorum": {"stations": 0, "outsiders": 0},
        "tsa": [],
    }
    (folder / "policy.json").write_text(json.dumps(policy))
    return folder


def verify(package: Path, trust: Path, *options: str) -> int:
    return main(["verify", str(package), "--trust", str(trust), *options])


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    wire: dict[str, Any] = json.loads(capsys.readouterr().out)
    return wire


def test_sound_package_exits_0(
    package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(package, trust, "--lang", "en") == 0
    assert capsys.readouterr().out.startswith("✔ Everything holds. Grade C")


def test_json_answer_has_the_documented_members(
    package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(package, trust, "--json") == 0
    wire = answered(capsys)
    assert set(wire) == {
        "format",
        "ok",
        "grade",
        "verdicts",
        "steps",
        "recordings",
        "checkpoint",
        "witnesses",
        "anchors",
    }
    assert (wire["format"], wire["ok"], wire["grade"]) == ("liuhen-verification/v1", True, "C")
    assert wire["verdicts"] == []
    assert [step["number"] for step in wire["steps"]] == list(range(1, 9))


def test_flipped_byte_exits_1_with_file_and_range(
    desk: Desk, package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = named(desk.pack(), "a.mp4")
    path = package / name
    path.write_bytes(flipped(path.read_bytes(), 2))
    assert verify(package, trust, "--json") == 1
    (verdict,) = answered(capsys)["verdicts"]
    assert (verdict["code"], verdict["file"]) == ("FILE_ALTERED", name)
    assert verdict["ranges"] == [[0, 7]]


def test_quiet_is_one_line(package: Path, trust: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "bagit.txt").write_bytes(b"")
    assert verify(package, trust, "--quiet", "--lang", "zh") == 1
    assert capsys.readouterr().out == "✘ 不成立: PKG_ALTERED.\n"


@pytest.mark.parametrize(
    ("language", "word"),
    [("zh_CN.UTF-8", "全部成立"), ("en_GB", "Everything"), ("C", "Everything")],
)
def test_language_comes_from_the_environment(
    package: Path,
    trust: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    word: str,
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert verify(package, trust) == 0
    assert word in capsys.readouterr().out


@pytest.mark.parametrize("json_", [[], ["--json"]])
def test_wrong_usage_exits_2(
    package: Path, trust: Path, capsys: pytest.CaptureFixture[str], json_: list[str]
) -> None:
    assert verify(package / "no", trust, *json_) == 2
    assert verify(package / "bagit.txt", trust, *json_) == 2
    assert verify(package, trust / "no", *json_) == 2
    (trust / "policy.json").write_text("{}")
    capsys.readouterr()
    assert verify(package, trust, *json_) == 2
    told = capsys.readouterr()
    assert "TRUST_INVALID" in told.err
    assert not json_ or json.loads(told.out)["error"]["code"] == "TRUST_INVALID"


@pytest.mark.parametrize("words", [[], ["verify"], ["verify", "x"], ["conjure", "x"]])
def test_unknown_words_exit_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2


@pytest.mark.parametrize("words", [["--help"], ["verify", "--help"], ["digest", "--help"]])
def test_help_tells_the_exit_codes_or_options(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0
    assert "--json" in capsys.readouterr().out or words == ["--help"]


def test_file_replaced_by_a_link_is_never_followed(
    desk: Desk, package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = named(desk.pack(), "a.mp4")
    path = package / name
    elsewhere = package.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)  # the very bytes that were signed, but outside
    assert verify(package, trust, "--json") == 1
    (verdict,) = answered(capsys)["verdicts"]
    assert (verdict["code"], verdict["file"], verdict["found"]) == ("PKG_EXTRA", name, "a link")


def test_folder_replaced_by_a_link_is_never_followed(
    package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = package.parent / "elsewhere"
    (package / "data/footage").rename(elsewhere)
    (package / "data/footage").symlink_to(elsewhere)
    assert verify(package, trust, "--json") == 1
    found = {(v["code"], v.get("file")) for v in answered(capsys)["verdicts"]}
    assert ("PKG_EXTRA", "data/footage") in found
    assert any(code == "PKG_MISSING" for code, _ in found)
    with pytest.raises(OSError, match=r"(?i)directory"):
        FolderSource(package).open(f"data/footage/{next(elsewhere.iterdir()).name}/a.mp4")


def test_pipe_in_the_package_does_not_hang_the_verifier(
    package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(package / "data/pipe")
    assert verify(package, trust, "--json") == 1
    (verdict,) = answered(capsys)["verdicts"]
    assert (verdict["code"], verdict["found"]) == ("PKG_EXTRA", "a device or pipe")


def test_name_that_is_not_utf8_is_extra_and_shown_escaped(
    package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / os.fsdecode(b"data/\xff\x1b[2J")).write_bytes(b"x")
    assert verify(package, trust, "--json") == 1
    (verdict,) = answered(capsys)["verdicts"]
    assert verdict["code"] == "PKG_EXTRA"
    assert verdict["file"].isascii()
    assert verify(package, trust, "--lang", "en") == 1
    assert "\x1b" not in capsys.readouterr().out


def test_verifying_changes_nothing_in_the_package(package: Path, trust: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in package.rglob("*")}
    assert verify(package, trust) == 0
    assert {p: p.stat().st_mtime_ns for p in package.rglob("*")} == before


def test_footage_is_verified_in_flat_memory(tmp_path: Path) -> None:
    program = (
        "import resource, sys\n"
        "from edge.evidence.__main__ import main\n"
        "code = main(sys.argv[1:])\n"
        "print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = []
    for mebibytes in (1, 96):
        desk = honest({"a.mp4": bytes(mebibytes << 20)})
        package, trust = tmp_path / f"{mebibytes}", tmp_path / f"trust-{mebibytes}"
        written(desk.pack(), package)
        trusting(desk, trust)
        words = ["verify", package, "--trust", trust, "--quiet"]
        ran = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
        )
        code, peak = ran.stdout.splitlines()[-1].split()
        assert code == "0"
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < 24


def test_digest_agrees_with_the_manifest(
    desk: Desk, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, content = next(iter(desk.contents.values()))
    path = package / named(desk.pack(), "a.mp4")
    assert main(["digest", str(path), "--json"]) == 0
    facts = answered(capsys)
    assert facts == {
        "sha256": str(Digest.of(content)),
        "size": 7,
        "segment_count": 1,
        "segment_root": str(recording.file.segment_root),
    }
    assert main(["digest", str(path)]) == 0
    assert facts["sha256"] in capsys.readouterr().out
    assert main(["digest", str(path / "no")]) == 2


def test_show_tells_what_an_envelope_says_and_that_it_was_not_checked(
    desk: Desk, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = desk.log[-1].digest
    path = package / f"data/envelopes/{digest}.json"
    assert main(["show", str(path)]) == 0
    told = capsys.readouterr().out
    assert str(digest) in told
    assert "No signature was checked" in told
    assert main(["show", str(path), "--json"]) == 0
    shown = answered(capsys)
    assert (shown["type"], shown["verified"]) == ("export/v1", False)


def test_show_refuses_what_is_no_envelope(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(package / "bagit.txt"), "--json"]) == 1
    assert answered(capsys)["error"]["code"] == "ENCODING_BAD"
    assert main(["show", str(package / "no")]) == 2


def test_module_runs_as_a_program(package: Path, trust: Path) -> None:
    command = [sys.executable, "-m", "edge.evidence", "verify", package, "--trust", trust]
    sound = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert (sound.returncode, sound.stderr) == (0, "")
    (package / "data/checkpoint").write_bytes(b"")
    narrow = dict(os.environ, PYTHONIOENCODING="ascii", LC_ALL="zh_CN.UTF-8")
    wrong = subprocess.run(command, capture_output=True, text=True, check=False, env=narrow)
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert "LOG_SIG_BAD" in wrong.stdout
