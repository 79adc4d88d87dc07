"""station.toml, parsed once into frozen values.

An unknown or missing key is an error that names it. Relative paths are relative to the
file. Does not check that keys or certificates are good: `station` does that.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dock_agent.errors import ConfigError

_STATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What each section must hold, and what it may hold.
_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "station": (frozenset({"id", "data", "announcements"}), frozenset()),
    "identity": (frozenset({"key", "tls_certificate", "tls_key"}), frozenset()),
    "mqtt": (frozenset({"host", "port", "ca"}), frozenset({"heartbeat_seconds"})),
    "upload": (frozenset({"url", "ca"}), frozenset({"parallel"})),
    "trust": (frozenset({"policy", "keys"}), frozenset()),
    "offload": (frozenset(), frozenset({"profiles", "retry_seconds", "attempts"})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mqtt:
    host: str
    port: int
    ca: Path
    heartbeat_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    url: str
    ca: Path
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offload:
    """`retry_seconds` is the first pause after a failure; `attempts` is the bound."""

    profiles: Path | None
    retry_seconds: float
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationConfig:
    """Everything an operator decides. `digest` goes into every manifest."""

    station: str
    data: Path
    announcements: Path
    identity_key: Path
    tls_certificate: Path
    tls_key: Path
    mqtt: Mqtt
    upload: Upload
    trust_policy: Path
    trust_keys: Path
    offload: Offload
    digest: str

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def vault(self) -> Path:
        return self.data / "vault"


def load(path: Path) -> StationConfig:
    """Read `path`. Raises ConfigError, which names the file and the key."""
    try:
        raw = path.read_bytes()
        content = tomllib.loads(raw.decode())
    except OSError as failure:
        raise ConfigError(
            code="CONFIG_UNREADABLE",
            expected=f"a readable file {path}",
            found=failure.strerror or str(failure),
        ) from failure
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise ConfigError(expected=f"TOML in {path}", found=str(failure)) from failure
    return _parse(_File(path, content), hashlib.sha256(raw).hexdigest())


def _parse(file: "_File", digest: str) -> StationConfig:
    return StationConfig(
        station=file.identifier("station", "id"),
        data=file.path("station", "data"),
        announcements=file.path("station", "announcements"),
        identity_key=file.path("identity", "key"),
        tls_certificate=file.path("identity", "tls_certificate"),
        tls_key=file.path("identity", "tls_key"),
        mqtt=Mqtt(
            host=file.text("mqtt", "host"),
            port=file.whole("mqtt", "port", largest=65535),
            ca=file.path("mqtt", "ca"),
            heartbeat_seconds=file.whole("mqtt", "heartbeat_seconds", default=30),
        ),
        upload=Upload(
            url=file.https("upload", "url"),
            ca=file.path("upload", "ca"),
            parallel=file.whole("upload", "parallel", default=2, largest=16),
        ),
        trust_policy=file.path("trust", "policy"),
        trust_keys=file.path("trust", "keys"),
        offload=Offload(
            profiles=file.path("offload", "profiles")
            if "profiles" in file.section("offload")
            else None,
            retry_seconds=file.seconds("offload", "retry_seconds", default=5.0),
            attempts=file.whole("offload", "attempts", default=3, largest=100),
        ),
        digest=digest,
    )


class _File:
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
        if not _STATION_ID.fullmatch(value):
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

    def _bad(self, expected: str, found: str) -> ConfigError:
        return ConfigError(expected=f"{expected} in {self._path}", found=found)
