"""Cases that every verifier has to answer the same way: files, a policy, and the module's report.

Kept in a folder, contents once each under their digest, so that a page can be handed all of them
at once.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.evidence.digest import Digest
from edge.evidence.package_bag import is_safe


@dataclass(frozen=True)
class Case:
    """`files` are digests of contents, by name; `report` is what the module says."""

    name: str
    files: Mapping[str, str]
    policy: str
    report: Mapping[str, Any]

    @property
    def fits_a_disk(self) -> bool:
        """Whether all names can be files side by side, inside of a folder."""
        folders = {part for name in self.files for part in _above(name)}
        return all(is_safe(name) for name in self.files) and not folders & self.files.keys()


@dataclass(frozen=True)
class CaseFolder:
    path: Path

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def lines(self) -> Path:
        return self.path / "cases.jsonl"

    def keep(self, name: str, files: Mapping[str, bytes], policy: bytes, report: Any) -> None:
        self.blobs.mkdir(parents=True, exist_ok=True)
        case = {
            "name": name,
            "files": {path: self._blob(data) for path, data in files.items()},
            "policy": policy.decode(),
            "report": report.to_wire(),
        }
        with self.lines.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(case) + "\n")

    def load(self) -> list[Case]:
        lines = self.lines.read_text(encoding="utf-8").splitlines()
        return [Case(**json.loads(line)) for line in lines]

    def place(self, case: Case, folder: Path) -> Path:
        """The case as a package on disk; contents are hard links."""
        for name, digest in case.files.items():
            path = folder / "package" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(self.blobs / digest)
        (folder / "package").mkdir(parents=True, exist_ok=True)
        (folder / "trust").mkdir()
        (folder / "trust" / "policy.json").write_text(case.policy, encoding="utf-8")
        return folder

    def _blob(self, data: bytes) -> str:
        digest = str(Digest.of(data))
        path = self.blobs / digest
        if not path.exists():
            path.write_bytes(data)
        return digest


def _above(name: str) -> Iterator[str]:
    parts = name.split("/")
    yield from ("/".join(parts[:count]) for count in range(1, len(parts)))
