"""`central revoke`: the end of a station's service, for the log and for the broker.

The root says from which leaf on nothing that the station's identity (or an epoch key of it)
signed counts. The authority's revocation list keeps its certificate from opening a session with
the broker. Uploads go on for manifests that were logged before: their bytes are bound to them.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from central.errors import NotInitialisedError
from central.pki import key_files
from central.pki.certificates import AUTHORITY_DAYS, Authority
from central.pki.site_folder import SiteFolder
from edge import durable
from edge.evidence.envelope import Envelope
from edge.evidence.instant import Instant
from edge.evidence.signers import Ed25519Signer
from edge.evidence.statement import STATION, KeyEvent, Statement
from edge.root_request import REVOKE, RootRequest


@dataclass(frozen=True, slots=True)
class Revocation:
    """What was done: `event` is None where the root is elsewhere and was only asked."""

    event: Envelope | None
    file: Path
    certificate: bool


def revoke(site: SiteFolder, station: str, now: Instant, from_index: int | None) -> Revocation:
    """End a station's service. Twice is once.

    Raises NotInitialisedError where the station was never enrolled here.
    """
    request = _request(site, station, from_index)
    withdrawn = _withdraw(site, station, now)
    root = site.offline / "root.key"
    if not root.exists():
        asked = site.requests / request.file_name
        durable.make_folder(asked.parent)
        durable.replace(asked, request.to_bytes())
        return Revocation(None, asked, withdrawn)
    file = site.key_events / request.file_name
    if file.exists():
        return Revocation(Envelope.parse(file.read_bytes()), file, withdrawn)
    event = request.event(Ed25519Signer.from_pem(key_files.read(root)), now)
    key_files.write_public(file, event.raw)
    return Revocation(event, file, withdrawn)


def revocation_list(authority: Authority, serials: list[int], now: Instant) -> bytes:
    """A list of revoked certificates, PEM. It lasts as long as the authority does.

    A list that ran out would lock every station out; a missed one is found by intake.
    """
    moment = datetime.datetime.fromtimestamp(now.ms / 1000, datetime.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.issued.certificate.subject)
        .last_update(moment - datetime.timedelta(hours=1))
        .next_update(moment + datetime.timedelta(days=AUTHORITY_DAYS))
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.issued.key, SHA256()).public_bytes(Encoding.PEM)


def _request(site: SiteFolder, station: str, from_index: int | None) -> RootRequest:
    file = site.key_events / f"station-{station}.json"
    if not file.exists():
        raise NotInitialisedError(
            expected=f"an enrolment {file.name}", found="none", station=station
        )
    payload = Envelope.parse(file.read_bytes()).payload
    event = Statement.parse(payload).predicate
    if not isinstance(event, KeyEvent):
        raise NotInitialisedError(expected=f"an enrolment in {file}", found=event.TYPE)
    return RootRequest(
        action=REVOKE,
        role=STATION,
        name=station,
        algorithm=event.key.algorithm,
        public=event.key.public,
        from_index=from_index,
    )


def _withdraw(site: SiteFolder, station: str, now: Instant) -> bool:
    """Put the station's certificate on the list; whether it is there afterwards."""
    issued, key = site.issued(station), site.offline / "ca.key"
    if not issued.exists() or not key.exists():
        return False
    serial = x509.load_pem_x509_certificate(issued.read_bytes()).serial_number
    known = [each.serial_number for each in x509.load_pem_x509_crl(site.crl.read_bytes())]
    if serial not in known:
        listed = revocation_list(Authority.read(site), [*known, serial], now)
        durable.replace(site.crl, listed)
    return True
