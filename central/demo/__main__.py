"""`./run demo`: the first journey on embedded defaults. See --help."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from central.demo.camera import fill_card
from central.demo.children import Children
from central.demo.desk import Desk
from central.demo.follow import Follower
from central.demo.journey import Journey
from central.demo.narrator import Narrator
from central.demo.site import USER, Ports, Site
from central.demo.words import LANGUAGES, Words
from edge import durable

_PROJECT = Path(__file__).resolve().parents[2]
_EXIT_FAILED, _EXIT_USAGE, _EXIT_INTERRUPTED = 1, 2, 130


def main(words: list[str] | None = None) -> int:
    """Run the demo. Exit 0: every step held; 1: one did not; 2: wrong usage."""
    arguments = _parser().parse_args(words)
    # Also SIGINT: a shell that starts a job in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    narrator = Narrator(Console(highlight=False), Words(arguments.lang))
    keep: Path | None = arguments.keep
    try:
        _check_usage(keep, arguments.camera)
    except ValueError as wrong:
        print(f"./run demo: USAGE: {wrong}", file=sys.stderr)
        return _EXIT_USAGE
    with tempfile.TemporaryDirectory(prefix="liuhen-demo-") as folder:
        try:
            return _tell(narrator, Path(folder), arguments)
        except KeyboardInterrupt:
            return _EXIT_INTERRUPTED


def _tell(narrator: Narrator, root: Path, arguments: argparse.Namespace) -> int:
    say = narrator.words.say
    out = root / "kept" if arguments.keep is None else arguments.keep.resolve()
    durable.make_folder(out)
    narrator.line(say("title"), "bold")
    narrator.line(say("folder", folder=root), "dim")
    card = arguments.camera
    if card is None:
        card = root / "card"
        fill_card(card, _PROJECT / "tests" / "samples")
    site = Site(root, Ports.free())
    with Children(root / "logs") as children, Desk(site.url) as desk:
        journey = Journey(
            narrator=narrator,
            site=site,
            children=children,
            follower=Follower(children),
            desk=desk,
            card=card,
            out=out,
            own_card=arguments.camera is not None,
        )
        reason = _walk(journey)
        _write_report(journey, reason, kept=arguments.keep is not None)
        if reason is not None:
            return _EXIT_FAILED
        if not arguments.once:
            _stay(journey)
    narrator.line(say("ended"), "dim")
    return 0


def _walk(journey: Journey) -> str | None:
    """Run the journey; the reason of a failure, told and in words, or None."""
    narrator = journey.narrator
    try:
        journey.run()
    except Exception as error:  # noqa: BLE001 - whatever it is, the reader must hear it
        reason = f"{getattr(error, 'code', type(error).__name__)}: {error}"
        narrator.failed(str(narrator.steps[-1]["step"]), reason)
        for problem in journey.follower.problems:
            narrator.line(f"  {dict(problem)}")
        return reason
    seconds = f"{narrator.seconds:.1f}"
    narrator.line(narrator.words.say("finished", seconds=seconds), "bold green")
    return None


def _write_report(journey: Journey, reason: str | None, *, kept: bool) -> None:
    narrator, say = journey.narrator, journey.narrator.words.say
    extra: dict[str, object] = {
        "case": journey.case,
        "station_problems": [dict(problem) for problem in journey.follower.problems],
    }
    report = narrator.report(ok=reason is None, reason=reason, extra=extra)
    narrator.write_report(journey.out / "report.json", report)
    if not kept:
        return
    out = _shown(journey.out)
    if reason is not None:
        narrator.line(say("kept.report", report=f"{out}/report.json"))
        return
    narrator.line(say("kept", folder=out))
    narrator.line(say("check_yourself"))
    python = _shown(Path(sys.executable))
    narrator.line(f"  {python} -m edge.evidence verify {out}/package --trust {out}/trust")


def _stay(journey: Journey) -> None:
    narrator, say = journey.narrator, journey.narrator.words.say
    narrator.line("")
    narrator.line(say("open", url=journey.site.url), "bold")
    narrator.line(say("login", user=USER, password=journey.site.password), "bold")
    narrator.line(say("stay"), "dim")
    try:
        while True:
            journey.children.check()
            signal.sigtimedwait([], 1.0)
    except KeyboardInterrupt:
        narrator.line("")


def _check_usage(keep: Path | None, camera: Path | None) -> None:
    if camera is not None and not camera.is_dir():
        message = f"expected --camera to be a folder or a mounted card, found {camera}"
        raise ValueError(message)
    if keep is None:
        return
    if keep.exists() and not keep.is_dir():
        message = f"expected --keep to name a folder, found a file: {keep}"
        raise ValueError(message)
    taken = [name for name in ("package", "trust") if (keep / name).exists()]
    if taken:
        message = f"expected --keep {keep} without {taken[0]}/, found one: name a new folder"
        raise ValueError(message)


def _shown(path: Path) -> str:
    """The path as short as it stays true from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _default_language() -> str:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if spoken.lower().startswith("zh") else "en"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run demo",
        description=(
            "Docks a camera at a station of its own, on this machine alone: real broker, real "
            "signatures, real log, real database; then exports a package, verifies it offline "
            "and shows that one flipped byte is found. Stays up until Ctrl-C."
        ),
        epilog="Exit: 0 every step held, 1 one did not (the reason is printed), 2 wrong usage.",
    )
    add = parser.add_argument
    add(
        "--once",
        action="store_true",
        help="end after the journey instead of staying up",
    )
    add(
        "--keep",
        metavar="DIR",
        type=Path,
        help="leave DIR/package, DIR/trust and DIR/report.json",
    )
    add(
        "--camera",
        metavar="DIR",
        type=Path,
        help="dock this folder or mounted card (only read) instead of the sample card",
    )
    add(
        "--lang",
        choices=LANGUAGES,
        default=_default_language(),
        help="language of the narration (default: from LANG, else en)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
