"""The offline verifier, run as anyone would run it, in a process that knows nothing of us."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class VerdictError(Exception):
    """The verifier's answer is not the one that the journey promises."""

    code = "VERDICT_UNEXPECTED"


def verify(package: Path, trust: Path, *, expect: int) -> dict[str, Any]:
    """Run `python -m edge.evidence verify`; raise VerdictError for another exit code."""
    words = ["verify", str(package), "--trust", str(trust), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "edge.evidence", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != expect:
        found = done.stdout.strip() or done.stderr.strip()
        message = f"expected exit {expect} of the verifier, found {done.returncode}: {found}"
        raise VerdictError(message)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def located(verdicts: Sequence[dict[str, Any]], file: str, offset: int) -> tuple[int, int]:
    """The byte range that FILE_ALTERED names, which must hold the flipped byte and no other.

    The answer counts from 0, both ends inclusive, as people read it.
    """
    if len(verdicts) == 1 and verdicts[0]["code"] == "FILE_ALTERED":
        ranges = verdicts[0]["ranges"]
        if verdicts[0]["file"] == file and len(ranges) == 1:
            start, end = ranges[0]
            if start <= offset < end:
                return start, end - 1
    message = f"expected FILE_ALTERED around byte {offset} of {file}, found {verdicts}"
    raise VerdictError(message)
