"""A station enrols itself: its keys never leave it, a one-time token says that it may.

The token names the site's authority, so the station knows whom it talks to before it sends
anything. What it sends: the root request signed by its identity key, a certificate request
signed by its TLS key, its witness key. The root's word comes at once where its key is at hand,
or later: then the request waits, and the station counts when it is signed. The authority's key
has to be at hand. Everything is checked before the token is used up.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from central.config import CentralConfig
from central.errors import CentralError, ConfigError
from central.pki import key_files, policy_file
from central.pki.certificates import Authority
from central.pki.enrolment import NewStation, check_name, configuration, witness_name
from central.pki.site_folder import SiteFolder
from central.store import Store, invitations
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.encoding import decode
from edge.evidence.envelope import Envelope
from edge.evidence.errors import EvidenceError
from edge.evidence.instant import Instant
from edge.evidence.signers import Ed25519Signer
from edge.evidence.statement import STATION, KeyEvent, Statement
from edge.evidence.witnesses import STATIONS, parse_witness_key
from edge.root_request import ENROL, RequestError, RootRequest

_HOUR_MS = 3_600_000
_MEMBERS = {"token", "request", "csr", "witness"}
LIMIT = 65_536


class TokenRefusedError(CentralError):
    """The token is unknown, expired, or was used for other keys."""

    code = "TOKEN_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a station sends, checked for itself."""

    token: Digest
    request: RootRequest
    raw_request: bytes
    tls: EllipticCurvePublicKey
    witness: str

    @property
    def digest(self) -> Digest:
        """What the token is used up for: these keys."""
        return Digest.of(self.request.public, self.witness.encode())


def invite(site: SiteFolder, store: Store, station: str, now: Instant, hours: int) -> str:
    """A token for one station, told once. Raises ConfigError for an id."""
    check_name(station)
    secret = secrets.token_hex(24)  # no dash that a shell could take for an option
    with store.write() as connection:
        invitations.add(
            connection,
            sha256=Digest.of(secret.encode()),
            station=station,
            created=now,
            expires=now.plus_ms(hours * _HOUR_MS),
        )
    return f"{secret}.{fingerprint(key_files.read(site.ca))}"


def fingerprint(pem: bytes) -> str:
    """Of the authority's certificate: 64 hex digits."""
    return x509.load_pem_x509_certificate(pem).fingerprint(SHA256()).hex()


def parse(raw: bytes) -> Asking:
    """Read what a station sent. Raises ConfigError."""
    try:
        wire = decode(raw, limit=LIMIT)
        if set(wire) != _MEMBERS or not all(isinstance(it, str) for it in wire.values()):
            raise ConfigError(expected=", ".join(sorted(_MEMBERS)), found=", ".join(sorted(wire)))
        csr = x509.load_pem_x509_csr(wire["csr"].encode())
        public = csr.public_key()
        if not csr.is_signature_valid or not isinstance(public, EllipticCurvePublicKey):
            raise ConfigError(expected="a P-256 request signed by its key", found="another")
        if not isinstance(public.curve, SECP256R1):
            raise ConfigError(expected="a P-256 key", found=public.curve.name)
        raw_request = wire["request"].encode()
        return Asking(
            token=Digest.of(wire["token"].partition(".")[0].encode()),
            request=RootRequest.parse(raw_request),
            raw_request=raw_request,
            tls=public,
            witness=wire["witness"],
        )
    except (EvidenceError, ValueError) as bad:
        raise ConfigError(expected="token, request, csr and witness", found=str(bad)) from bad


def admit(
    site: SiteFolder, settings: CentralConfig, store: Store, asking: Asking, now: Instant
) -> dict[str, Any]:
    """Everything a station needs besides its own keys. Asked again with the same keys: the same.

    Raises TokenRefusedError, ConfigError, NotInitialisedError.
    """
    with store.read() as connection:
        station = invitations.station_of(connection, asking.token, now, asking.digest)
    if station is None:
        raise TokenRefusedError(expected="a token that was not used yet", found="none")
    _check(site, settings, station, asking)
    authority = Authority.read(site)
    with store.write() as connection:
        if not invitations.use(connection, asking.token, now, asking.digest):
            raise TokenRefusedError(expected="a token that was not used yet", found="none")
    policy_file.add_witness(site.policy, asking.witness, STATIONS)
    certificate = authority.client_of(station, asking.tls, now)
    durable.make_folder(site.issued(station).parent)
    durable.replace(site.issued(station), certificate)
    _put_to_root(site, asking, now)
    return {
        "station": station,
        "certificate": certificate.decode(),
        "ca": key_files.read(site.ca).decode(),
        "policy": key_files.read(site.policy).decode(),
        "central": key_files.read(site.key_events / "central.json").decode(),
        "config": configuration(
            NewStation(
                id=station,
                out=site.root,
                host=settings.broker.name,
                mqtt_port=settings.mqtt.port,
                upload_port=settings.upload.port,
            )
        ),
    }


def _check(site: SiteFolder, settings: CentralConfig, station: str, asking: Asking) -> None:
    request = asking.request
    if (request.action, request.role, request.name) != (ENROL, STATION, station):
        raise ConfigError(expected=f"a request to enrol station {station}", found=request.name)
    wanted = witness_name(settings.central.origin, station)
    try:
        found = parse_witness_key(asking.witness).name
    except EvidenceError as bad:
        raise ConfigError(expected=f"the key of witness {wanted}", found=str(bad)) from bad
    if found != wanted:
        raise ConfigError(expected=f"witness {wanted}", found=found)
    for folder in (site.key_events, site.requests):
        known = folder / request.file_name
        if known.exists() and not _is_about(known.read_bytes(), request):
            raise ConfigError(expected=f"station {station} to be new", found=f"{known.name}")
    key_files.read(site.key_events / "central.json")


def _is_about(raw: bytes, request: RootRequest) -> bool:
    """Whether an earlier request, or the root's answer to it, is about the same key."""
    try:
        return RootRequest.parse(raw).public == request.public
    except RequestError:
        return _enrolled_key(raw) == request.public


def _enrolled_key(raw: bytes) -> bytes | None:
    event = Statement.parse(Envelope.parse(raw).payload).predicate
    return event.key.public if isinstance(event, KeyEvent) else None


def _put_to_root(site: SiteFolder, asking: Asking, now: Instant) -> None:
    file = site.key_events / asking.request.file_name
    asked = site.requests / asking.request.file_name
    root = site.offline / "root.key"
    if file.exists():
        return
    if root.exists():
        signer = Ed25519Signer.from_pem(key_files.read(root))
        key_files.write_public(file, asking.request.event(signer, now).raw)
    elif not asked.exists():
        key_files.write_public(asked, asking.raw_request)
