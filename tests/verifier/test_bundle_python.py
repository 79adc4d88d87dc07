"""`verify.py` is what the sources give, needs only `cryptography`, and trusts no neighbour."""

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge.evidence.__main__ import main
from edge.evidence.package import build
from edge.verifier.bundle_python import read_module, verify_py
from tests.evidence.package_makers import Desk, honest
from tests.verifier.alone import Alone, written
from tests.verifier.policies import policy_json

_PROGRAM = """
from hashlib import sha256
from edge.verifier.bundle_python import *
print(sha256(verify_py(read_module).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def text() -> str:
    return verify_py(read_module)


@pytest.fixture(scope="module")
def alone(text: str, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    return Alone.prepare(tmp_path_factory.mktemp("alone"), text.encode())


@pytest.fixture(scope="module")
def desk() -> Desk:
    return honest()


@pytest.fixture(scope="module")
def package(desk: Desk, text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("package"), desk.pack())


@pytest.fixture(scope="module")
def trust(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    (folder / "policy.json").write_bytes(policy_json(desk.policy()))
    return folder


def with_verifiers(desk: Desk, verifiers: dict[str, bytes]) -> dict[str, bytes]:
    """The desk's package, with these programs in it."""
    checkpoint = desk.site.checkpoint(desk.leaf_hashes())
    made = build(desk.exhibits(), checkpoint=checkpoint, leaves=desk.leaves(), verifiers=verifiers)
    return desk.pack() | dict(made.files)


def _sources(text: str) -> dict[str, str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SOURCES":
            found = ast.literal_eval(node.value)
            assert isinstance(found, dict)
            return found
    raise AssertionError("no SOURCES")


def test_modules_stand_in_it_word_for_word(text: str) -> None:
    sources = _sources(text)
    assert sources == {name: read_module(name) for name in sources}
    assert {"edge.evidence.verify", "edge.evidence.statement", "rfc8785"} <= set(sources)


def test_the_same_sources_give_the_same_text(text: str) -> None:
    again = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "from edge.verifier.bundle_python import *; from hashlib import sha256;"
                "print(sha256(verify_py(read_module).encode()).hexdigest())"
            ),
        ],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()


def test_it_imports_the_standard_library_and_cryptography_only(text: str) -> None:
    sources = _sources(text)
    wanted: set[str] = set()
    for source in [text, *sources.values()]:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                wanted.add(node.module)
    foreign = {
        name
        for name in wanted - sources.keys()
        if name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert {name.partition(".")[0] for name in foreign} == {"cryptography"}


def test_source_that_cannot_be_quoted_is_refused() -> None:
    def read(name: str) -> str | None:
        return "x = '''a'''\n" if name == "edge.verifier.command" else read_module(name)

    with pytest.raises(ValueError, match=r"edge\.verifier\.command"):
        verify_py(read)


def test_honest_package_holds_and_says_so_like_the_module(
    alone: Alone, package: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = alone.run(package, "--trust", trust)
    assert main(["verify", str(package), "--trust", str(trust), "--lang", "en"]) == 0
    assert (done.returncode, done.stdout, done.stderr) == (0, capsys.readouterr().out, "")
    assert alone.run(package, "--trust", trust, "--quiet", "--lang", "zh").stdout.startswith(
        "✔ 全部"
    )


def test_in_a_package_it_verifies_that_package(
    desk: Desk, text: str, alone: Alone, trust: Path, tmp_path: Path
) -> None:
    made = with_verifiers(desk, {"data/verify.py": text.encode()})
    package = written(tmp_path / "package", made)
    inside = Alone(package / "data" / "verify.py", alone.library)
    done = inside.run("--trust", trust, "--json")
    assert (done.returncode, json.loads(done.stdout)["grade"]) == (0, "C"), done.stdout


def test_nothing_that_lies_beside_it_is_imported(
    text: str, alone: Alone, package: Path, trust: Path, tmp_path: Path
) -> None:
    trap = "raise SystemExit('hijacked')"
    for name in ("argparse", "typing", "importlib", "cryptography", "edge", "json"):
        (tmp_path / f"{name}.py").write_text(trap)
    (tmp_path / "verify.py").write_text(text)
    done = Alone(tmp_path / "verify.py", alone.library).run(package, "--trust", trust, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_cryptography_it_says_what_it_needs(
    alone: Alone, package: Path, trust: Path
) -> None:
    done = alone.run(package, "--trust", trust, PYTHONPATH="")
    assert done.returncode == 2
    assert "cryptography" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("nowhere", "--trust", "nowhere")])
def test_wrong_usage_is_exit_2(alone: Alone, arguments: tuple[str, ...]) -> None:
    done = alone.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
