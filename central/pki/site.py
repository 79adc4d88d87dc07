"""`central init`: everything a new site needs, made once and never over an existing one.

The layout is in `site_folder`. The trust folder is what a verifier is handed by another way
than a package. Nothing here protects a key beyond its file mode.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from central.errors import AlreadyInitialisedError, ConfigError
from central.pki import key_files
from central.pki.certificates import Authority, Issued
from central.pki.revocation import revocation_list
from central.pki.root import public_pem, read_public
from central.pki.site_folder import SiteFolder
from edge import durable
from edge.evidence.encoding import encode_base64
from edge.evidence.instant import Instant
from edge.evidence.keys import PublicKey
from edge.evidence.note import NoteSigner
from edge.evidence.policy import FORMAT
from edge.evidence.signers import Ed25519Signer
from edge.evidence.statement import CENTRAL
from edge.root_request import RootRequest

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PRIVATE_FOLDER = 0o700
_SITE = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """What a person decides about a new site.

    `enrol_port` is where stations enrol themselves; 0: nowhere.
    `root` is the public half of a root that is elsewhere; without it one is made here.
    `outsiders` are addresses of witnesses that others run, `tsa` of time-stamping authorities.
    `hosts` are names and addresses, besides loopback, by which stations reach it; `listen` is
    the address that broker and uploads bind to.
    """

    folder: Path
    name: str
    http_port: int
    upload_port: int
    mqtt_port: int
    listen: str = "127.0.0.1"
    hosts: Sequence[str] = ()
    root: Path | None = None
    enrol_port: int = 0
    outsiders: Sequence[str] = ()
    tsa: Sequence[str] = ()

    @property
    def origin(self) -> str:
        """The log's name in every checkpoint: a schema-less URL, as C2SP asks for."""
        return f"liuhen.example/log/{self.name}"


def init(site: NewSite, now: Instant) -> SiteFolder:
    """Make the site. Raises AlreadyInitialisedError where there is one, ConfigError for a name.

    The configuration is written last: a site without it was never finished, and is refused
    rather than completed with other keys.
    """
    if not _SITE.fullmatch(site.name):
        raise ConfigError(expected=f"a site name like {_SITE.pattern}", found=site.name)
    folder = SiteFolder(site.folder)
    if folder.root.exists() and any(folder.root.iterdir()):
        raise AlreadyInitialisedError(
            expected=f"{folder.root} to be new or empty",
            found="files in it, kept as they are",
            folder=str(folder.root),
        )
    durable.make_folder(folder.offline, mode=_PRIVATE_FOLDER)
    folder.data.make()
    _write_evidence_keys(site, folder, now)
    _write_certificates(site, folder, now)
    key_files.write_public(folder.config, _configuration(site).encode())
    return folder


def _write_evidence_keys(site: NewSite, folder: SiteFolder, now: Instant) -> None:
    central, log = Ed25519Signer.generate(), Ed25519Signer.generate()
    request = RootRequest.enrol(CENTRAL, site.name, central)
    if site.root is None:
        root = Ed25519Signer.generate()
        public = root.public
        key_files.write_private(folder.offline / "root.key", root.to_pem())
        event = request.event(root, now)
        key_files.write_public(folder.key_events / request.file_name, event.raw)
    else:
        public = read_public(site.root).spki
        key_files.write_public(folder.requests / request.file_name, request.to_bytes(central))
        durable.make_folder(folder.key_events)
    key_files.write_private(folder.data.central_key, central.to_pem())
    key_files.write_private(folder.data.log_key, log.to_pem())
    key_files.write_public(folder.root_public, public_pem(public))
    key_files.write_public(folder.policy, _policy(site, public, NoteSigner(site.origin, log).vkey))


def _write_certificates(site: NewSite, folder: SiteFolder, now: Instant) -> None:
    authority = Authority.create(f"liuhen {site.name} stations and servers", now)
    key_files.write_private(folder.offline / "ca.key", authority.issued.key_pem)
    key_files.write_public(folder.ca, authority.issued.certificate_pem)
    hosts = list(dict.fromkeys((*site.hosts, *LOOPBACK)))
    _write_issued(folder, "broker", authority.server(f"broker {site.name}", hosts, now))
    _write_issued(folder, "upload", authority.server(f"upload {site.name}", hosts, now))
    _write_issued(folder, "mqtt", authority.client("central", now))
    key_files.write_public(folder.crl, revocation_list(authority, [], now))


def _write_issued(folder: SiteFolder, name: str, issued: Issued) -> None:
    key_files.write_public(folder.certificate(name), issued.certificate_pem)
    key_files.write_private(folder.key(name), issued.key_pem)


def _policy(site: NewSite, root: bytes, vkey: str) -> bytes:
    name, algorithm = f"{site.name} root", PublicKey.from_spki(root).algorithm
    policy = {
        "format": FORMAT,
        "roots": [{"name": name, "algorithm": algorithm, "public": encode_base64(root)}],
        "logs": [{"origin": site.origin, "vkey": vkey}],
        "witnesses": [],
        "quorum": {"stations": 0, "outsiders": 0},
        "tsa": [],
    }
    return json.dumps(policy, ensure_ascii=False, indent=2).encode() + b"\n"


def _configuration(site: NewSite) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML basic string

    return f"""\
# Made by `central init`. Relative paths are relative to this file; unknown keys are refused.
[central]
name = {quoted(site.name)}
origin = {quoted(site.origin)}  # the log's name in every checkpoint: never change it
data = "data"

[http]
host = "127.0.0.1"
port = {site.http_port}

[upload]
host = {quoted(site.listen)}
port = {site.upload_port}
certificate = "tls/upload.pem"
key = "tls/upload.key"
client_ca = "tls/ca.pem"

[mqtt]
host = "127.0.0.1"
port = {site.mqtt_port}
ca = "tls/ca.pem"
certificate = "tls/mqtt.pem"
key = "tls/mqtt.key"

[broker]  # what `central broker run` starts; leave it out of use where a broker runs already
listen = {quoted(site.listen)}
name = {quoted(site.hosts[0] if site.hosts else "127.0.0.1")}  # what stations call it
certificate = "tls/broker.pem"
key = "tls/broker.key"
client_ca = "tls/ca.pem"

[trust]
policy = "trust/policy.json"
keys = "trust/keys"

[witnesses]  # of the log, besides the stations; name each in the policy: central policy witness
outsiders = {json.dumps(list(site.outsiders))}  # such as "https://witness.example"

[anchors]  # who dates the log (RFC 3161); pin each in the policy: central policy tsa
tsa = {json.dumps(list(site.tsa))}
hours = 24

[enrolment]  # where stations enrol themselves by a token; port 0: they cannot
host = {quoted(site.listen)}
port = {site.enrol_port}

[retention]
days = 183  # no class may be kept for less
"""
