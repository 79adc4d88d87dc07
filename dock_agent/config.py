"""station.toml, parsed once into frozen values.

An unknown or missing key is an error that names it. Relative paths are relative to the
file. Does not check that keys or certificates are good: `station` does that.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from dock_agent.config_file import ConfigFile
from dock_agent.errors import ConfigError


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
class Kiosk:
    """The officer's screen, on loopback only. `bays` are shown even while they are empty."""

    enabled: bool
    port: int
    language: str
    bays: tuple[str, ...]
    sound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StationConfig:
    """Everything an operator decides. `digest` goes into every manifest."""

    station: str
    data: Path
    announcements: Path
    identity_key: Path
    tls_certificate: Path
    tls_key: Path
    witness_key: Path | None
    mqtt: Mqtt
    upload: Upload
    trust_policy: Path
    trust_keys: Path
    offload: Offload
    kiosk: Kiosk
    digest: str

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def vault(self) -> Path:
        return self.data / "vault"

    @property
    def witness_state(self) -> Path:
        return self.data / "witness"


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
    return _parse(ConfigFile(path, content), hashlib.sha256(raw).hexdigest())


def _parse(file: ConfigFile, digest: str) -> StationConfig:
    return StationConfig(
        station=file.identifier("station", "id"),
        data=file.path("station", "data"),
        announcements=file.path("station", "announcements"),
        identity_key=file.path("identity", "key"),
        tls_certificate=file.path("identity", "tls_certificate"),
        tls_key=file.path("identity", "tls_key"),
        witness_key=file.path("witness", "key") if "key" in file.section("witness") else None,
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
        kiosk=_kiosk(file),
        digest=digest,
    )


def _kiosk(file: ConfigFile) -> Kiosk:
    return Kiosk(
        enabled=file.flag("kiosk", "enabled", default=True),
        port=file.whole("kiosk", "port", default=8470, largest=65535),
        language=file.choice("kiosk", "language", ("zh", "en")),
        bays=file.names("kiosk", "bays", ("1", "2", "3", "4")),
        sound=file.flag("kiosk", "sound", default=False),
    )
