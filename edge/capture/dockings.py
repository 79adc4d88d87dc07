"""Which bays hold a camera now, and the recorder's own card among them.

Reads only what a recorder needs of an announcement (`liuhen-announcement/v1`): that there is
a docking, and since when. A file that says nothing usable is not a docking here; the agent,
which believes announcements further, reports it. The recorder's own card is announced as the
pseudo-bay `recorder`, so that it is ingested on the same path as any camera's.
"""

import contextlib
import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from edge import durable
from edge.evidence.errors import EncodingError
from edge.evidence.instant import Instant

FORMAT = "liuhen-announcement/v1"
OWN_BAY = "recorder"
_MAX_BYTES = 16_384
_DOCKING = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Docking:
    """A camera in a real bay, since `at`."""

    bay: str
    docking: str
    at: Instant


def dockings_in(folder: Path) -> list[Docking]:
    """All real dockings that are announced now. Raises OSError where it cannot look."""
    found: list[Docking] = []
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json" or path.name.startswith(".") or path.stem == OWN_BAY:
            continue
        with contextlib.suppress(OSError, ValueError, EncodingError):  # gone, or unusable
            found.append(_read(path))
    return found


def announce_card(folder: Path, card: Path, station: str, at: Instant) -> str:
    """Announce the recorder's card, as a new docking; answers its id."""
    docking = secrets.token_hex(16)
    announcement = {
        "format": FORMAT,
        "bay": OWN_BAY,
        "docking": docking,
        "mount": str(card.resolve()),
        "write_block": "none",
        "serial": f"STN_{station}",
        "at": str(at),
    }
    text = json.dumps(announcement, ensure_ascii=False, indent=1) + "\n"
    durable.replace(folder / f"{OWN_BAY}.json", text.encode())
    return docking


def _read(path: Path) -> Docking:
    with path.open("rb") as handle:
        members = json.loads(handle.read(_MAX_BYTES))
    if not isinstance(members, dict) or members.get("format") != FORMAT:
        raise ValueError(path.name)
    if members.get("bay") != path.stem or not _DOCKING.fullmatch(str(members.get("docking"))):
        raise ValueError(path.name)
    return Docking(path.stem, members["docking"], Instant.parse(members.get("at", "")))
