"""Run `verify.py` as a receiver does: a Python that has `cryptography` and no other library."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALLOWED = ("cryptography", "cffi", "_cffi_backend", "pycparser")


@dataclass(frozen=True)
class Alone:
    """`program` started with nothing but `library` beside the standard library."""

    program: Path
    library: Path

    @classmethod
    def prepare(cls, folder: Path, text: bytes) -> "Alone":
        library = folder / "library"
        library.mkdir()
        for name in ALLOWED:
            found = importlib.util.find_spec(name)
            if found is None or found.origin is None:
                continue
            origin = Path(found.origin)
            target = origin.parent if found.submodule_search_locations else origin
            (library / target.name).symlink_to(target)
        program = folder / "verify.py"
        program.write_bytes(text)
        return cls(program, library)

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """`-S`: no installed libraries but those of `library`."""
        given = {"PYTHONPATH": str(self.library), "LC_ALL": "C.UTF-8", "HOME": os.environ["HOME"]}
        return subprocess.run(
            [sys.executable, "-S", str(self.program), *map(str, arguments)],
            env=given | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def report(self, package: Path, trust: Path) -> tuple[int, dict[str, Any]]:
        done = self.run(package, "--trust", trust, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A package on disk."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
