"""RFC 3161 responses read and verified over `cryptography`: what `edge.evidence.anchor` asks.

Sources: RFC 3161 (TimeStampResp, TSTInfo), RFC 5652 (SignedData, SignerInfo). Reads strict
DER. Asks no authority for anything: there are no requests here.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NoReturn, Self

from cryptography import x509

from edge.verifier.stand_ins.der import INTEGER, OCTETS, OID, SEQUENCE, SET, Element
from edge.verifier.stand_ins.timestamp_chain import (
    HASHES,
    check_chain,
    check_usage,
    verify_signature,
)

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")


class PKIStatus(IntEnum):
    GRANTED = 0
    GRANTED_WITH_MODS = 1
    REJECTION = 2
    WAITING = 3
    REVOCATION_WARNING = 4
    REVOCATION_NOTIFICATION = 5


class HashAlgorithm(IntEnum):
    SHA256 = 0
    SHA512 = 1


class TimestampRequestBuilder:
    """Only named, so that `anchor` can be loaded."""

    def __init__(self, data: bytes, algorithm: HashAlgorithm) -> None:
        message = f"a verifier asks for no time stamps ({len(data)} bytes, {algorithm.name})"
        raise NotImplementedError(message)

    def build(self) -> NoReturn:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SignerInfo:
    issuer: x509.Name
    serial_number: int
    hash_oid: bytes
    attributes: bytes
    signature: bytes

    @classmethod
    def read(cls, element: Element) -> Self:
        parts = element.of(SEQUENCE).parts()
        if len(parts) < 6 or parts[3].tag != 0xA0 or parts[0].integer() != 1:
            message = "expected a signer by issuer and number, with signed attributes"
            raise ValueError(message)
        name, number = parts[1].of(SEQUENCE).parts()
        return cls(
            issuer=_name(name.of(SEQUENCE).raw),
            serial_number=number.integer(),
            hash_oid=_algorithm(parts[2]),
            attributes=parts[3].content,
            signature=parts[5].of(OCTETS).content,
        )

    def check_attributes(self, content: bytes) -> None:
        """The signed attributes name the content's type and digest, each once."""
        found: dict[bytes, Element] = {}
        for attribute in Element(SET, self.attributes, b"").parts():
            kind, values = attribute.of(SEQUENCE).parts()
            if kind.of(OID).content in found:
                message = "expected each signed attribute once"
                raise ValueError(message)
            found[kind.content] = Element.only(values.of(SET).content, values.content[0])
        digest = hashlib.new(HASHES[self.hash_oid].name, content).digest()
        if found[_CONTENT_TYPE].of(OID).content != _TST_INFO:
            message = "expected signed attributes of a TSTInfo"
            raise ValueError(message)
        if found[_MESSAGE_DIGEST].of(OCTETS).content != digest:
            message = "expected the digest of the content in the signed attributes"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class SignedData:
    signer_infos: tuple[SignerInfo, ...]
    certificates: tuple[bytes, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class TimeStampTokenInfo:
    gen_time: datetime
    serial_number: int
    hash_oid: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class TimeStampResponse:
    status: int
    signed_data: SignedData
    tst_info: TimeStampTokenInfo


def decode_timestamp_response(raw: bytes) -> TimeStampResponse:
    """Read a TimeStampResp that has a token. Raises ValueError, or KeyError for algorithms."""
    status, token = Element.only(raw, SEQUENCE).parts()
    kind, wrapped = token.of(SEQUENCE).parts()
    if kind.of(OID).content != _SIGNED_DATA:
        message = "expected SignedData"
        raise ValueError(message)
    signed = _signed_data(Element.only(wrapped.of(0xA0).content, SEQUENCE))
    number = status.of(SEQUENCE).parts()[0].integer()
    return TimeStampResponse(number, signed, _info(Element.only(signed.content, SEQUENCE)))


def _signed_data(element: Element) -> SignedData:
    _, hashes, content, *rest = element.parts()
    hashes.of(SET)
    kind, wrapped = content.of(SEQUENCE).parts()
    if kind.of(OID).content != _TST_INFO:
        message = "expected a TSTInfo"
        raise ValueError(message)
    certificates = rest.pop(0).parts() if rest[0].tag == 0xA0 else []
    if rest[0].tag == 0xA1:
        rest.pop(0)
    (signers,) = rest
    return SignedData(
        signer_infos=tuple(SignerInfo.read(it) for it in signers.of(SET).parts()),
        certificates=tuple(it.of(SEQUENCE).raw for it in certificates),
        content=Element.only(wrapped.of(0xA0).content, OCTETS).content,
    )


def _info(element: Element) -> TimeStampTokenInfo:
    version, policy, imprint, number, time, *_ = element.parts()
    policy.of(OID)
    if version.integer() != 1:
        message = "expected a TSTInfo of version 1"
        raise ValueError(message)
    algorithm, digest = imprint.of(SEQUENCE).parts()
    return TimeStampTokenInfo(
        gen_time=time.time(),
        serial_number=number.integer(),
        hash_oid=_algorithm(algorithm),
        message=digest.of(OCTETS).content,
    )


def _algorithm(element: Element) -> bytes:
    return element.of(SEQUENCE).parts()[0].of(OID).content


def _name(raw: bytes) -> x509.Name:
    """`cryptography` reads names only inside of other things: here, of a certificate request."""
    key = _wrap(SEQUENCE, _wrap(SEQUENCE, _wrap(OID, b"\x2b\x65\x70")) + _wrap(0x03, b"\0" * 33))
    body = _wrap(SEQUENCE, _wrap(INTEGER, b"\0") + raw + key + _wrap(0xA0, b""))
    request = _wrap(SEQUENCE, body + _wrap(SEQUENCE, _wrap(OID, b"\x2b\x65\x70")) + b"\x03\x01\0")
    return x509.load_der_x509_csr(request).subject


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


class VerifierBuilder:
    """Holds what a response is verified against, as the library of that name does."""

    def __init__(
        self,
        *,
        tsa_certificate: x509.Certificate,
        intermediates: list[x509.Certificate],
        roots: list[x509.Certificate],
    ) -> None:
        self._pinned = tsa_certificate
        self._known = [tsa_certificate, *intermediates, *roots]

    def build(self) -> Self:
        return self

    def verify_message(self, response: TimeStampResponse, message: bytes) -> bool:
        """Raises ValueError, KeyError or InvalidSignature unless all of it holds."""
        signed, info = response.signed_data, response.tst_info
        (signer,) = signed.signer_infos
        signer.check_attributes(signed.content)
        attributes = _wrap(SET, signer.attributes)
        verify_signature(self._pinned.public_key(), signer.signature, attributes, signer.hash_oid)
        embedded = [x509.load_der_x509_certificate(raw) for raw in signed.certificates]
        check_usage(self._pinned)
        check_chain(self._pinned, self._known, embedded, info.gen_time)
        if hashlib.new(HASHES[info.hash_oid].name, message).digest() != info.message:
            text = "expected the imprint of this message"
            raise ValueError(text)
        return True
