"""What the root is asked to sign, as a file that is carried to it: a key, and what for.

The holder of the key signs the request with it (not for a revocation), so the root admits no
key that its owner does not have. Requests prove nothing else: who carries one to the root is
for the person there to check, by the fingerprint that both machines print.
"""

from dataclasses import dataclass
from typing import Any, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, decode_base64, encode, encode_base64
from edge.evidence.envelope import Envelope, seal
from edge.evidence.errors import EvidenceError
from edge.evidence.instant import Instant
from edge.evidence.keys import PublicKey
from edge.evidence.signers import Signer
from edge.evidence.statement import CENTRAL, STATION, KeyEvent, KeyFacts, Statement

_FORMAT = "liuhen-root-request/v1"
ENROL, REVOKE = "enrol", "revoke"
_MEMBERS = {"format", "action", "role", "name", "algorithm", "public"}


class RequestError(EvidenceError):
    """What was carried to the root is no request, or not by the owner of the key."""

    code = "REQUEST_BAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRequest:
    """`action` is enrol or revoke; `role` station or central; `public` is SPKI DER."""

    action: str
    role: str
    name: str
    algorithm: str
    public: bytes
    from_index: int | None = None

    @classmethod
    def enrol(cls, role: str, name: str, key: Signer) -> Self:
        return cls(action=ENROL, role=role, name=name, algorithm=key.algorithm, public=key.public)

    @property
    def fingerprint(self) -> str:
        """The keyid, in groups that two people can read to each other."""
        hexes = str(Digest.of(self.public))
        return " ".join(hexes[at : at + 8] for at in range(0, len(hexes), 8))

    def to_bytes(self, key: Signer | None = None) -> bytes:
        """The file; signed by `key`, which has to be the one that it is about."""
        wire = self._wire()
        if key is not None:
            wire["proof"] = encode_base64(key.sign(encode(wire)))
        return encode(wire) + b"\n"

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read and check a request. Raises RequestError."""
        try:
            wire = decode(raw)
            proof = wire.pop("proof", None)
            made = cls._read(wire)
            key = PublicKey.from_spki(made.public)
            if key.algorithm != made.algorithm:
                raise _bad(f"a key of algorithm {made.algorithm}", key.algorithm)
            if made.action == ENROL:
                key.verify(encode(wire), decode_base64(proof or "", limit=512))
        except (EvidenceError, TypeError, AttributeError) as bad:
            raise _bad("a request signed by the key that it is about", str(bad)) from bad
        return made

    def event(self, root: Signer, now: Instant) -> Envelope:
        """The root's statement that the request asks for."""
        event = KeyEvent(
            action=self.action,
            role=self.role,
            name=self.name,
            key=KeyFacts(algorithm=self.algorithm, public=self.public),
            keyid=Digest.of(self.public),
            at=now,
            from_index=self.from_index,
        )
        return seal(Statement.about(event), root)

    @property
    def file_name(self) -> str:
        """What request and event are called in the site's folders."""
        if self.role == CENTRAL and self.action == ENROL:
            return "central.json"
        short = "" if self.action == ENROL else f"-{str(Digest.of(self.public))[:8]}"
        prefix = self.role if self.action == ENROL else f"revoke-{self.role}"
        return f"{prefix}-{self.name}{short}.json"

    def _wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "format": _FORMAT,
            "action": self.action,
            "role": self.role,
            "name": self.name,
            "algorithm": self.algorithm,
            "public": encode_base64(self.public),
        }
        return wire if self.from_index is None else wire | {"from_index": self.from_index}

    @classmethod
    def _read(cls, wire: dict[str, Any]) -> Self:
        if set(wire) - {"from_index"} != _MEMBERS or wire["format"] != _FORMAT:
            raise _bad(f"a {_FORMAT}", f"members {', '.join(sorted(wire))}")
        from_index = wire.get("from_index")
        index_good = from_index is None or (type(from_index) is int and wire["action"] == REVOKE)
        if (
            wire["action"] not in {ENROL, REVOKE}
            or wire["role"] not in {STATION, CENTRAL}
            or not isinstance(wire["name"], str)
            or not index_good
        ):
            raise _bad("enrol or revoke of a station or central", repr(wire["action"]))
        return cls(
            action=wire["action"],
            role=wire["role"],
            name=wire["name"],
            algorithm=wire["algorithm"],
            public=decode_base64(wire["public"], limit=512),
            from_index=from_index,
        )


def _bad(expected: str, found: str) -> RequestError:
    return RequestError("request", expected=expected, found=found)
