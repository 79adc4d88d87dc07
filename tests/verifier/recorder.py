"""A pytest plugin that keeps what the tests of `edge.evidence` verify, and what they get.

Every attack that those tests make, now or later, becomes a case that the stand-alone verifiers
have to answer the same way: `-p tests.verifier.recorder` with LIUHEN_CASES set to a folder.
Of the many byte mutations it takes a sample.
"""

import os
from pathlib import Path
from typing import Any

import edge.evidence.verify as package
import edge.evidence.verify_clip as clip
from edge.evidence.errors import PolicyError
from edge.evidence.policy import TrustPolicy
from edge.evidence.verify_report import Report
from edge.evidence.verify_source import MemorySource, Source
from tests.verifier.cases import CaseFolder
from tests.verifier.policies import policy_json

ALL_OF_THE_FIRST = 8
STRIDE = 29
MOST_FROM_ONE_TEST = 1000

_folder = CaseFolder(Path(os.environ.get("LIUHEN_CASES", "")))
_counts: dict[str, int] = {}


def pytest_configure() -> None:
    """Before any test module is imported, so that each gets the one that records."""
    package.verify_package = _recording(package.verify_package, of_clips=False)
    clip.verify_clip = _recording(clip.verify_clip, of_clips=True)


def _recording(verify: Any, *, of_clips: bool) -> Any:
    def recorded(source: Source, policy: TrustPolicy, **options: Any) -> Report:
        report: Report = verify(source, policy, **options)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        _counts[test] = count = _counts.get(test, -1) + 1
        sampled = count < ALL_OF_THE_FIRST or count % STRIDE == 0
        meant = clip.is_clip(source) == of_clips  # as the command takes them apart
        if type(source) is MemorySource and meant and sampled and count < MOST_FROM_ONE_TEST:
            _keep(f"{test} #{count}", source, policy, report)
        return report

    return recorded


def _keep(name: str, source: MemorySource, policy: TrustPolicy, report: Report) -> None:
    raw = policy_json(policy)
    try:
        TrustPolicy.parse(raw)
    except PolicyError:
        return  # one that only a test can make
    files = {entry.name: source.open(entry.name).read() for entry in source.entries()}
    _folder.keep(name, files, raw, report)
