"""`central enrol`: a station's bundle, and the root-signed statement that admits its key.

    OUT/station.toml   configuration            OUT/tls/     certificate, key, authority
    OUT/identity.pem   the station's P-256 key  OUT/trust/   policy.json, keys/*.json
    OUT/witness.json   its key as a witness of central's log; the site's policy names it

In this version the bundle, keys included, is made where the authority's key is, and carried to
the station. Where keys must never leave the station: `workflows.admission`.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from central.errors import AlreadyInitialisedError, ConfigError
from central.pki import key_files, policy_file
from central.pki.certificates import Authority, Issued
from central.pki.site_folder import SiteFolder
from edge import durable
from edge.evidence.envelope import Envelope
from edge.evidence.instant import Instant
from edge.evidence.policy import TrustPolicy
from edge.evidence.signers import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import STATION
from edge.evidence.witnesses import STATIONS
from edge.root_request import RootRequest
from edge.witness.keys import WitnessKeys, write_keys

_STATION = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RESERVED = frozenset({"central"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStation:
    """What a person decides about a new station: its id, and how it reaches central."""

    id: str
    out: Path
    host: str
    mqtt_port: int
    upload_port: int
    announcements: str = "/run/liuhen/announcements"


@dataclass(frozen=True, slots=True)
class Asked:
    """The root is elsewhere: the station counts once it has signed what lies in `file`."""

    request: RootRequest
    file: Path


def enrol(site: SiteFolder, station: NewStation, now: Instant) -> Envelope | Asked:
    """Make the bundle and admit the station's key, or ask the root to where it is elsewhere.

    Raises ConfigError for an id, AlreadyInitialisedError where the id is enrolled or the
    bundle exists, NotInitialisedError where the authority's key is not at hand.
    """
    check_name(station.id)
    event_file = site.key_events / f"station-{station.id}.json"
    if event_file.exists() or (station.out.exists() and any(station.out.iterdir())):
        taken = event_file if event_file.exists() else station.out
        raise AlreadyInitialisedError(
            expected=f"station {station.id} to be new", found=f"{taken}, kept as it is"
        )
    identity = EcdsaP256Signer.generate()
    request = RootRequest.enrol(STATION, station.id, identity)
    tls = Authority.read(site).client(station.id, now)
    central = key_files.read(site.key_events / "central.json")
    durable.make_folder(station.out, mode=0o700)
    _write_witness(site, station)
    _write_bundle(site, station, identity, tls)
    key_files.write_public(station.out / "trust" / "keys" / "central.json", central)
    root = site.offline / "root.key"
    if not root.exists():
        asked = site.requests / request.file_name
        key_files.write_public(asked, request.to_bytes(identity))
        return Asked(request, asked)
    event = request.event(Ed25519Signer.from_pem(key_files.read(root)), now)
    key_files.write_public(station.out / "trust" / "keys" / event_file.name, event.raw)
    # Last: from here on the station counts, and its bundle is whole.
    key_files.write_public(event_file, event.raw)
    return event


def check_name(station: str) -> None:
    """Raise ConfigError for what cannot be a station's id."""
    if not _STATION.fullmatch(station) or station in _RESERVED:
        raise ConfigError(expected=f"a station id like {_STATION.pattern}", found=station)


def witness_name(origin: str, station: str) -> str:
    """What a station is called as a witness of the log `origin`."""
    return f"{origin}/witness/{station}"


def station_of(origin: str, witness: str) -> str | None:
    """The station that cosigns as `witness`; None for a name that is no station's."""
    prefix = witness_name(origin, "")
    return witness.removeprefix(prefix) if witness.startswith(prefix) else None


def _write_witness(site: SiteFolder, station: NewStation) -> None:
    (log,) = TrustPolicy.parse(key_files.read(site.policy)).logs
    keys = WitnessKeys.generate(witness_name(log.name, station.id))
    write_keys(station.out / "witness.json", keys)
    for vkey in keys.vkeys:
        policy_file.add_witness(site.policy, vkey, STATIONS)


def _write_bundle(
    site: SiteFolder, station: NewStation, identity: EcdsaP256Signer, tls: Issued
) -> None:
    out = station.out
    key_files.write_private(out / "identity.pem", identity.to_pem())
    key_files.write_private(out / "tls" / "station.key", tls.key_pem)
    key_files.write_public(out / "tls" / "station.pem", tls.certificate_pem)
    durable.make_folder(site.issued(station.id).parent)
    durable.replace(site.issued(station.id), tls.certificate_pem)
    key_files.write_public(out / "tls" / "ca.pem", key_files.read(site.ca))
    key_files.write_public(out / "trust" / "policy.json", key_files.read(site.policy))
    key_files.write_public(out / "station.toml", configuration(station).encode())


def configuration(station: NewStation) -> str:
    """station.toml of a bundle."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML basic string

    host = f"[{station.host}]" if ":" in station.host else station.host
    return f"""\
# Made by `central enrol`. Relative paths are relative to this file; unknown keys are refused.
[station]
id = {quoted(station.id)}
data = "data"
announcements = {quoted(station.announcements)}

[identity]
key = "identity.pem"
tls_certificate = "tls/station.pem"
tls_key = "tls/station.key"

[witness]
key = "witness.json"

[mqtt]
host = {quoted(station.host)}
port = {station.mqtt_port}
ca = "tls/ca.pem"

[upload]
url = {quoted(f"https://{host}:{station.upload_port}")}
ca = "tls/ca.pem"

[trust]
policy = "trust/policy.json"
keys = "trust/keys"

[offload]
retry_seconds = 5
"""
