"""A pytest plugin that keeps what the tests of `edge.evidence` verify, and what they get.

Every attack that those tests make, now or later, becomes a case that the stand-alone verifiers
have to answer the same way: `-p tests.verifier.recorder` with LIUHEN_CASES set to a folder.
Contents are kept once each, by their digest. Of the many byte mutations it takes a sample.
"""

import json
import os
from pathlib import Path
from typing import Any

import edge.evidence.verify as package
import edge.evidence.verify_clip as clip
from edge.evidence.digest import Digest
from edge.evidence.errors import PolicyError
from edge.evidence.policy import TrustPolicy
from edge.evidence.verify_report import Report
from edge.evidence.verify_source import MemorySource, Source
from tests.verifier.policies import policy_json

ALL_OF_THE_FIRST = 8
STRIDE = 29
MOST_FROM_ONE_TEST = 1000

_folder = Path(os.environ.get("LIUHEN_CASES", ""))
_counts: dict[str, int] = {}


def pytest_configure() -> None:
    """Before any test module is imported, so that each gets the one that records."""
    (_folder / "blobs").mkdir(parents=True, exist_ok=True)
    package.verify_package = _recording(package.verify_package)
    clip.verify_clip = _recording(clip.verify_clip)


def _recording(verify: Any) -> Any:
    def recorded(source: Source, policy: TrustPolicy, **options: Any) -> Report:
        report: Report = verify(source, policy, **options)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        _counts[test] = count = _counts.get(test, -1) + 1
        sampled = count < ALL_OF_THE_FIRST or count % STRIDE == 0
        if type(source) is MemorySource and sampled and count < MOST_FROM_ONE_TEST:
            _keep(f"{test} #{count}", source, policy, report)
        return report

    return recorded


def _keep(name: str, source: MemorySource, policy: TrustPolicy, report: Report) -> None:
    raw = policy_json(policy)
    try:
        TrustPolicy.parse(raw)
    except PolicyError:
        return  # one that only a test can make
    files = {path: _blob(source.open(path).read()) for path in _names(source)}
    case = {"name": name, "files": files, "policy": raw.decode(), "report": report.to_wire()}
    with (_folder / "cases.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(case) + "\n")


def _names(source: MemorySource) -> list[str]:
    return [entry.name for entry in source.entries()]


def _blob(data: bytes) -> str:
    digest = str(Digest.of(data))
    path = _folder / "blobs" / digest
    if not path.exists():
        path.write_bytes(data)
    return digest
