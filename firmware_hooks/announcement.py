"""One announcement: what the privileged bay helper tells the unprivileged agent.

A file `<bay>.json` in the announcement folder means "a camera is mounted here, now"; its
removal means "gone". It is written by rename, so nobody reads half of one. It is a message,
not evidence: it says where to look, and the agent believes nothing else from it.
"""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from firmware_hooks.errors import AnnouncementError

FORMAT = "liuhen-announcement/v1"
WRITE_BLOCKS = ("kernel", "mount", "none")
MAX_BYTES = 16_384
_SUFFIX = ".json"
_BAY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DOCKING = re.compile(r"[0-9a-f]{32}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_MAX_TEXT = 1024


def new_docking_id() -> str:
    """A name for this one docking: random, so two docks of one card never share it."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A camera in a bay. `serial`, `fs_uuid` and `port` are claims of the hardware."""

    bay: str
    docking: str
    mount: str
    write_block: str
    at: str
    device: str | None = None
    serial: str | None = None
    fs_uuid: str | None = None
    port: str | None = None

    def __post_init__(self) -> None:
        _require("bay", self.bay, _BAY)
        _require("docking", self.docking, _DOCKING)
        _require("at", self.at, _INSTANT)
        if self.write_block not in WRITE_BLOCKS:
            found = f"write_block {self.write_block!r}"
            raise AnnouncementError(expected=f"one of {WRITE_BLOCKS}", found=found)
        if not self.mount.startswith("/") or "\0" in self.mount:
            found = f"mount {self.mount!r}"
            raise AnnouncementError(expected="an absolute path", found=found)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read one announcement; raises AnnouncementError naming the member at fault."""
        members = _object(raw)
        if members.pop("format", None) != FORMAT:
            raise AnnouncementError(expected=f"format {FORMAT}", found="another format")
        known = {field.name: field for field in fields(cls)}
        for name, value in members.items():
            if name not in known:
                raise AnnouncementError(expected="known members", found=f"{name!r}")
            if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
                expected = f"{name} as text of 1 to {_MAX_TEXT} characters"
                raise AnnouncementError(expected=expected, found=repr(value)[:80])
        try:
            return cls(**members)
        except TypeError as missing:
            expected = "members bay, docking, mount, write_block, at"
            found = ", ".join(sorted(members)) or "none"
            raise AnnouncementError(expected=expected, found=found) from missing

    def to_bytes(self) -> bytes:
        """The file's content; absent members are left out rather than null."""
        present = {k: v for k, v in asdict(self).items() if v is not None}
        text = json.dumps({"format": FORMAT, **present}, ensure_ascii=False, indent=1)
        return text.encode() + b"\n"


def announce(announcement: Announcement, folder: Path) -> Path:
    """Put the announcement in the folder in one step, replacing an older one of its bay."""
    folder.mkdir(parents=True, exist_ok=True)
    final = path_of(announcement.bay, folder)
    scratch = folder / f".{announcement.bay}.{secrets.token_hex(4)}.partial"
    scratch.write_bytes(announcement.to_bytes())
    os.replace(scratch, final)  # noqa: TID251, PTH105 - a message, not evidence
    return final


def retract(bay: str, folder: Path) -> bool:
    """Say that the bay is empty. False where nothing was announced."""
    try:
        path_of(bay, folder).unlink()  # a message, not evidence
    except FileNotFoundError:
        return False
    return True


def read(path: Path) -> Announcement:
    """Read an announcement file, and refuse one that speaks for another bay."""
    with path.open("rb") as handle:
        announcement = Announcement.parse(handle.read(MAX_BYTES + 1))
    if path.name != announcement.bay + _SUFFIX:
        found = f"bay {announcement.bay!r} in {path.name}"
        raise AnnouncementError(expected="the bay of the file's name", found=found)
    return announcement


def path_of(bay: str, folder: Path) -> Path:
    """Where a bay is announced."""
    _require("bay", bay, _BAY)
    return folder / (bay + _SUFFIX)


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise AnnouncementError(expected=f"at most {MAX_BYTES} bytes", found="more")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise AnnouncementError(expected="JSON", found=str(fault)[:120]) from fault
    if not isinstance(value, dict):
        raise AnnouncementError(expected="a JSON object", found=type(value).__name__)
    return value


def _require(name: str, value: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        expected = f"{name} like {pattern.pattern}"
        raise AnnouncementError(expected=expected, found=repr(value)[:80])
