"""The first journey by public interfaces only: commands, the HTTP API, the package."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from edge import clock

PROJECT = Path(__file__).resolve().parents[2]
STEPS = [
    "prepare",
    "broker",
    "witness",
    "central",
    "station",
    "detected",
    "inventory",
    "copying",
    "sealed",
    "logged",
    "stored",
    "camera_untouched",
    "redocked",
    "linked",
    "deletion_refused",
    "exported",
    "verified",
    "tampered",
]

pytestmark = pytest.mark.broker


def command(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def run(module: str, *words: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(module, *words),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
        **options,
    )


def verify(package: Path, trust: Path) -> tuple[int, dict]:
    done = run("edge.evidence", "verify", str(package), "--trust", str(trust), "--json")
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    done = run("central.demo", "--once", "--lang", "en", "--keep", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_step_is_reported_in_order_and_holds(kept):
    report = json.loads((kept / "report.json").read_bytes())
    assert report["ok"] is True
    assert [step["step"] for step in report["steps"]] == STEPS
    assert all(step["ok"] for step in report["steps"])


def test_report_names_each_recording_as_the_camera_had_it(kept):
    report = json.loads((kept / "report.json").read_bytes())
    samples = {path.stat().st_size for path in (PROJECT / "tests/samples").glob("*.mp4")}
    assert {row["size"] for row in report["recordings"]} == samples
    for row in report["recordings"]:
        assert row["camera_path"].startswith("DCIM/100MEDIA/DCAM_")
        assert len(row["sha256"]) == 64
        assert row["leaf_index"] >= 0
        assert row["state"] == "stored"


def test_kept_package_verifies(kept):
    status, report = verify(kept / "package", kept / "trust")
    assert status == 0
    assert report["verdicts"] == []


def test_flipped_byte_is_located(kept, tmp_path):
    package = tmp_path / "package"
    shutil.copytree(kept / "package", package)
    victim = max((package / "data/footage").rglob("*.mp4"), key=lambda p: p.stat().st_size)
    victim.chmod(0o644)
    with victim.open("r+b") as file:
        file.seek(2_000_000)
        byte = file.read(1)
        file.seek(2_000_000)
        file.write(bytes([byte[0] ^ 0x80]))
    status, report = verify(package, kept / "trust")
    assert status == 1
    assert [v["code"] for v in report["verdicts"]] == ["FILE_ALTERED"]
    assert report["verdicts"][0]["ranges"] == [[1 << 20, 2 << 20]]


def test_package_under_foreign_trust_is_refused(kept, tmp_path):
    done = run("central", "init", "--data", str(tmp_path / "other"), "--site", "other")
    assert done.returncode == 0, done.stderr
    status, report = verify(kept / "package", tmp_path / "other" / "trust")
    assert status == 1
    assert "KEY_UNTRUSTED" in {verdict["code"] for verdict in report["verdicts"]}


def test_verifier_says_wrong_usage_with_2(kept, tmp_path):
    assert run("edge.evidence", "verify").returncode == 2
    nothing = run("edge.evidence", "verify", str(tmp_path / "none"), "--trust", str(kept / "trust"))
    assert nothing.returncode == 2
    untrusted = run("edge.evidence", "verify", str(kept / "package"), "--trust", str(tmp_path))
    assert untrusted.returncode == 2


def test_foreign_tools_accept_the_bag(kept):
    bag = kept / "package"
    sums = subprocess.run(
        ["sha256sum", "-c", "--strict", "--quiet", "manifest-sha256.txt"], cwd=bag, check=False
    )
    assert sums.returncode == 0
    done = subprocess.run(command("bagit", "--validate", "--quiet", str(bag)), check=False)
    assert done.returncode == 0


def test_two_demos_at_once_and_nothing_left_behind(tmp_path):
    started = [
        subprocess.Popen(
            command("central.demo", "--once", "--lang", "zh", "--keep", str(tmp_path / name)),
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1", "TMPDIR": str(tmp_path)},
        )
        for name in ("one", "two")
    ]
    for process in started:
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 0, output
    assert not list(tmp_path.glob("liuhen-demo-*"))
    assert _processes_mentioning(str(tmp_path)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_stays_up_until_it_is_told_to_end_and_leaves_nothing(number, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command("central.demo", "--lang", "en"),
            cwd=PROJECT,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUTF8": "1", "TMPDIR": str(tmp_path)},
            # as a shell starts a job in the background
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - one call
        )
    deadline = clock.monotonic() + 120
    while "Ctrl-C" not in log.read_text() and clock.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    url = re.search(r"Open (http://\S+)", log.read_text()).group(1)
    assert httpx.get(f"{url}/login").status_code == 200
    process.send_signal(number)
    assert process.wait(timeout=30) == 0
    assert not list(tmp_path.glob("liuhen-demo-*"))
    assert _processes_mentioning(str(tmp_path)) == []


def test_own_camera_folder_of_any_shape_is_ingested(tmp_path):
    card = tmp_path / "card"
    (card / "PRIVATE").mkdir(parents=True)
    (card / "PRIVATE" / "clip one.MOV").write_bytes(os.urandom(3_000_000))
    (card / "empty.mp4").touch()
    (card / "说明.txt").write_text("现场", encoding="utf-8")
    gbk_name = os.fsencode(card) + b"/" + "执法.mp4".encode("gbk")
    with open(gbk_name, "wb") as file:  # noqa: PTH123 - the name is bytes
        file.write(b"x" * 1000)
    kept = tmp_path / "kept"
    done = run("central.demo", "--once", "--camera", str(card), "--keep", str(kept))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((kept / "report.json").read_bytes())
    assert len(report["recordings"]) == 4
    assert verify(kept / "package", kept / "trust")[0] == 0


def test_failed_step_gives_its_reason_and_a_code(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    kept = tmp_path / "kept"
    done = run(
        "central.demo", "--once", "--camera", str(empty), "--keep", str(kept), "--lang", "en"
    )
    assert done.returncode == 1
    assert "Failed" in done.stdout
    report = json.loads((kept / "report.json").read_bytes())
    assert report["ok"] is False
    assert "found none" in report["reason"]


def test_wrong_usage_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "package").mkdir()
    assert run("central.demo", "--keep", str(tmp_path)).returncode == 2
    assert run("central.demo", "--camera", str(tmp_path / "none")).returncode == 2
    assert run("central.demo", "--unknown").returncode == 2


def _processes_mentioning(text: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in words and process.name != str(os.getpid()):
            found.append(words)
    return found
