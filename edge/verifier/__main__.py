"""Write `verify.py` and `verify.html` into a folder: python -m edge.verifier FOLDER.

For whoever hands out verifiers apart from packages, which is better than inside of them.
Exit codes: 0 written, 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.evidence.digest import Digest
from edge.verifier.assets import verifiers


def main(arguments: Sequence[str] | None = None) -> int:
    """Write each file, and print its SHA-256 in the form of `sha256sum`."""
    parser = argparse.ArgumentParser(
        prog="python -m edge.verifier",
        description="Write the stand-alone verifiers, verify.py and verify.html, into a folder.",
        epilog="Exit codes: 0 written; 2 wrong usage.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="an existing folder")
    folder: Path = parser.parse_args(arguments).folder
    if not folder.is_dir():
        parser.error(f"expected a folder, found {folder}")
    for path, raw in verifiers().items():
        target = folder / Path(path).name
        target.write_bytes(raw)
        print(f"{Digest.of(raw)}  {target.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
