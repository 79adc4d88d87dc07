"""A profile: how one family of cameras names and sorts its files, as a TOML file says.

Names are claims, never identity: a profile turns a path into what it *claims* (device,
officer, time, importance) and into a kind. It decides nothing about keeping: every file on
the card is offloaded, whatever its kind. Profiles read no disk but their own file.
"""

import fnmatch
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self

from firmware_hooks.errors import ProfileError

FORMAT = "liuhen-profile/v1"
Kind = Literal["media", "side", "system"]
_GROUPS = frozenset({"device", "officer", "date", "time", "important"})
_TOP = frozenset({"format", "name", "title", "access", "recognise", "files", "names"})
_ACCESS = ("mass_storage",)
_MAX_CLAIM = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a file's name says of it. `name_time` keeps the camera's own form."""

    kind: Kind
    important: bool = False
    device: str | None = None
    officer: str | None = None
    name_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One camera family.

    `media`: footage; `side`: what the camera writes beside it, and any other suffix;
    `ignore`: what computers leave on cards (kind ``system``: kept, never called footage).
    """

    name: str
    title: str
    access: str
    names: tuple[re.Pattern[str], ...]
    media: frozenset[str]
    side: frozenset[str]
    ignore: tuple[str, ...]
    important: tuple[str, ...]
    recognise_serial: re.Pattern[str] | None
    recognise_folders: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read one profile file; raises ProfileError naming the file and the member."""
        try:
            return cls.parse(tomllib.loads(path.read_text("utf-8")))
        except (ProfileError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            found = str(fault)
            expected = f"a profile in {path.name}"
            raise ProfileError(expected=expected, found=found) from fault

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> Self:
        """Turn the parsed TOML into a profile; unknown members are refused by name."""
        _only(table, _TOP, "profile")
        if table.get("format") != FORMAT:
            found = repr(table.get("format"))
            raise ProfileError(expected=f"format {FORMAT!r}", found=found)
        if table.get("access") not in _ACCESS:
            found = f"access {table.get('access')!r}"
            raise ProfileError(expected=f"one of {_ACCESS}", found=found)
        files = _table(table, "files")
        _only(files, {"media", "side", "ignore", "important"}, "files")
        recognise = _table(table, "recognise")
        _only(recognise, {"serial", "folders"}, "recognise")
        serial = recognise.get("serial")
        return cls(
            name=_text(table, "name"),
            title=_text(table, "title"),
            access=table["access"],
            names=tuple(_name_pattern(text) for text in _texts(table, "names")),
            media=frozenset(s.lower() for s in _texts(files, "media")),
            side=frozenset(s.lower() for s in _texts(files, "side")),
            ignore=tuple(g.lower() for g in _texts(files, "ignore")),
            important=tuple(g.lower() for g in _texts(files, "important")),
            recognise_serial=None if serial is None else _compile(serial),
            recognise_folders=tuple(f.lower() for f in _texts(recognise, "folders")),
        )

    def claims(self, path: str) -> Claims:
        """What the path (relative, `/` between names) claims under this profile."""
        groups = self._groups(PurePosixPath(path).name)
        date, time = groups.get("date"), groups.get("time")
        marked = bool(groups.get("important")) or _any_glob(path, self.important)
        return Claims(
            kind=self._kind(path),
            important=marked,
            device=_claim(groups.get("device")),
            officer=_claim(groups.get("officer")),
            name_time=_claim("T".join(part for part in (date, time) if part) or None),
        )

    def knows_name(self, name: str) -> bool:
        """Whether a file name has this family's form."""
        return any(pattern.fullmatch(name) for pattern in self.names)

    def _groups(self, name: str) -> dict[str, str | None]:
        for pattern in self.names:
            if found := pattern.fullmatch(name):
                return found.groupdict()
        return {}

    def _kind(self, path: str) -> Kind:
        if _any_glob(path, self.ignore):
            return "system"
        suffix = PurePosixPath(path).suffix.lower()
        return "media" if suffix in self.media else "side"


def _any_glob(path: str, globs: tuple[str, ...]) -> bool:
    lowered = path.lower()
    name = PurePosixPath(lowered).name
    return any(fnmatch.fnmatchcase(lowered if "/" in g else name, g) for g in globs)


def _claim(text: str | None) -> str | None:
    return text[:_MAX_CLAIM] if text else None


def _name_pattern(text: str) -> re.Pattern[str]:
    pattern = _compile(text)
    if unknown := set(pattern.groupindex) - _GROUPS:
        expected = f"groups of {sorted(_GROUPS)}"
        raise ProfileError(expected=expected, found=str(sorted(unknown)))
    return pattern


def _compile(text: object) -> re.Pattern[str]:
    try:
        return re.compile(str(text), re.IGNORECASE)
    except re.error as fault:
        raise ProfileError(expected="a regular expression", found=str(fault)) from fault


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise ProfileError(expected=f"[{name}] as a table", found=repr(value)[:80])
    return value


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_CLAIM:
        expected = f"{name} as text of 1 to {_MAX_CLAIM} characters"
        raise ProfileError(expected=expected, found=repr(value)[:80])
    return value


def _texts(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ProfileError(expected=f"{name} as a list of texts", found=repr(value)[:80])
    return tuple(value)


def _only(table: Mapping[str, Any], allowed: frozenset[str] | set[str], of: str) -> None:
    if unknown := sorted(set(table) - allowed):
        expected = f"members of {of}: {', '.join(sorted(allowed))}"
        raise ProfileError(expected=expected, found=", ".join(unknown))
