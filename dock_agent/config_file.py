"""One TOML file of the operator's, read key by key; every refusal names file and key.

Knows which sections and keys there are; what they mean is in `config`.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dock_agent.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What each section must hold, and what it may hold.
_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "station": (frozenset({"id", "data", "announcements"}), frozenset()),
    "identity": (frozenset({"key", "tls_certificate", "tls_key"}), frozenset()),
    "mqtt": (frozenset({"host", "port", "ca"}), frozenset({"heartbeat_seconds"})),
    "upload": (frozenset({"url", "ca"}), frozenset({"parallel"})),
    "witness": (frozenset(), frozenset({"key"})),
    "trust": (frozenset({"policy", "keys"}), frozenset()),
    "offload": (frozenset(), frozenset({"profiles", "retry_seconds", "attempts"})),
    "kiosk": (frozenset(), frozenset({"enabled", "port", "language", "bays", "sound"})),
}


class ConfigFile:
    """Typed access to one TOML file; every refusal names the file and the key."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self._path = path
        self._content = content
        for section in content:
            if section not in _KEYS:
                raise self._bad("only known sections", f"[{section}]")
        for section, (required, optional) in _KEYS.items():
            present = set(self.section(section))
            for name in sorted(present - required - optional):
                raise self._bad(f"only known keys in [{section}]", name)
            for name in sorted(required - present):
                raise self._bad(f"[{section}] {name}", "no such key")

    def section(self, name: str) -> dict[str, Any]:
        section = self._content.get(name, {})
        if not isinstance(section, dict):
            raise self._bad(f"a section [{name}]", repr(section))
        return section

    def text(self, section: str, name: str) -> str:
        value = self.section(section)[name]
        if not isinstance(value, str) or not value:
            raise self._bad(f"text for [{section}] {name}", repr(value))
        return value

    def identifier(self, section: str, name: str) -> str:
        value = self.text(section, name)
        if not _NAME.fullmatch(value):
            raise self._bad(f"letters, digits, dot, dash, underscore for [{section}] {name}", value)
        return value

    def https(self, section: str, name: str) -> str:
        value = self.text(section, name).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname:
            raise self._bad(f"an https address for [{section}] {name}", value)
        return value

    def path(self, section: str, name: str) -> Path:
        return (self._path.parent / self.text(section, name)).resolve()

    def whole(self, section: str, name: str, *, default: int = 0, largest: int = 86400) -> int:
        value = self.section(section).get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
            expected = f"a whole number from 1 to {largest} for [{section}] {name}"
            raise self._bad(expected, repr(value))
        return value

    def seconds(self, section: str, name: str, *, default: float) -> float:
        value = self.section(section).get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400:
            raise self._bad(f"seconds for [{section}] {name}", repr(value))
        return float(value)

    def flag(self, section: str, name: str, *, default: bool) -> bool:
        value = self.section(section).get(name, default)
        if not isinstance(value, bool):
            raise self._bad(f"true or false for [{section}] {name}", repr(value))
        return value

    def choice(self, section: str, name: str, among: tuple[str, ...]) -> str:
        """One of several words; the first where none is given."""
        value = self.section(section).get(name, among[0])
        if value not in among:
            raise self._bad(f"one of {', '.join(among)} for [{section}] {name}", repr(value))
        return str(value)

    def names(self, section: str, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of different names, each like a station's."""
        value = self.section(section).get(name, list(default))
        good = isinstance(value, list) and all(
            isinstance(each, str) and _NAME.fullmatch(each) for each in value
        )
        if not good or len(set(value)) != len(value):
            raise self._bad(f"a list of different names for [{section}] {name}", repr(value))
        return tuple(value)

    def _bad(self, expected: str, found: str) -> ConfigError:
        return ConfigError(expected=f"{expected} in {self._path}", found=found)
