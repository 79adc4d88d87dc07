"""Promises about the tree as a whole: what is in it, and what must never be in it."""

import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("edge", "firmware_hooks", "dock_agent", "central")
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-deploy.txt")
GENERATED = {".venv", ".local", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
GENERATED |= {"__pycache__", ".hypothesis", ".demo", "dist", "node_modules", "test-output"}
GENERATED |= {".import_linter_cache"}
LONGEST_MODULE = 300


@cache
def files() -> tuple[Path, ...]:
    """What a clone holds: by git where it is there, else everything that is not generated."""
    listing = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached"]
    if shutil.which("git") and (PROJECT / ".git").exists():
        done = subprocess.run(listing, capture_output=True, check=False, text=True)
        if done.returncode == 0:
            names = done.stdout.split("\0")[:-1]
            return tuple(path for name in names if (path := PROJECT / name).is_file())
    return tuple(
        path
        for path in sorted(PROJECT.rglob("*"))
        if path.is_file() and not GENERATED & set(path.relative_to(PROJECT).parts)
    )


def texts() -> list[tuple[str, str]]:
    read = []
    for path in files():
        raw = path.read_bytes()
        if b"\0" not in raw[:4096]:
            read.append((str(path.relative_to(PROJECT)), raw.decode("utf-8", "replace")))
    return read


def lines_matching(pattern: str, *, flags: int = 0, skip: tuple[str, ...] = ()) -> list[str]:
    matcher = re.compile(pattern, flags)
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        if name not in skip
        for number, line in enumerate(text.splitlines(), 1)
        if matcher.search(line)
    ]


def test_no_path_of_one_machine():
    homes = r"root|Users|home/(?!liuhen|pi\b|user\b)\w+"
    mounts = "work|workspace|opt/(?!liuhen)"
    assert not lines_matching(rf"(?<![\w.$}}{{~*:-])/({homes}|{mounts})/\w")


def test_no_address_of_a_package_registry():
    hosts = ["pypi" + r"\.org", "python" + r"hosted\.", "npm" + r"js\.", "deb" + r"\.debian\."]
    hosts += ["crates" + r"\.io", "rubygems" + r"\.", "docker" + r"\.io", "artifact" + "ory"]
    assert not lines_matching("|".join(hosts), flags=re.IGNORECASE)


def test_no_private_key():
    assert not lines_matching("-----BEGIN [A-Z ]*PRIVATE KEY-----", skip=("tests/test_tree.py",))


def test_nothing_is_left_for_later():
    later = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X"))
    assert not lines_matching(rf"#.*\b({later})\b")


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_hashed_and_name_no_address(name):
    text = (PROJECT / name).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) > 5
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,]+\])?==[^\s]+", block), block[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block[:80]


def test_development_requirements_hold_every_pin_of_the_demo():
    """`./run` lets a demo environment grow into a test environment on this promise."""
    pins = [_pins(name) for name in ("requirements.txt", "requirements-dev.txt")]
    assert pins[0] <= pins[1]


def _pins(name: str) -> set[str]:
    lines = (PROJECT / name).read_text("utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if line[:1].isalnum()}


def test_every_direct_dependency_is_locked():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, wanted in (
        ("requirements.txt", [*project["dependencies"], *extras["agent"], *extras["central"]]),
        ("requirements-dev.txt", extras["dev"]),
        ("requirements-deploy.txt", extras["deploy"]),
    ):
        locked = {pin.split("==")[0].split("[")[0] for pin in _pins(name)}
        for requirement in wanted:
            assert re.split(r"[\[<>=; ]", requirement)[0] in locked, requirement


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_stay_short_and_state_their_promise(package):
    for path in sorted((PROJECT / package).rglob("*.py")):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= LONGEST_MODULE, path
        if text.strip():
            assert text.lstrip().startswith(('"""', 'r"""')), f"{path} has no docstring"


def test_import_contracts_hold():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_every_package_is_in_the_wheel_and_under_contract():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]
    assert set(settings["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PACKAGES)
    assert set(settings["importlinter"]["root_packages"]) == set(PACKAGES)
    assert set(settings["mypy"]["packages"]) == set(PACKAGES)
