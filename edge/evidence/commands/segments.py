"""The commands `range` and `clip`: the proof of a byte range, and the bytes with all behind them.

`clip` makes one new folder and writes into nothing else; what it makes is not evidence until it
was verified. Neither checks signatures: `verify` does, of a package as of a clip.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from edge.evidence.clipping import clip_of, original_of, segments_of
from edge.evidence.commands.shared import UsageError, opened, print_json
from edge.evidence.commands.verify import add_range_options, wanted_by
from edge.evidence.errors import EvidenceError, RangeError
from edge.evidence.package import Package
from edge.evidence.verify_words import printable

_FINE, _PROBLEM = 0, 1


def add_range(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write the proof of a byte range to standard output: with the signed manifest it shows "
        "that bytes stand at their place in the recording. Only the package's leaf list is read."
    )
    _add_package(parser)
    parser.set_defaults(run=_range)


def add_clip(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Cut bytes of one recording, widened to borders of 1 MiB, out of a package into a small "
        "package of their own, which `verify` checks without the original. The bytes are held "
        "against the leaf list before they are copied."
    )
    _add_package(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to make; must not be there"
    )
    parser.set_defaults(run=_clip)


def _add_package(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Exit codes: 0 done; 1 the package's bytes are not what its manifest says; 2 wrong usage."
    )
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="the package's folder")
    add_range_options(parser, required=True)


def _range(options: argparse.Namespace) -> int:
    try:
        original = original_of(opened(options.package), wanted_by(options))
    except EvidenceError as wrong:
        return _refuse(wrong, options)
    sys.stdout.write(original.proof.to_bytes().decode())
    return _FINE


def _clip(options: argparse.Namespace) -> int:
    if options.out.exists():
        raise UsageError("OUT_EXISTS", f"expected no {options.out} yet, found one")
    source = opened(options.package)
    try:
        original = original_of(source, wanted_by(options))
        clip = clip_of(original, source)
        _write(clip, options.out, segments_of(original, source))
    except EvidenceError as wrong:
        return _refuse(wrong, options)
    part = original.proof.part
    facts = {
        "recording": original.proof.recording,
        "begin": part.begin,
        "end": part.end,
        "size": part.size,
        "out": str(options.out),
    }
    if options.json:
        print_json(facts)
    else:
        print(f"{options.out}: bytes {part.begin} to {part.end} of {part.size}")
    return _FINE


def _write(clip: Package, out: Path, segments: Iterator[bytes]) -> None:
    """The footage first, the manifests last: what was interrupted is no bag."""
    (file,) = clip.footage
    with _new(out / file.path) as target:
        for segment in segments:
            target.write(segment)
    for name, data in clip.files:
        with _new(out / name) as target:
            target.write(data)


def _new(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
    except OSError as failure:
        message = f"expected to make {path}, found: {failure.strerror}"
        raise UsageError("OUT_UNWRITABLE", message) from failure


def _refuse(wrong: EvidenceError, options: argparse.Namespace) -> int:
    if isinstance(wrong, RangeError):
        raise UsageError(wrong.code, str(wrong)) from wrong
    if options.json:
        print_json({"error": {"code": wrong.code, "message": str(wrong)} | wrong.facts})
    print(f"{wrong.code}: {printable(wrong)}", file=sys.stderr)
    return _PROBLEM
