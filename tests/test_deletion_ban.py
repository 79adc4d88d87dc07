"""No code deletes or overwrites evidence: read from the source of all four packages.

Finds calls and bare references, SQL in any string, shell words, and names smuggled through
getattr. It reads syntax, not behaviour: the write-once vault and the database's own guards
have tests of their own.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("edge", "firmware_hooks", "dock_agent", "central")

REMOVES = {
    "unlink",
    "rmtree",
    "rmdir",
    "removedirs",
    "truncate",
    "ftruncate",
    "drop_all",
    "delete_where",
    "TemporaryDirectory",
}
REMOVES_OF = {
    "os": {"remove", "rename", "renames", "replace", "O_TRUNC"},
    "shutil": {"move"},
    "sqlalchemy": {"delete"},
    "sa": {"delete"},
}
FOLDERS = {"os", "shutil", "pathlib", "sqlalchemy", "tempfile"}
SQL = re.compile(
    r"\b(DELETE\s+FROM|DROP\s+(TABLE|TRIGGER|INDEX|VIEW|SCHEMA|DATABASE)"
    r"|TRUNCATE\s+TABLE|INSERT\s+OR\s+REPLACE|REPLACE\s+INTO)\b"
)
SHELL = {"rm", "shred", "wipefs", "blkdiscard", "mkfs"}
OVERWRITES = re.compile(r"^(w|r\+|rb\+|r\+b)")

# The doors, each with why it may. Anything else is a finding.
ALLOWED = {
    ("edge/durable.py", "unlink"): "temporary files, known by their suffix",
    ("edge/durable.py", "os.unlink"): "the temporary name, once the final one is synced",
    ("edge/durable.py", "os.replace"): "state that moves, never evidence",
    ("edge/durable.py", "os.rename"): "claiming a free name where links are missing",
    ("central/data_folder.py", "os.truncate"): "the lock file, that names its process",
    ("central/intake/arriving.py", "os.truncate"): "received bytes that failed their checksum",
    ("firmware_hooks/announcement.py", "unlink"): "a message between two processes",
    ("firmware_hooks/announcement.py", "os.replace"): "a message between two processes",
    ("dock_agent/offload_partial.py", "os.ftruncate"): "a copy that is not proven yet",
    ("central/demo/tamper.py", "replace"): "the copy that the demo forges",
    ("central/api/cases.py", "unlink"): "takes a case link back, by a new fact",
    ("central/web/recording_pages.py", "unlink"): "takes a case link back, by a new fact",
    ("central/demo/__main__.py", "TemporaryDirectory"): "the demo's own folder",
    ("central/demo/screenshots.py", "TemporaryDirectory"): "the demo's own folder",
    ("central/demo/desk.py", "open:wb"): "a package that the demo downloads",
    ("central/demo/tamper.py", "open:r+b"): "the copy that the demo forges",
    ("edge/capture/segment.py", "open:w"): "libav, over a file that was created exclusively",
}


@dataclass(frozen=True, slots=True)
class Finding:
    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def scan(path: str, source: str) -> list[Finding]:
    tree = ast.parse(source, path)
    found = [Finding(path, line, what) for line, what in _removals(tree)]
    return sorted(set(found), key=lambda it: (it.line, it.what))


def _removals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    docstrings = set(_docstrings(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute():
                yield from _attribute(node)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in FOLDERS:
                banned = REMOVES | REMOVES_OF.get(module.split(".")[0], set())
                yield from ((node.lineno, it.name) for it in node.names if it.name in banned)
            case ast.Constant(value=str(text)) if node not in docstrings:
                yield from _text(node.lineno, text)
            case ast.Call():
                yield from _call(node)
            case _:
                pass


def _attribute(node: ast.Attribute) -> Iterator[tuple[int, str]]:
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    if node.attr in REMOVES_OF.get(owner, set()):
        yield node.lineno, f"{owner}.{node.attr}"
    elif node.attr in REMOVES:
        yield node.lineno, f"{owner}.{node.attr}" if owner in FOLDERS - {"tempfile"} else node.attr
    elif node.attr == "rename":
        yield node.lineno, "rename"


def _text(line: int, text: str) -> Iterator[tuple[int, str]]:
    if statement := SQL.search(text.upper()):
        yield line, f"SQL:{' '.join(statement[0].split())}"
    if text in SHELL or text in REMOVES:
        yield line, f"word:{text}"


def _call(node: ast.Call) -> Iterator[tuple[int, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name == "replace" and len(node.args) == 1 and not node.keywords:
        yield node.lineno, "replace"  # Path.replace; str.replace takes two
    is_open = name == "open" or (isinstance(node.func, ast.Name) and node.func.id == "open")
    words = [*node.args, *(it.value for it in node.keywords if it.arg == "mode")]
    for word in words if is_open else ():
        if isinstance(word, ast.Constant) and OVERWRITES.match(str(word.value)):
            yield node.lineno, f"open:{word.value}"


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def _sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))


def test_no_code_outside_its_door_deletes_or_overwrites():
    found = [
        finding
        for path in _sources()
        for finding in scan(str(path.relative_to(PROJECT)), path.read_text("utf-8"))
        if (finding.path, finding.what) not in ALLOWED
    ]
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("path", sorted({path for path, _ in ALLOWED}))
def test_every_door_is_still_in_use(path):
    found = {it.what for it in scan(path, (PROJECT / path).read_text("utf-8"))}
    doors = {what for door, what in ALLOWED if door == path}
    assert found & doors, f"expected {path} to need one of {sorted(doors)}, found none"


@pytest.mark.parametrize(
    "planted",
    [
        "Path('x').unlink()",
        "import os\nos.remove('x')",
        "import os\nos.unlink('x')",
        "from os import remove as tidy\ntidy('x')",
        "import shutil\nf = shutil.rmtree",
        "from shutil import rmtree",
        "getattr(path, 'unlink')()",
        "path.rename(other)",
        "path.replace(other)",
        "import os\nos.truncate('x', 0)",
        "open('x', 'w')",
        "path.open(mode='wb')",
        "path.open('r+b')",
        "db.execute('delete   from recordings')",
        "db.execute(f'DROP TABLE {name}')",
        "db.execute('INSERT OR REPLACE INTO leaves VALUES (1)')",
        "import sqlalchemy as sa\nsa.delete(table)",
        "from sqlalchemy import delete",
        "metadata.drop_all(engine)",
        "table.delete_where('id = 1')",
        "subprocess.run(['rm', '-rf', 'x'])",
    ],
)
def test_planted_deletion_is_found(planted):
    assert scan("planted.py", planted)


@pytest.mark.parametrize(
    "harmless",
    [
        "'a'.replace('b', 'c')",
        "dataclasses.replace(value, at=now)",
        "instant.replace(microsecond=0)",
        "open('x', 'rb')",
        "path.open('ab')",
        "router.api_route('/x', methods=['DELETE'])",
        "db.execute('CREATE TRIGGER t BEFORE DELETE ON leaves BEGIN SELECT 1; END')",
        "def f():\n    'Never runs DELETE FROM.'",
    ],
)
def test_harmless_code_is_not_accused(harmless):
    assert not scan("planted.py", harmless)


@pytest.mark.parametrize("folder", ["systemd", "ansible"])
def test_deployment_removes_nothing_below_a_data_folder(folder):
    removing = re.compile(r"\b(rm|shred|wipefs|mkfs[.\w]*)\s|state:\s*absent|--delete\b|^[rRD]!?\s")
    found = [
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()}"
        for path in sorted((PROJECT / folder).rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if removing.search(line)
    ]
    assert not found, "\n".join(found)
