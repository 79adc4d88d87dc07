"""The trust policy: the roots and logs that a verifier starts from.

It comes from outside of whatever is verified. What it asks for and this version cannot
check is refused, never passed over: a policy that demands witnesses must not hold without
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from edge.evidence.encoding import decode, decode_base64
from edge.evidence.errors import EncodingError, PolicyError
from edge.evidence.keys import PublicKey, TrustedKey, TrustedKeys
from edge.evidence.note import NoteVerifier
from edge.evidence.statement import ROOT

FORMAT = "liuhen-trust-policy/v1"
_MEMBERS = {"format", "roots", "logs", "witnesses", "quorum", "tsa"}
_QUORUM = {"stations", "outsiders"}


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many cosignatures a checkpoint needs to count as witnessed."""

    stations: int
    outsiders: int


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Roots of key trust, and logs by origin."""

    roots: tuple[TrustedKey, ...]
    logs: tuple[NoteVerifier, ...]
    quorum: Quorum

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the policy file.

        Raises EncodingError for bad JSON, PolicyError for missing, unknown or unsupported
        members, WeakKeyError for weak keys.
        """
        wire = decode(raw)
        _exactly("policy", wire, _MEMBERS)
        if wire["format"] != FORMAT:
            raise PolicyError("format", expected=FORMAT, found=repr(wire["format"]))
        for later in ("witnesses", "tsa"):
            if wire[later] != []:
                raise PolicyError(later, expected="none: not supported", found="some")
        return cls(
            roots=tuple(_root(entry) for entry in _list(wire, "roots")),
            logs=tuple(_log(entry) for entry in _list(wire, "logs")),
            quorum=_quorum(wire["quorum"]),
        )

    def trusted_keys(self) -> TrustedKeys:
        """The set of keys that trust grows from: the roots."""
        keys = TrustedKeys()
        for root in self.roots:
            keys = keys.add(root)
        return keys

    def log(self, origin: str) -> NoteVerifier:
        """The verifier of the log named `origin`. Raises PolicyError for an unknown one."""
        for verifier in self.logs:
            if verifier.name == origin:
                return verifier
        known = ", ".join(verifier.name for verifier in self.logs)
        raise PolicyError("log", expected=f"one of {known}", found=origin)


def _root(entry: Any) -> TrustedKey:  # noqa: ANN401 - unchecked JSON
    _exactly("roots", entry, {"name", "algorithm", "public"})
    name, public = entry["name"], entry["public"]
    if type(name) is not str or not name or type(public) is not str:
        raise PolicyError("roots", expected="name and public as text", found="others")
    try:
        key = PublicKey.from_spki(decode_base64(public, limit=512))
    except EncodingError as bad:
        raise PolicyError("roots", expected="public in base64", found=public) from bad
    if entry["algorithm"] != key.algorithm:
        found = repr(entry["algorithm"])
        raise PolicyError("roots", expected=f"algorithm {key.algorithm}", found=found)
    return TrustedKey(public=key, role=ROOT, name=name)


def _log(entry: Any) -> NoteVerifier:  # noqa: ANN401 - unchecked JSON
    _exactly("logs", entry, {"origin", "vkey"})
    if type(entry["vkey"]) is not str:
        raise PolicyError("logs", expected="vkey as text", found=repr(entry["vkey"]))
    verifier = NoteVerifier.parse(entry["vkey"])
    if entry["origin"] != verifier.name:
        found = repr(entry["origin"])
        raise PolicyError("logs", expected=f"origin {verifier.name}", found=found)
    return verifier


def _quorum(wire: Any) -> Quorum:  # noqa: ANN401 - unchecked JSON
    _exactly("quorum", wire, _QUORUM)
    if any(type(count) is not int or count != 0 for count in wire.values()):
        raise PolicyError("quorum", expected="0 and 0: no witnesses", found=str(wire))
    return Quorum(stations=0, outsiders=0)


def _list(wire: Mapping[str, Any], name: str) -> list[Any]:
    value = wire[name]
    if type(value) is not list or not value:
        raise PolicyError(name, expected="a list of at least one", found=repr(value))
    return value


def _exactly(what: str, wire: Any, names: set[str]) -> None:  # noqa: ANN401 - unchecked JSON
    found = set(wire) if type(wire) is dict else set()
    if found != names:
        raise PolicyError(what, expected=", ".join(sorted(names)), found=", ".join(sorted(found)))
