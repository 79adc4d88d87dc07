"""recorder.toml, parsed once into frozen values.

An unknown or missing key is an error that names it. Relative paths are relative to the
file. Does not look whether a camera, a microphone or a folder is there.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.capture.errors import ConfigError

MIB = 1 << 20
CAMERAS = ("picamera2", "v4l2", "test", "none")
MICROPHONES = ("pyaudio", "none")
_STATION_IS = "a station name of 1 to 64 letters, digits, dots, dashes, underscores"
_STATION = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What each section must hold, and what it may hold.
_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "recorder": (frozenset({"station", "announcements"}), frozenset({"maximum_seconds"})),
    "spool": (frozenset({"folder"}), frozenset({"limit_mib", "announce_seconds"})),
    "camera": (
        frozenset({"source"}),
        frozenset({"device", "width", "height", "rate", "input_format", "pattern"}),
    ),
    "microphone": (frozenset({"source"}), frozenset({"device", "rate"})),
    "segments": (frozenset(), frozenset({"seconds", "kbit_s", "codec", "queue_seconds"})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """`device`: a number for picamera2, a device file for v4l2; `pattern`: a lavfi graph."""

    source: str
    device: str = ""
    width: int = 1280
    height: int = 720
    rate: int = 30
    input_format: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneSettings:
    """`device`: part of the device's name; empty means the system's default."""

    source: str
    device: str = ""
    rate: int = 48_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSettings:
    """`queue_seconds` bounds what may wait between the devices and the encoder."""

    seconds: int = 30
    kbit_s: int = 2_000
    codec: str = "libx264"
    queue_seconds: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSettings:
    """`announce_seconds`: the least time between two announcements of the spool."""

    folder: Path
    limit: int = 4096 * MIB
    announce_seconds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderConfig:
    """Everything an operator decides about the station's own recordings."""

    station: str
    announcements: Path
    maximum_seconds: int
    spool: SpoolSettings
    camera: CameraSettings
    microphone: MicrophoneSettings
    segments: SegmentSettings


def load(path: Path) -> RecorderConfig:
    """Read `path`. Raises ConfigError, which names the file and the key."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as failure:
        found = failure.strerror or str(failure)
        raise ConfigError(
            code="CONFIG_UNREADABLE", expected=f"a readable file {path}", found=found
        ) from failure
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise ConfigError(expected=f"TOML in {path}", found=str(failure)) from failure
    return _parse(_File(path, content))


def _parse(file: "_File") -> RecorderConfig:
    return RecorderConfig(
        station=file.station("recorder", "station"),
        announcements=file.path("recorder", "announcements"),
        maximum_seconds=file.whole("recorder", "maximum_seconds", 120, largest=3600),
        spool=SpoolSettings(
            folder=file.path("spool", "folder"),
            limit=file.whole("spool", "limit_mib", 4096, largest=1 << 24) * MIB,
            announce_seconds=file.whole("spool", "announce_seconds", 30, least=0, largest=3600),
        ),
        camera=CameraSettings(
            source=file.choice("camera", "source", CAMERAS),
            device=file.text("camera", "device", ""),
            width=file.even("camera", "width", 1280, largest=4096),
            height=file.even("camera", "height", 720, largest=4096),
            rate=file.whole("camera", "rate", 30, largest=120),
            input_format=file.text("camera", "input_format", ""),
            pattern=file.text("camera", "pattern", ""),
        ),
        microphone=MicrophoneSettings(
            source=file.choice("microphone", "source", MICROPHONES),
            device=file.text("microphone", "device", ""),
            rate=file.whole("microphone", "rate", 48_000, least=8_000, largest=96_000),
        ),
        segments=SegmentSettings(
            seconds=file.whole("segments", "seconds", 30, largest=3600),
            kbit_s=file.whole("segments", "kbit_s", 2_000, least=100, largest=50_000),
            codec=file.text("segments", "codec", "libx264"),
            queue_seconds=file.whole("segments", "queue_seconds", 2, largest=30),
        ),
    )


def station_name(text: str) -> str:
    """A station's name, as station.toml has it: it becomes part of file names."""
    if not _STATION.fullmatch(text):
        raise ConfigError(expected=_STATION_IS, found=repr(text)[:80])
    return text


class _File:
    """Typed access to one TOML file; every refusal names the file and the key."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self._path = path
        self._content = content
        for section in content:
            if section not in _KEYS:
                raise self._bad("only known sections", f"[{section}]")
        for section, (required, optional) in _KEYS.items():
            present = set(self._section(section))
            for name in sorted(present - required - optional):
                raise self._bad(f"only known keys in [{section}]", name)
            for name in sorted(required - present):
                raise self._bad(f"[{section}] {name}", "no such key")

    def text(self, section: str, name: str, default: str | None = None) -> str:
        value = self._section(section).get(name, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self._bad(f"text for [{section}] {name}", repr(value))
        return value

    def station(self, section: str, name: str) -> str:
        text = self.text(section, name)
        try:
            return station_name(text)
        except ConfigError as fault:
            raise self._bad(f"{fault.expected} for [{section}] {name}", fault.found) from fault

    def choice(self, section: str, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(section, name)
        if value not in choices:
            raise self._bad(f"one of {', '.join(choices)} for [{section}] {name}", value)
        return value

    def path(self, section: str, name: str) -> Path:
        return (self._path.parent / self.text(section, name)).resolve()

    def whole(self, section: str, name: str, default: int, *, least: int = 1, largest: int) -> int:
        value = self._section(section).get(name, default)
        if type(value) is not int or not least <= value <= largest:
            expected = f"a whole number from {least} to {largest} for [{section}] {name}"
            raise self._bad(expected, repr(value))
        return value

    def even(self, section: str, name: str, default: int, *, largest: int) -> int:
        value = self.whole(section, name, default, least=64, largest=largest)
        if value % 2:
            raise self._bad(f"an even number for [{section}] {name}", str(value))
        return value

    def _section(self, name: str) -> dict[str, Any]:
        section = self._content.get(name, {})
        if not isinstance(section, dict):
            raise self._bad(f"a section [{name}]", repr(section))
        return section

    def _bad(self, expected: str, found: str) -> ConfigError:
        return ConfigError(expected=f"{expected} in {self._path}", found=found)
