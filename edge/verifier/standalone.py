"""Check an exported package of body-camera footage, offline.

    python verify.py [PACKAGE] --trust FOLDER

One file, made from the modules of `edge.evidence`: they stand below, word for word, and are
loaded from here. Needs Python 3.11 or later and the `cryptography` library (47 or later).
No network, no account, nothing written. The trust folder (policy.json) has to come from
somebody other than whoever gave you the package, and so should this file: what a forger
hands you, this file included, may say anything. Exit codes: 0 all holds; 1 something does
not, with codes; 2 wrong usage.

离线核验导出的执法记录仪录像包。需要 Python 3.11 以上版本与 cryptography 库（47 以上版本）；不联网，
不写入任何内容。信任文件夹（policy.json）和本文件都应向交付录像包以外的人索取。
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]  # a package may hold anything: nothing beside this file is imported

import importlib.abc
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

SOURCES: dict[str, str] = {}


class Modules(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads the modules that are text in this file, before any that are installed."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the form that importlib asks for
        target: ModuleType | None = None,  # noqa: ARG002 - the same
        /,
    ) -> ModuleSpec | None:
        """Any module of SOURCES; None for the rest, which Python then looks for itself."""
        if fullname not in SOURCES:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=f"{__file__}:{fullname}")

    def is_package(self, fullname: str) -> bool:
        """Whether other modules are inside it."""
        return any(name.startswith(f"{fullname}.") for name in SOURCES)

    def get_source(self, fullname: str) -> str:
        """The text that is run."""
        return SOURCES[fullname]


def main() -> int:
    """Verify the package that is named, or the one this file lies in."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this file may have any Python
        return _refuse("Python 3.11 or later", sys.version.split()[0])
    sys.meta_path.insert(0, Modules())
    try:
        from edge.verifier.command import run
    except ImportError as missing:
        if (missing.name or "").split(".", maxsplit=1)[0] != "cryptography":
            raise
        return _refuse("the library cryptography, 47 or later", str(missing))
    return run(__file__)


def _refuse(expected: str, found: str) -> int:
    print(f"verify.py: expected {expected}, found {found}", file=sys.stderr)  # noqa: T201 - a command
    return 2


if __name__ == "__main__":
    sys.exit(main())
