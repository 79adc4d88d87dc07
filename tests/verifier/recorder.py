"""A pytest plugin that keeps what the tests of `edge.evidence` verify, and what they get.

Every attack that those tests make, now or later, becomes a case that the stand-alone verifiers
have to answer the same way: `-p tests.verifier.recorder` with LIUHEN_CASES set to a folder.
Contents are kept once each, by their digest. Of the many byte mutations it takes a sample.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import edge.evidence.verify as real
from edge.evidence.digest import Digest
from edge.evidence.policy import TrustPolicy
from edge.evidence.verify_report import Report
from edge.evidence.verify_source import MemorySource, Source
from tests.verifier.policies import policy_json

STRIDE = 29
MOST_FROM_ONE_TEST = 60

_folder = Path(os.environ.get("LIUHEN_CASES", ""))
_counts: dict[str, int] = {}
_verify = real.verify_package


def pytest_configure() -> None:
    """Before any test module is imported, so that each gets the one that records."""
    (_folder / "blobs").mkdir(parents=True, exist_ok=True)
    real.verify_package = recorded


def recorded(source: Source, policy: TrustPolicy, **options: Any) -> Report:
    report = _verify(source, policy, **options)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
    _counts[test] = count = _counts.get(test, -1) + 1
    kept = count < 3 or count % STRIDE == 0
    if type(source) is MemorySource and kept and count < STRIDE * MOST_FROM_ONE_TEST:
        _keep(f"{test} #{count}", source, policy, report)
    return report


def _keep(name: str, source: MemorySource, policy: TrustPolicy, report: Report) -> None:
    files = {path: _blob(source.open(path).read()) for path in _names(source)}
    case = {
        "name": name,
        "files": files,
        "policy": policy_json(policy).decode(),
        "report": report.to_wire(),
    }
    with (_folder / "cases.jsonl").open("a", encoding="utf-8", errors="surrogatepass") as lines:
        lines.write(json.dumps(case) + "\n")


def _names(source: MemorySource) -> list[str]:
    return [entry.name for entry in source.entries()]


def _blob(data: bytes) -> str:
    digest = str(Digest.of(data))
    path = _folder / "blobs" / digest
    if not path.exists():
        path.write_bytes(data)
    return digest


@pytest.hookimpl(trylast=True)
def pytest_report_header() -> str:
    return f"cases are kept in {_folder}"
