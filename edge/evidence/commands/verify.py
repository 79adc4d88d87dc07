"""The command `verify`: a whole package, a byte range of it, or a clip that was cut out of one."""

import argparse
import os
import sys
from pathlib import Path

from edge.evidence.commands.shared import UsageError, opened, print_json, read_file, read_policy
from edge.evidence.errors import EvidenceError
from edge.evidence.range_proof import RANGE_PROOF_LIMIT, RangeProof
from edge.evidence.verify import verify_package
from edge.evidence.verify_clip import is_clip, verify_clip
from edge.evidence.verify_part import Wanted, verify_part
from edge.evidence.verify_report import Report
from edge.evidence.verify_source import Progress
from edge.evidence.verify_words import LANGUAGES, tell, tell_briefly

_FINE, _PROBLEM = 0, 1


def add_verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Verify an exported package from trusted roots alone: signatures, station chain, log "
        "proofs, every byte of footage, and every other byte of the package. A file that was "
        "altered is named, footage with the byte range. With --range, of the footage only these "
        "bytes are read. A clip (see `clip`) verifies the same way, and without its original."
    )
    parser.epilog = (
        "Exit codes: 0 all holds; 1 something does not, with verdict codes; 2 the package is no "
        "folder, the trust folder is missing or not valid, or there is no such range."
    )
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="the package's folder")
    parser.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with policy.json; must come from outside of the package",
    )
    add_range_options(parser, required=False)
    parser.add_argument(
        "--proof",
        type=Path,
        metavar="FILE",
        help="range proof (see `range`) to hold the bytes against, not the package's leaf list",
    )
    parser.add_argument("--quiet", action="store_true", help="only the line with the verdict")
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=_language(),
        help="language of the report (default: from LC_ALL, LC_MESSAGES or LANG, else en)",
    )
    parser.set_defaults(run=_verify)


def add_range_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """`--range` and `--recording`, as all commands about a part take them."""
    parser.add_argument(
        "--range",
        type=_range,
        required=required,
        metavar="A:B",
        help="bytes A to before B of one recording, widened to borders of 1 MiB; `A:` to the end",
    )
    parser.add_argument(
        "--recording",
        metavar="ID",
        help="which recording; may be left out where the package has one",
    )


def wanted_by(options: argparse.Namespace, proof: RangeProof | None = None) -> Wanted:
    """The range that was asked for."""
    begin, end = options.range
    return Wanted(begin=begin, end=end, recording=options.recording, proof=proof)


def _verify(options: argparse.Namespace) -> int:
    watched = sys.stderr.isatty() and not options.quiet
    report = _report(options, _show_progress if watched else None)
    if options.json:
        print_json(report.to_wire())
    else:
        render = tell_briefly if options.quiet else tell
        sys.stdout.write(render(report, options.lang))
    return _FINE if report.ok else _PROBLEM


def _report(options: argparse.Namespace, progress: Progress | None) -> Report:
    source = opened(options.package)
    policy = read_policy(options.trust)
    if options.range is None:
        if options.proof or options.recording:
            message = "expected --range with --proof and --recording, found none"
            raise UsageError("RANGE_BAD", message)
        check = verify_clip if is_clip(source) else verify_package
        return check(source, policy, progress=progress)
    wanted = wanted_by(options, options.proof and _proof(options.proof))
    try:
        return verify_part(source, policy, wanted, progress=progress)
    except EvidenceError as wrong:
        raise UsageError(wrong.code, str(wrong)) from wrong


def _proof(path: Path) -> RangeProof:
    raw = read_file(path, RANGE_PROOF_LIMIT + 1, otherwise="PROOF_NOT_FOUND")
    try:
        return RangeProof.parse(raw)
    except EvidenceError as wrong:
        raise UsageError("PROOF_INVALID", f"{path}: {wrong}") from wrong


def _range(text: str) -> tuple[int, int | None]:
    begin, colon, end = text.partition(":")
    plain = all(not it or (it.isascii() and it.isdigit()) for it in (begin, end))
    if not colon or not plain or len(text) > 40:
        message = f"expected A:B in bytes, found {text[:40]!r}"
        raise argparse.ArgumentTypeError(message)
    return int(begin or 0), int(end) if end else None


def _show_progress(done: int, total: int) -> None:
    percent = 100 * done // total if total else 100
    end = "\n" if done == total else ""
    print(f"\r{done:,} / {total:,} bytes ({percent}%)", end=end, file=sys.stderr, flush=True)


def _language() -> str:
    chosen = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next(filter(None, chosen), "")
    return "zh" if first.lower().startswith("zh") else "en"
