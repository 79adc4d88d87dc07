"""Run `verify.py` as a receiver does: a Python that has `cryptography` and no other library."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRIVER = Path(__file__).with_name("drive.py")
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
        return subprocess.run(
            [sys.executable, "-S", str(self.program), *map(str, arguments)],
            env=self._environment() | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def drive(self, cases: Iterable[tuple[Path, Path]]) -> list[tuple[int, dict[str, Any]]]:
        """Exit code and report for each package under its trust folder, in one process."""
        done = subprocess.run(
            [sys.executable, "-S", str(DRIVER), str(self.program)],
            input="".join(json.dumps([str(it) for it in case]) + "\n" for case in cases),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [tuple(json.loads(line)) for line in done.stdout.splitlines()]

    def _environment(self) -> dict[str, str]:
        home = os.environ.get("HOME", "/")
        return {"PYTHONPATH": str(self.library), "LC_ALL": "C.UTF-8", "HOME": home}


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A package on disk."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
