"""Anchors: RFC 3161 tokens that date a checkpoint, from an authority that the policy pins.

What is dated is the checkpoint's text as it is signed (origin, size, root; not the signature
lines, which may still grow). SHA-256 is asked for; SHA-384 and SHA-512 count as well. The
signer is the pinned certificate itself, byte for byte: a certificate that comes with a token
adds no trust. Chain and usage are checked as of the token's own time. Does not ask for
revocation lists: no network.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

from edge.evidence.encoding import decode_base64
from edge.evidence.errors import AnchorError, EncodingError, PolicyError
from edge.evidence.instant import Instant

TOKEN_LIMIT = 65_536
"""The most bytes of a token."""

_CERTIFICATE_LIMIT = 16_384
_MOST_CHAIN = 8


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """A time-stamping authority that a policy trusts: one certificate, and its issuers."""

    name: str
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def parse(cls, entry: Any) -> Self:  # noqa: ANN401 - unchecked JSON
        """Read one entry of the policy's `tsa`. Raises PolicyError."""
        members = set(entry) if type(entry) is dict else set()
        if members - {"chain"} != {"name", "certificate"}:
            raise PolicyError("tsa", expected="name, certificate, chain?", found=repr(entry))
        name, chain = entry["name"], entry.get("chain", [])
        if type(name) is not str or not name or type(chain) is not list:
            raise PolicyError("tsa", expected="name as text, chain as a list", found=repr(name))
        if len(chain) > _MOST_CHAIN:
            raise PolicyError("tsa", expected=f"a chain of up to {_MOST_CHAIN}", found=len(chain))
        issuers = tuple(_certificate(it) for it in chain)
        return cls(name, _certificate(entry["certificate"]), issuers)


@dataclass(frozen=True, slots=True)
class Anchored:
    """What a token proves: that the text existed at `at`, says `authority`."""

    authority: str
    at: Instant
    serial: int


def request(text: str) -> bytes:
    """The DER of a TimeStampReq over a checkpoint's text, with a nonce.

    No certificate is asked for: the policy has it, and one that comes along adds nothing.
    """
    builder = TimestampRequestBuilder(text.encode(), HashAlgorithm.SHA256, cert_req=False)
    return builder.build().as_bytes()


def verify_anchor(token: bytes, text: str, authorities: Sequence[TimeAuthority]) -> Anchored:
    """Check a TimeStampResp over `text`.

    1. It is one, granted, by one signer. 2. The signer is the certificate of
    one of the authorities: same issuer, same serial number, and no other embedded
    certificate goes by them. 3. Signature, chain, critical usage "time stamping" and
    validity at that time hold. 4. The imprint is that of `text`. Raises AnchorError (TSA_BAD).
    """
    with _hostile_bytes("a readable token (RFC 3161)"):
        response = _read(token)  # 1
        authority = _signer_of(response, authorities)  # 2
        _verify(response, text, authority)  # 3, 4
        info = response.tst_info
        at = Instant(round(info.gen_time.timestamp() * 1000))
        return Anchored(authority.name, at, info.serial_number)


def _verify(response: TimeStampResponse, text: str, authority: TimeAuthority) -> None:
    issuers = [it for it in authority.chain if it != authority.certificate]
    builder = VerifierBuilder(
        tsa_certificate=authority.certificate,
        intermediates=[it for it in issuers if it.issuer != it.subject],
        roots=[it for it in issuers if it.issuer == it.subject] or [authority.certificate],
    )
    with _hostile_bytes(f"a token of {authority.name} over this text"):
        builder.build().verify_message(response, text.encode())


def _read(token: bytes) -> TimeStampResponse:
    if len(token) > TOKEN_LIMIT:
        raise _bad(f"at most {TOKEN_LIMIT} bytes", str(len(token)))
    with _hostile_bytes("a TimeStampResp (RFC 3161) with a token"):
        response = decode_timestamp_response(token)
        if response.status != PKIStatus.GRANTED:
            raise _bad("a granted time stamp", f"status {response.status}")
        signers = len(response.signed_data.signer_infos)
    if signers != 1:
        raise _bad("one signer", str(signers))
    return response


def _signer_of(response: TimeStampResponse, authorities: Sequence[TimeAuthority]) -> TimeAuthority:
    """The authority that the token names; decoys under the same name are refused."""
    (signer,) = response.signed_data.signer_infos
    named = (signer.issuer, signer.serial_number)
    for authority in authorities:
        pinned = authority.certificate
        if (pinned.issuer, pinned.serial_number) == named:
            _refuse_decoys(response, pinned)
            return authority
    known = ", ".join(it.name for it in authorities) or "none"
    raise _bad(f"a signer of the policy: {known}", f"{named[0].rfc4514_string()}, {named[1]}")


def _refuse_decoys(response: TimeStampResponse, pinned: x509.Certificate) -> None:
    der = pinned.public_bytes(Encoding.DER)
    for raw in response.signed_data.certificates:
        other = x509.load_der_x509_certificate(raw)
        same = (other.issuer, other.serial_number) == (pinned.issuer, pinned.serial_number)
        if same and raw != der:
            raise _bad("the pinned certificate", "another one under its issuer and number")


@contextmanager
def _hostile_bytes(expected: str) -> Iterator[None]:
    """Whatever a parser makes of a forged token, panics of native code included, is TSA_BAD."""
    try:
        yield
    except (AnchorError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as bad:
        raise _bad(expected, str(bad).partition(": ErrorStack")[0]) from bad


def _certificate(text: Any) -> x509.Certificate:  # noqa: ANN401 - unchecked JSON
    if type(text) is not str or len(text) > 2 * _CERTIFICATE_LIMIT:
        raise PolicyError("tsa", expected="a certificate as PEM or base64", found=repr(text)[:80])
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return x509.load_pem_x509_certificate(text.encode())
        return x509.load_der_x509_certificate(decode_base64(text, limit=_CERTIFICATE_LIMIT))
    except (ValueError, EncodingError) as bad:
        raise PolicyError("tsa", expected="an X.509 certificate", found="other text") from bad


def _bad(expected: str, found: str) -> AnchorError:
    return AnchorError("anchor", expected=expected, found=found)
