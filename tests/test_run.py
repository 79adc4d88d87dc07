"""`./run` in a copy of its own: complete or absent, one at a time, clear refusals, no network.

The copies have requirements of their own (nothing, or one small wheel made here), so that a
whole environment is really built each time, in seconds and without a registry. What a bare
Debian needs is shown by `tests/acceptance/clean_root.sh`.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
BROKER = "#!/bin/sh\necho 'mosquitto version 2.0.99'\nexit 3\n"
NOBODY = 65534


def _without_ensurepip() -> bool:
    ask = [sys.executable, "-c", "import ensurepip"]
    return subprocess.run(ask, capture_output=True, check=False).returncode != 0


needs_ensurepip = pytest.mark.skipif(_without_ensurepip(), reason="this Python has no ensurepip")


class Copy:
    """A folder with only what `./run setup` reads, and a way to run it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.venv = folder / ".venv"
        shutil.copytree(PROJECT / ".ci", folder / ".ci")
        shutil.copy(PROJECT / "run", folder / "run")
        for name in ("requirements.txt", "requirements-dev.txt"):
            (folder / name).write_text("# nothing\n", encoding="utf-8")
        broker = folder / "broker"
        broker.write_text(BROKER, encoding="utf-8")
        broker.chmod(0o755)
        self.environment = {
            "PATH": os.defpath + ":/usr/sbin:/sbin",
            "HOME": str(folder),
            "LIUHEN_PYTHON": sys.executable,
            "LIUHEN_MOSQUITTO": str(broker),
            "LIUHEN_APT": "no",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
        }

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / "run", *words],
            cwd="/",
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, **environment: str) -> tuple[int, str]:
        child = self.start(*words, **environment)
        said = child.communicate(timeout=120)[0]
        return child.returncode, said

    def level(self) -> str:
        return (self.venv / ".complete").read_text("ascii").split()[0]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "a folder, with spaces")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _wheel(folder: Path) -> str:
    """A wheel of one empty module; its SHA-256."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _require(copy: Copy, name: str, digest: str) -> None:
    (copy.folder / name).write_text(f"tiny==1.0 --hash=sha256:{digest}\n", encoding="utf-8")


def test_help_names_every_command(copy):
    code, said = copy.run("--help")
    assert code == 0
    for command in ("demo", "test", "check", "bench", "acceptance", "setup", "screenshots"):
        assert f"\n  {command} " in said
    assert not copy.venv.exists()


@pytest.mark.parametrize("words", [["frobnicate"], ["setup", "--fast"], ["acceptance", "none"]])
def test_wrong_usage_exits_2_and_sets_nothing_up(copy, words):
    assert copy.run(*words)[0] == 2
    assert not copy.venv.exists()


def test_missing_python_is_named_with_what_to_install(copy, tmp_path):
    programs = _made(tmp_path / "programs")
    for name in ("dirname", "readlink", "mkdir", "flock", "id", "sha256sum", "cut", "uname", "cat"):
        (programs / name).symlink_to(shutil.which(name))
    code, said = copy.run("setup", PATH=str(programs), LIUHEN_PYTHON="")
    assert code == 3
    assert "expected Python 3.11 or newer" in said
    assert "python3-venv" in said


@needs_ensurepip
def test_second_setup_touches_nothing(copy):
    assert copy.run("setup")[0] == 0
    before = (copy.venv / ".complete").stat().st_mtime_ns
    code, said = copy.run("setup", PATH_TO_NETWORK="none")
    assert code == 0
    assert "making" not in said
    assert (copy.venv / ".complete").stat().st_mtime_ns == before


@needs_ensurepip
def test_project_is_importable_from_anywhere(copy):
    _made(copy.folder / "central")
    (copy.folder / "central/__init__.py").write_text("HERE = 1\n", encoding="utf-8")
    copy.run("setup")
    ask = [copy.venv / "bin/python", "-c", "import central; print(central.HERE)"]
    assert subprocess.check_output(ask, cwd="/", env=copy.environment, text=True) == "1\n"


@needs_ensurepip
@pytest.mark.parametrize("ended", [signal.SIGTERM, signal.SIGKILL])
def test_interrupted_setup_is_made_whole_by_the_next(copy, ended):
    child = copy.start("setup")
    for line in child.stdout:
        if "making .venv" in line:
            os.killpg(child.pid, ended)
            break
    assert child.wait(60) != 0
    child.stdout.close()
    assert not (copy.venv / ".complete").exists()
    assert copy.run("setup")[0] == 0
    assert copy.level() == "demo"


@needs_ensurepip
def test_two_setups_at_once_build_one_environment(copy):
    children = [copy.start("setup") for _ in range(2)]
    said = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert "".join(said).count("making .venv") == 1
    assert "".join(said).count("waiting for it") <= 1


@needs_ensurepip
def test_changed_requirements_build_a_fresh_environment(copy):
    copy.run("setup")
    left = copy.venv / "left-over"
    left.touch()
    (copy.folder / "requirements-dev.txt").write_text("# changed\n", encoding="utf-8")
    code, said = copy.run("setup")
    assert code == 0
    assert "making .venv" in said
    assert not left.exists()


@needs_ensurepip
def test_demo_environment_grows_and_never_shrinks(copy, tmp_path):
    _require(copy, "requirements-dev.txt", _wheel(tmp_path))
    copy.run("setup")
    assert copy.level() == "demo"
    code, said = copy.run("setup", "--dev", PIP_FIND_LINKS=str(tmp_path))
    assert (code, copy.level()) == (0, "dev"), said
    assert "making" not in said
    assert copy.run("setup")[0] == 0
    assert copy.level() == "dev"


@needs_ensurepip
def test_altered_package_is_refused_and_nothing_is_left(copy, tmp_path):
    _wheel(tmp_path)
    _require(copy, "requirements.txt", "0" * 64)
    code, said = copy.run("setup", PIP_FIND_LINKS=str(tmp_path))
    assert code == 1
    assert "HASHES" in said
    assert not copy.venv.exists()


@needs_ensurepip
def test_unreachable_registry_is_named_and_nothing_is_left(copy, free_port):
    _require(copy, "requirements.txt", "0" * 64)
    index = f"http://127.0.0.1:{free_port}/simple"
    code, said = copy.run("setup", PIP_NO_INDEX="0", PIP_INDEX_URL=index, PIP_RETRIES="0")
    assert code == 4
    assert "expected the package registry to answer" in said
    assert not copy.venv.exists()


@pytest.mark.root
def test_folder_that_cannot_be_written_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # pytest's own folders are closed to other users
        copy = Copy(Path(folder) / "closed")
        nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        child = subprocess.run(
            [*nobody, copy.folder / "run", "setup"],
            env=copy.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode == 5, child.stderr
        assert "expected to write in" in child.stderr
        assert not copy.venv.exists()


@needs_ensurepip
def test_broker_that_does_not_start_is_not_used(copy, tmp_path):
    broken = copy.folder / "broken"
    broken.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    broken.chmod(0o755)
    programs = _made(tmp_path / "programs")
    good = (copy.folder / "broker").rename(programs / "mosquitto")
    path = f"{programs}:{copy.environment['PATH']}"
    code, said = copy.run("setup", LIUHEN_MOSQUITTO=str(broken), PATH=path)
    assert code == 0
    assert str(good) in said
