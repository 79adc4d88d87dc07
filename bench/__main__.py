"""`./run bench [NAME...]`: measure the claims, print a table, write JSON.

Each other module of this folder is one claim family: its docstring says what it claims, and
`measure()` returns its rows. Exits 1 when a goal is missed, 2 for a name that is not there.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from bench.claim import Claim

_HELPERS = {"__init__", "__main__", "claim", "disk"}


def names() -> list[str]:
    """Every claim family, by file name."""
    found = {path.stem for path in Path(__file__).parent.glob("*.py")}
    return sorted(found - _HELPERS)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.names) - set(names()):
        parser.error(f"expected names out of {', '.join(names())}, found {', '.join(unknown)}")
    rows: list[Claim] = []
    for name in arguments.names or names():
        for claim in import_module(f"bench.{name}").measure():
            rows.append(claim)
            print(_line(claim), flush=True)
    if arguments.json is not None:
        found = [{**asdict(claim), "met": claim.met} for claim in rows]
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if all(claim.met for claim in rows) else 1


def _line(claim: Claim) -> str:
    low, high = claim.quartiles
    verdict = "met" if claim.met else "MISSED"
    return (
        f"{claim.name:<44} {claim.ratio:6.2f} x  [{low:.2f} .. {high:.2f}]"
        f"  goal {claim.goal:.2f}  {verdict:<6}  against {claim.rival_name}"
        f"  ({claim.ours * 1000:.0f} ms, {claim.rival * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    sys.exit(main())
