"""The README's table of codes is whole."""

import re
from pathlib import Path

from dock_agent.scan import PROBLEM_CODES

_CODE = re.compile(r"""(?:code(?:: \w+)? ?= ?|_bad\()"([A-Z][A-Z_]{3,})\"""")


def test_every_code_in_the_source_is_explained(project: Path) -> None:
    package = project / "dock_agent"
    sources = [path.read_text() for path in package.rglob("*.py")]
    codes = {code for text in sources for code in _CODE.findall(text)} | set(PROBLEM_CODES)
    explained = set(re.findall(r"`([A-Z][A-Z_]{3,})`", (package / "README.md").read_text()))
    assert len(codes) > 40
    assert codes - explained == set()
