"""What the commands of evidence share: the package and the policy that they are given.

Reads the trust folder and nothing else; a package is opened, never changed.
"""

import json
from pathlib import Path
from typing import Any

from edge.evidence.errors import EvidenceError
from edge.evidence.folder import FolderSource
from edge.evidence.policy import TrustPolicy

_POLICY_LIMIT = 1 << 20


class UsageError(Exception):
    """The command was given something it cannot work with."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def opened(package: Path) -> FolderSource:
    """The package in this folder. Raises UsageError where there is no folder."""
    if not package.is_dir():
        raise UsageError("PACKAGE_NOT_FOUND", f"expected a folder, found {package}")
    return FolderSource(package)


def read_policy(folder: Path) -> TrustPolicy:
    """The `policy.json` in this folder."""
    raw = read_file(folder / "policy.json", _POLICY_LIMIT, otherwise="TRUST_NOT_FOUND")
    try:
        return TrustPolicy.parse(raw)
    except EvidenceError as wrong:
        path = folder / "policy.json"
        raise UsageError("TRUST_INVALID", f"{path}: {wrong}") from wrong


def read_file(path: Path, limit: int, *, otherwise: str) -> bytes:
    """At most `limit` bytes of a file; UsageError with this code where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as failure:
        message = f"expected a readable {path}, found: {failure.strerror}"
        raise UsageError(otherwise, message) from failure


def print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
