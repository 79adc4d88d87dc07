"""The command line of `verify.py`: that of `python -m edge.evidence verify`, with a default.

Where no package is named, it is the one that the file lies in. Decides nothing itself.
"""

import argparse
import os
import sys
from pathlib import Path

from edge.evidence.__main__ import main
from edge.evidence.verify_words import LANGUAGES


def run(program: str) -> int:
    """Verify as `sys.argv` says; `program` is the path of the file that was started."""
    options = _parser(_home(Path(program))).parse_args()
    arguments = ["verify", str(options.package), "--trust", str(options.trust)]
    arguments += ["--json"] if options.json else []
    arguments += ["--quiet"] if options.quiet else []
    return main([*arguments, *(("--lang", options.lang) if options.lang else ())])


def _home(program: Path) -> Path | None:
    """The package around `data/verify.py`, if it lies in one."""
    folder = Path(os.path.abspath(program)).parent  # noqa: PTH100 - links stay what they are
    return folder.parent if (folder.parent / "bagit.txt").is_file() else None


def _parser(home: Path | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).name,
        description="Verify an exported package from trusted roots alone, offline.",
        epilog="Exit codes: 0 all holds; 1 something does not, with codes; 2 wrong usage.",
    )
    parser.add_argument(
        "package",
        type=Path,
        nargs="?" if home else None,
        default=home,
        metavar="PACKAGE",
        help="the package's folder (default: the one this file lies in)",
    )
    parser.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with policy.json; must come from outside of the package",
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="only the line with the verdict")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the report")
    return parser
