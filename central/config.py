"""central.toml -> frozen values; parsed once, at the door.

An unknown section or key is an error that names it, so a misspelt setting is never silently
ignored. Relative paths are relative to the file. Reads nothing else: keys and certificates
are opened by those who use them.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from urllib.parse import urlsplit

from central.errors import ConfigError

_Section = TypeVar("_Section")


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSection:
    """Who this site is: `origin` names its log in every checkpoint, for ever."""

    name: str
    origin: str
    data: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSection:
    """The listener for people: API and pages."""

    host: str = "127.0.0.1"
    port: int = 8420


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSection:
    """The listener for stations: HTTPS with a client certificate.

    `reserve_mb` of the disk are left free: an upload that would touch them waits.
    """

    host: str = "127.0.0.1"
    port: int = 8421
    certificate: Path
    key: Path
    client_ca: Path
    reserve_mb: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSection:
    """How central reaches the broker, and with which certificate."""

    host: str = "127.0.0.1"
    port: int = 8883
    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSection:
    """The broker that `central broker run` starts; [mqtt] port is its port.

    `listen` is loopback unless stations are on other machines; `name` is what stations
    call this machine, and goes into their bundles.
    """

    listen: str = "127.0.0.1"
    name: str = "127.0.0.1"
    certificate: Path
    key: Path
    client_ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSection:
    """The trust policy, and the folder of root-signed key events (*.json)."""

    policy: Path
    keys: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessesSection:
    """Who is asked to cosign checkpoints, besides the stations that the policy names.

    `outsiders` are http(s) addresses of tlog-witnesses. Checkpoints are asked about at most
    every `seconds`; an export waits up to `wait_seconds` for one that covers it.
    """

    outsiders: tuple[str, ...] = ()
    seconds: int = 1
    wait_seconds: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorsSection:
    """Addresses of time-stamping authorities (RFC 3161), and how often one dates the log."""

    tsa: tuple[str, ...] = ()
    hours: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentSection:
    """The listener where new stations enrol themselves with a token; port 0: there is none.

    HTTPS with the certificate of [upload], and no client certificate.
    """

    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSection:
    """Days that stored footage stays under write-once retention."""

    days: int = 183


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralConfig:
    """Everything that central.toml says."""

    central: CentralSection
    http: HttpSection
    upload: UploadSection
    mqtt: MqttSection
    broker: BrokerSection
    trust: TrustSection
    retention: RetentionSection
    witnesses: WitnessesSection
    anchors: AnchorsSection
    enrolment: EnrolmentSection


_MINIMUM_RETENTION_DAYS = 183
_HIGHEST_PORT = 65535


def load(path: Path) -> CentralConfig:
    """Read `path`; raises ConfigError naming the section and key that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise ConfigError(
            expected="a configuration file (make one: central init)",
            found=f"nothing at {path}",
        ) from missing
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise ConfigError(expected=f"TOML in {path}", found=str(failure)) from failure
    return parse(document, base=path.resolve().parent)


def parse(document: dict[str, Any], *, base: Path) -> CentralConfig:
    """The same for a document that is already TOML; paths are relative to `base`."""
    hints = get_type_hints(CentralConfig)
    _refuse_unknown(document, set(hints), where="section")
    sections = {
        name: _section(section, document.get(name, {}), name=name, base=base)
        for name, section in hints.items()
    }
    config = CentralConfig(**sections)
    _check_numbers(config)
    return config


def _section(section: type[_Section], table: object, *, name: str, base: Path) -> _Section:
    if not isinstance(table, dict):
        raise ConfigError(expected=f"a table [{name}]", found=type(table).__name__, section=name)
    hints = get_type_hints(section)
    _refuse_unknown(table, set(hints), where=f"key in [{name}]")
    values: dict[str, Any] = {}
    for field in fields(section):  # type: ignore[arg-type] # always a dataclass here
        if field.name in table:
            where = f"[{name}] {field.name}"
            values[field.name] = _value(
                table[field.name], hints[field.name], where=where, base=base
            )
        elif field.default is MISSING:
            raise ConfigError(
                expected=f"[{name}] {field.name}", found="no such key", key=field.name
            )
    return section(**values)


def _value(value: object, kind: type, *, where: str, base: Path) -> object:
    if kind == tuple[str, ...]:
        return _addresses(value, where=where)
    on_disk = str if kind is Path else kind
    if type(value) is not on_disk or value == "":
        raise ConfigError(
            expected=f"{where} to be a {'path' if kind is Path else kind.__name__}",
            found=repr(value),
            key=where,
        )
    return base / str(value) if kind is Path else value


def _addresses(value: object, *, where: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    for each in listed:
        parts = urlsplit(each) if isinstance(each, str) else None
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                expected=f"{where} to be a list of http or https addresses",
                found=repr(each),
                key=where,
            )
    return tuple(listed)


def _refuse_unknown(table: dict[str, Any], known: set[str], *, where: str) -> None:
    for name in sorted(set(table) - known):
        raise ConfigError(
            expected=f"a {where} out of {', '.join(sorted(known))}",
            found=name,
            key=name,
        )


def _check_numbers(config: CentralConfig) -> None:
    for name, port in (
        ("http", config.http.port),
        ("upload", config.upload.port),
        ("mqtt", config.mqtt.port),
    ):
        if not 1 <= port <= _HIGHEST_PORT:
            raise ConfigError(expected=f"[{name}] port from 1 to {_HIGHEST_PORT}", found=str(port))
    if config.upload.reserve_mb < 0:
        raise ConfigError(
            expected="[upload] reserve_mb of 0 or more", found=str(config.upload.reserve_mb)
        )
    for name, number in (
        ("[witnesses] seconds", config.witnesses.seconds),
        ("[anchors] hours", config.anchors.hours),
        ("[witnesses] wait_seconds", config.witnesses.wait_seconds + 1),
    ):
        if number < 1:
            raise ConfigError(expected=f"{name} of at least 1, a wait of 0", found=str(number))
    if config.retention.days < _MINIMUM_RETENTION_DAYS:
        raise ConfigError(
            expected=f"[retention] days of {_MINIMUM_RETENTION_DAYS} or more",
            found=str(config.retention.days),
        )
