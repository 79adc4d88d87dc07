"""The command line of evidence: verify, cut and compare packages, show an envelope, digest a file.

This module, `commands` and `folder` are the only ones of this package that touch a disk. They
read, and write nothing but the answer, and the new folder that `clip` is told to make; they never
follow a link out of a package, and need no network. Exit codes: 0 all holds, 1 something does
not (with verdict codes), 2 wrong usage.
"""

import argparse
import hashlib
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edge.evidence.commands.segments import add_clip, add_range
from edge.evidence.commands.shared import UsageError, opened, print_json, read_policy
from edge.evidence.commands.verify import add_verify
from edge.evidence.compare import CompareError, Outcome, compare, tell_comparison, view_of
from edge.evidence.envelope import ENVELOPE_LIMIT, Envelope
from edge.evidence.errors import EvidenceError
from edge.evidence.segments import SEGMENT_SIZE, SegmentHasher
from edge.evidence.statement import PAYLOAD_TYPE, Statement
from edge.evidence.verify_words import printable

_FINE, _PROBLEM, _USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PROBLEM  # whoever listened left before the answer was out
    except UsageError as wrong:
        if options.json:
            print_json({"error": {"code": wrong.code, "message": str(wrong)}})
        print(f"{wrong.code}: {wrong}", file=sys.stderr)
        return _USAGE
    return code


def _compare(options: argparse.Namespace) -> int:
    policy = None if options.trust is None else read_policy(options.trust)
    views = []
    for package in options.packages:
        try:
            views.append(view_of(opened(package), policy))
        except EvidenceError as wrong:
            raise UsageError(wrong.code, f"{package}: {wrong}") from wrong
    try:
        found = compare(views[0], views[1])
    except CompareError as wrong:
        raise UsageError(wrong.code, str(wrong)) from wrong
    if options.json:
        print_json(found.to_wire())
    else:
        sys.stdout.write(tell_comparison(found))
    codes = {Outcome.CONSISTENT: _FINE, Outcome.SPLIT_VIEW: _PROBLEM}
    return codes.get(found.outcome, _USAGE)


def _show(options: argparse.Namespace) -> int:
    try:
        with options.envelope.open("rb") as stream:
            envelope = Envelope.parse(stream.read(ENVELOPE_LIMIT + 1))
    except OSError as failure:
        message = f"expected a readable file, found {options.envelope}: {failure.strerror}"
        raise UsageError("ENVELOPE_NOT_FOUND", message) from failure
    except EvidenceError as wrong:
        return _refuse(wrong, options)
    shown: dict[str, Any] = {
        "envelope": str(envelope.digest),
        "payload_type": envelope.payload_type,
        "signatures": [signature.keyid for signature in envelope.signatures],
        "verified": False,
    }
    try:
        if envelope.payload_type == PAYLOAD_TYPE:
            shown["type"] = Statement.parse(envelope.payload).type
            shown["statement"] = json.loads(envelope.payload)
    except EvidenceError as wrong:
        return _refuse(wrong, options)
    if options.json:
        print_json(shown)
        return _FINE
    for name, value in shown.items():
        told = json.dumps(value, indent=2, ensure_ascii=False) if name == "statement" else value
        print(f"{name}: " + "\n".join(map(printable, str(told).split("\n"))))
    print("\nNo signature was checked here; `verify` does that.")
    return _FINE


def _refuse(wrong: EvidenceError, options: argparse.Namespace) -> int:
    if options.json:
        print_json({"error": {"code": wrong.code, "message": str(wrong)} | wrong.facts})
    print(f"{wrong.code}: {printable(wrong)}", file=sys.stderr)
    return _PROBLEM


def _digest(options: argparse.Namespace) -> int:
    whole = hashlib.sha256()
    hasher = SegmentHasher("0" * 32)  # only the chain depends on the id; it is not shown
    try:
        with options.file.open("rb", buffering=0) as stream:
            while chunk := stream.read(SEGMENT_SIZE):
                whole.update(chunk)
                hasher.update(chunk)
    except OSError as failure:
        message = f"expected a readable file, found {options.file}: {failure.strerror}"
        raise UsageError("FILE_NOT_FOUND", message) from failure
    segments = hasher.finish()
    facts = {
        "sha256": whole.hexdigest(),
        "size": segments.size,
        "segment_count": len(segments.leaves),
        "segment_root": str(segments.root),
    }
    if options.json:
        print_json(facts)
    else:
        for name, value in facts.items():
            print(f"{name:14}{value}")
    return _FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge.evidence",
        description="Check body-camera evidence offline. No network, no account.",
        epilog="Exit codes: 0 all holds; 1 something does not, with codes; 2 wrong usage.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_verify(commands.add_parser("verify", help="verify an exported package, or a part of it"))
    add_range(commands.add_parser("range", help="the proof of a byte range, as a file"))
    add_clip(commands.add_parser("clip", help="cut bytes out as a package of their own"))
    _add_compare(commands.add_parser("compare", help="did the log show two people two histories?"))

    show = commands.add_parser("show", help="show what an envelope says, unverified")
    show.add_argument("envelope", type=Path, metavar="ENVELOPE", help="a DSSE envelope, JSON")
    show.set_defaults(run=_show)

    digest = commands.add_parser("digest", help="SHA-256, size and segment root of a file")
    digest.add_argument("file", type=Path, metavar="FILE", help="any file")
    digest.set_defaults(run=_digest)

    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="answer as JSON on stdout")
    return parser


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Hold the log of one package against that of another: from what both prove, either the "
        "larger extends the smaller, or the log signed two histories (SPLIT_VIEW), and the two "
        "signed checkpoints are the proof."
    )
    parser.epilog = (
        "Exit codes: 0 consistent; 1 SPLIT_VIEW; 2 wrong usage, not the same log, not the log's "
        "signature, or the packages do not hold enough to tell (undecided)."
    )
    parser.add_argument("packages", type=Path, nargs=2, metavar="PACKAGE", help="a folder")
    parser.add_argument(
        "--trust", type=Path, metavar="DIR", help="folder with policy.json: check signatures, too"
    )
    parser.set_defaults(run=_compare)


if __name__ == "__main__":
    sys.exit(main())
