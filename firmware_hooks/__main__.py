"""`python -m firmware_hooks`: what udev's unit, an operator or a demo asks of a bay."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from firmware_hooks import announcement, bay_helper
from firmware_hooks.announcement import Announcement
from firmware_hooks.bay_helper import BayFolders
from firmware_hooks.errors import HookError
from firmware_hooks.registry import Registry


def main(words: list[str] | None = None) -> int:
    """0 done; 1 it could not be done, and the code says why; 2 wrong usage."""
    args = _parser().parse_args(words)
    try:
        result = _ACTS[args.act](args)
    except (HookError, OSError) as failure:
        _fail(failure, as_json=args.json)
        return 1
    print(json.dumps(result, ensure_ascii=False) if args.json else _shown(result))
    return 0


def _mount(args: argparse.Namespace) -> dict[str, str]:
    return _members(bay_helper.dock(args.device, _folders(args), args.bay))


def _unmount(args: argparse.Namespace) -> dict[str, str]:
    said = bay_helper.undock(args.device, _folders(args))
    return {"device": str(args.device), "announced": "no"} if said is None else _members(said)


def _announce(args: argparse.Namespace) -> dict[str, str]:
    if not args.folder.is_dir():
        message = f"expected a folder at {args.folder}, found none"
        raise FileNotFoundError(message)
    place = args.announcements
    return _members(bay_helper.announce_folder(args.folder, place, args.bay, args.serial))


def _retract(args: argparse.Namespace) -> dict[str, str]:
    gone = announcement.retract(args.bay, args.announcements)
    return {"bay": args.bay, "announced": "yes" if gone else "no"}


def _identify(args: argparse.Namespace) -> dict[str, str]:
    profile = Registry.load(args.profiles).identify(args.folder, args.serial)
    return {"profile": profile.name, "title": profile.title, "access": profile.access}


_ACTS = {
    "mount": _mount,
    "unmount": _unmount,
    "announce": _announce,
    "retract": _retract,
    "identify": _identify,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="firmware_hooks",
        description="Bays: write-block, mount and announce cameras. See README.md.",
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object")
    where = argparse.ArgumentParser(add_help=False, parents=[common])
    where.add_argument(
        "--announcements",
        type=Path,
        default=bay_helper.DEFAULT_ANNOUNCEMENTS,
        help="announcement folder (default: %(default)s)",
    )
    device = argparse.ArgumentParser(add_help=False, parents=[where])
    device.add_argument("--device", type=Path, required=True, help="partition, /dev/sdX1")
    device.add_argument(
        "--mounts",
        type=Path,
        default=bay_helper.DEFAULT_MOUNTS,
        help="folder to mount under (default: %(default)s)",
    )
    device.add_argument("--bays", type=Path, help="file of lines '<bay> <ID_PATH>'")
    acts = parser.add_subparsers(dest="act", required=True)
    act = acts.add_parser(
        "mount", parents=[device], help="write-block, mount read-only, announce (root)"
    )
    act.add_argument("--bay", help="name of the bay (default: from --bays or the port)")
    acts.add_parser("unmount", parents=[device], help="retract, then unmount (root)")
    act = acts.add_parser("announce", parents=[where], help="announce a plain folder as a camera")
    act.add_argument("--bay", required=True, help="name of the bay")
    act.add_argument("--folder", type=Path, required=True, help="the card's content")
    act.add_argument("--serial", help="serial number to claim")
    act = acts.add_parser("retract", parents=[where], help="say that a bay is empty")
    act.add_argument("--bay", required=True, help="name of the bay")
    act = acts.add_parser("identify", parents=[common], help="which profile fits a card")
    act.add_argument("--folder", type=Path, required=True, help="the mounted card")
    act.add_argument("--serial", help="the camera's serial number")
    act.add_argument("--profiles", type=Path, help="folder of a site's own profiles")
    return parser


def _folders(args: argparse.Namespace) -> BayFolders:
    return BayFolders(announcements=args.announcements, mounts=args.mounts, bays=args.bays)


def _members(said: Announcement) -> dict[str, str]:
    return {key: value for key, value in asdict(said).items() if value is not None}


def _shown(result: dict[str, str]) -> str:
    return "\n".join(f"{key}: {value}" for key, value in result.items())


def _fail(failure: HookError | OSError, *, as_json: bool) -> None:
    code = failure.code if isinstance(failure, HookError) else "OS_ERROR"
    if as_json:
        facts = failure.facts if isinstance(failure, HookError) else {}
        print(json.dumps({"error": {**facts, "code": code, "message": str(failure)}}))
    else:
        print(f"{code}: {failure}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
