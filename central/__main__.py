"""python -m central COMMAND: the operator's door to central.

Exits with 0 when all is well, 1 when a problem was found (its code and facts on stderr),
2 for wrong usage. Each command is a module of `central.commands`.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from central.errors import CentralError
from edge.evidence.errors import EvidenceError

COMMANDS = (
    "init",
    "enrol",
    "revoke",
    "root",
    "policy",
    "broker",
    "serve",
    "user",
    "token",
    "export",
    "anchor",
    "vault",
    "status",
    "fsck",
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = _parser().parse_args(words)
    try:
        return int(arguments.run(arguments))
    except (CentralError, EvidenceError) as problem:
        print(f"{problem.code}: {problem}", file=sys.stderr)
        return 1
    except OSError as failure:
        print(f"IO_FAILED: {failure}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="central", description="Central of liuhen: the log, the vault, the cases."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"central.commands.{name}").register(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
