"""The command line of media: whether a clip is one unaltered piece of a packaged recording.

    python -m edge.media verify-clip CLIP --package PACKAGE --trust DIR

For clips that were cut without decoding (``ffmpeg -ss .. -to .. -i RECORDING -c copy``) into MP4,
MOV or Matroska. Reads, and writes nothing but the answer. Exit codes: 0 all holds, 1 something
does not (with verdict codes), 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.evidence.commands.shared import UsageError, opened, print_json, read_policy
from edge.evidence.errors import EvidenceError
from edge.evidence.folder import FolderSource
from edge.evidence.media_tree import StreamPackets
from edge.evidence.verify_report import Report
from edge.evidence.verify_trim import verify_trim
from edge.evidence.verify_words import LANGUAGES, printable, tell
from edge.media.packets import Packets, packets_in, read_packets

_FINE, _PROBLEM, _USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        report = _verify(options)
    except UsageError as wrong:
        if options.json:
            print_json({"error": {"code": wrong.code, "message": str(wrong)}})
        print(f"{wrong.code}: {printable(wrong)}", file=sys.stderr)
        return _USAGE
    if options.json:
        print_json(report.to_wire())
    else:
        sys.stdout.write(tell(report, options.lang))
    return _FINE if report.ok else _PROBLEM


def _verify(options: argparse.Namespace) -> Report:
    source = opened(options.package)
    policy = read_policy(options.trust)
    clip = _packets(options.clip)

    def read(name: str) -> Sequence[StreamPackets]:
        return _footage(source, name)

    try:
        return verify_trim(source, policy, clip.streams, recording=options.recording, read=read)
    except EvidenceError as wrong:
        raise UsageError(wrong.code, str(wrong)) from wrong


def _packets(path: Path) -> Packets:
    try:
        found = read_packets(path)
    except OSError as failure:
        message = f"expected a readable file, found {path}: {failure.strerror}"
        raise UsageError("CLIP_NOT_FOUND", message) from failure
    if found is None:
        message = f"expected a media file that can be read to its end, found {path}"
        raise UsageError("CLIP_UNREADABLE", message)
    return found


def _footage(source: FolderSource, name: str) -> Sequence[StreamPackets]:
    try:
        with source.open(name) as file:
            found = packets_in(file)
    except OSError:
        return ()
    return () if found is None else found.streams


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge.media",
        description="Check a part of a recording that was cut out without decoding it.",
        epilog="Exit codes: 0 all holds; 1 something does not, with codes; 2 wrong usage.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = commands.add_parser("verify-clip", help="verify a stream-copied clip")
    verify.description = (
        "Verify the signed parts of a package, and that each stream of CLIP is one piece of one "
        "of its recordings: no packet altered (CLIP_FOREIGN), none left out in between, repeated "
        "or moved (CLIP_GAP), none played at another pace or out of step (CLIP_RETIMED). The "
        "package's other footage is not read. Needs the manifest to have a media tree."
    )
    verify.epilog = parser.epilog
    verify.add_argument("clip", type=Path, metavar="CLIP", help="an MP4, MOV or Matroska file")
    verify.add_argument(
        "--package", type=Path, required=True, metavar="DIR", help="of the whole recording"
    )
    verify.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with policy.json; must come from outside of the package",
    )
    verify.add_argument("--recording", metavar="ID", help="which one (default: the one that fits)")
    verify.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the report")
    verify.add_argument("--json", action="store_true", help="answer as JSON on stdout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
