"""The units as systemd itself reads them, and that what they start exists.

That they really run under these restrictions is shown by `tests/acceptance/deploy.sh`.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
UNITS = sorted((PROJECT / "systemd").glob("*.service"))
PROGRAM = "/opt/liuhen/current/bin/python"
SERVICES = [unit for unit in UNITS if "@" not in unit.name]
EXPOSURE_AT_MOST = 20  # tenths, of systemd-analyze's own scale from 0 to 100

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze"
)


def commands() -> list[tuple[str, str]]:
    return [
        (unit.name, line.partition("=")[2])
        for unit in UNITS
        for line in unit.read_text("utf-8").splitlines()
        if line.startswith("Exec")
    ]


@needs_analyze
def test_systemd_accepts_every_unit(tmp_path):
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name
        copy.write_text(
            unit.read_text("utf-8").replace(PROGRAM, f'"{sys.executable}"'), encoding="utf-8"
        )
        copies.append(str(copy))
    words = ["systemd-analyze", "verify", "--man=no", *copies]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    about_ours = [line for line in done.stderr.splitlines() if "liuhen" in line]
    assert not about_ours, done.stderr
    assert done.returncode == 0, done.stderr


@needs_analyze
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_services_stay_confined(unit):
    words = ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_AT_MOST}"]
    done = subprocess.run([*words, unit], capture_output=True, text=True, check=False)
    if "rovide" in done.stderr or "nrecognized" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    assert done.returncode == 0, done.stdout[-600:] + done.stderr


@pytest.mark.parametrize(("unit", "command"), commands())
def test_what_a_unit_starts_exists_and_knows_its_options(unit, command):
    program, *words = shlex.split(command)
    assert program == PROGRAM
    flags, module = words[: words.index("-m")], words[words.index("-m") + 1]
    rest = words[words.index("-m") + 2 :]
    acts = rest[: next((i for i, it in enumerate(rest) if it.startswith("--")), len(rest))]
    done = subprocess.run(
        [sys.executable, *flags, "-m", module, *acts, "--help"],
        cwd=PROJECT,
        env={"PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{unit}: {done.stderr}"
    for option in (word for word in rest if word.startswith("--")):
        assert re.search(rf"^ +(-\w,? )?{option}\b|\[{option} ", done.stdout, re.MULTILINE), option


def test_privileged_unit_is_the_only_one_and_is_bound_to_its_device():
    privileged = [unit for unit in UNITS if "\nUser=" not in unit.read_text("utf-8")]
    assert [unit.name for unit in privileged] == ["liuhen-bay@.service"]
    text = privileged[0].read_text("utf-8")
    assert "BindsTo=dev-%i.device" in text
    assert "CapabilityBoundingSet=CAP_SYS_ADMIN\n" in text


def test_udev_rule_starts_the_unit_that_exists():
    rules = list((PROJECT / "firmware_hooks/udev").glob("*.rules"))
    wanted = {name for rule in rules for name in re.findall(r"liuhen-[\w-]+@", rule.read_text())}
    assert wanted == {"liuhen-bay@"}


@pytest.mark.root
@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers")
def test_accounts_and_run_folders_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    for program, extra, file in (
        ("systemd-sysusers", [], "sysusers.d/liuhen.conf"),
        ("systemd-tmpfiles", ["--create"], "tmpfiles.d/liuhen.conf"),
    ):
        words = [program, *extra, f"--root={tmp_path}", PROJECT / "systemd" / file]
        subprocess.run(words, check=True, capture_output=True)
    users = (tmp_path / "etc/passwd").read_text()
    for line in users.splitlines():
        assert line.endswith("/nologin")
    assert {"liuhen-central", "liuhen-agent"} <= {line.split(":")[0] for line in users.splitlines()}
    folder = tmp_path / "run/liuhen/announcements"
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (0, 0o755)
