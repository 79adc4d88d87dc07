"""TLS certificates of a site: one authority, servers, clients. P-256, X.509 v3 (RFC 5280).

A client's common name is its identity everywhere: MQTT user name, MQTT client id, owner of
an upload. Makes certificates; revocation lists are in `revocation`.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from central.pki import key_files
from central.pki.site_folder import SiteFolder
from edge.evidence.instant import Instant

AUTHORITY_DAYS = 3650
LEAF_DAYS = 730
# A station without a clock of its own may be minutes behind when it first connects.
_BACKDATED = datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as PKCS #8 PEM, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of one site."""

    issued: Issued

    @classmethod
    def create(cls, name: str, now: Instant) -> Self:
        """A new authority, self-signed, good for ten years; it may sign no other authority."""
        key = generate_private_key(SECP256R1())
        subject = _name(name)
        builder = _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return cls(Issued(builder.sign(key, SHA256()), key))

    @classmethod
    def read(cls, site: SiteFolder) -> Self:
        """The authority of a site. Raises NotInitialisedError where its key is not at hand."""
        certificate = x509.load_pem_x509_certificate(key_files.read(site.ca))
        return cls(Issued(certificate, key_files.read_tls_key(site.offline / "ca.key")))

    def server(self, name: str, hosts: Sequence[str], now: Instant) -> Issued:
        """A server certificate for these host names and addresses."""
        alternatives = x509.SubjectAlternativeName([_host(host) for host in hosts])
        return self._issue(name, ExtendedKeyUsageOID.SERVER_AUTH, now, alternatives)

    def client(self, name: str, now: Instant) -> Issued:
        """A client certificate whose common name is `name`."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, now, None)

    def client_of(self, name: str, public: EllipticCurvePublicKey, now: Instant) -> bytes:
        """The certificate, PEM, of a client that keeps its key to itself."""
        certificate = self._certify(name, public, ExtendedKeyUsageOID.CLIENT_AUTH, now, None)
        return certificate.public_bytes(Encoding.PEM)

    def _issue(
        self,
        name: str,
        purpose: x509.ObjectIdentifier,
        now: Instant,
        alternatives: x509.SubjectAlternativeName | None,
    ) -> Issued:
        key = generate_private_key(SECP256R1())
        return Issued(self._certify(name, key.public_key(), purpose, now, alternatives), key)

    def _certify(
        self,
        name: str,
        public: EllipticCurvePublicKey,
        purpose: x509.ObjectIdentifier,
        now: Instant,
        alternatives: x509.SubjectAlternativeName | None,
    ) -> x509.Certificate:
        authority = self.issued.certificate
        builder = _builder(_name(name), authority.subject, public, now, LEAF_DAYS)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issued.key.public_key()),
                critical=False,
            )
        )
        if alternatives is not None:
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(self.issued.key, SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: EllipticCurvePublicKey,
    now: Instant,
    days: int,
) -> x509.CertificateBuilder:
    begins = datetime.datetime.fromtimestamp(now.ms / 1000, datetime.UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
