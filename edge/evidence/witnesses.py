"""The witnesses that a trust policy names, and how many of each kind it asks for.

A station witnesses with what it saw of the log; an outsider is run by somebody else than the
operator. One witness may have an Ed25519 and an ML-DSA-44 key: it counts once, by its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.evidence.cosignature import CosignatureVerifier
from edge.evidence.encoding import decode_base64
from edge.evidence.errors import EncodingError, PolicyError
from edge.evidence.public_key import PublicKey
from edge.evidence.subtree_cosignature import TYPE as MLDSA_TYPE
from edge.evidence.subtree_cosignature import SubtreeVerifier

STATIONS = "station"
OUTSIDERS = "outsider"
KINDS = (STATIONS, OUTSIDERS)

AnyVerifier = CosignatureVerifier | SubtreeVerifier


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many cosignatures a checkpoint needs to count as witnessed."""

    stations: int
    outsiders: int


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """One key of a witness; `kind` is ``station`` or ``outsider``."""

    verifier: AnyVerifier
    kind: str

    @property
    def name(self) -> str:
        """The name in its signature lines."""
        return self.verifier.name

    @property
    def identity(self) -> bytes:
        """What tells keys apart, whatever name they go by."""
        public = self.verifier.public
        return public.spki if isinstance(public, PublicKey) else public.raw


def parse_witness_key(vkey: str) -> AnyVerifier:
    """Read a verifier key of type 0x04 or 0x06. Raises PolicyError, WeakKeyError."""
    try:
        kind = decode_base64(vkey.split("+", 2)[-1], limit=4096)[:1]
    except EncodingError as bad:
        raise PolicyError("vkey", expected="name+hash+base64", found=repr(vkey)) from bad
    if kind == MLDSA_TYPE:
        return SubtreeVerifier.parse(vkey)
    return CosignatureVerifier.parse(vkey)


def parse_witnesses(entries: Sequence[Any], taken: frozenset[bytes]) -> tuple[KnownWitness, ...]:
    """Read the policy's `witnesses`.

    Raises PolicyError for other members, a kind that changes, a key that occurs twice, and
    one in `taken`: who signs statements or checkpoints witnesses with another key.
    """
    found: list[KnownWitness] = []
    keys = set(taken)
    kinds: dict[str, str] = {}
    for entry in entries:
        witness = _witness(entry)
        key = witness.identity
        if key in keys:
            raise PolicyError("witnesses", expected="a key of its own for each", found=witness.name)
        if kinds.setdefault(witness.name, witness.kind) != witness.kind:
            raise PolicyError("witnesses", expected="one kind for each name", found=witness.name)
        keys.add(key)
        found.append(witness)
    return tuple(found)


def parse_quorum(wire: Mapping[str, Any], witnesses: Sequence[KnownWitness]) -> Quorum:
    """Read the policy's `quorum`. Raises PolicyError for one that nobody could meet."""
    counts: dict[str, int] = {}
    for member, kind in (("stations", STATIONS), ("outsiders", OUTSIDERS)):
        known = len({it.name for it in witnesses if it.kind == kind})
        count = wire[member]
        if type(count) is not int or not 0 <= count <= known:
            expected = f"{member} from 0 to {known}, those that are named"
            raise PolicyError("quorum", expected=expected, found=repr(count))
        counts[member] = count
    return Quorum(**counts)


def _witness(entry: Any) -> KnownWitness:  # noqa: ANN401 - unchecked JSON
    members = {"name", "vkey", "kind"}
    if type(entry) is not dict or set(entry) != members:
        raise PolicyError("witnesses", expected="name, vkey and kind", found=repr(entry))
    if type(entry["vkey"]) is not str or entry["kind"] not in KINDS:
        expected = f"vkey as text, kind of {' or '.join(KINDS)}"
        raise PolicyError("witnesses", expected=expected, found=repr(entry["kind"]))
    verifier = parse_witness_key(entry["vkey"])
    if entry["name"] != verifier.name:
        raise PolicyError("witnesses", expected=verifier.name, found=repr(entry["name"]))
    return KnownWitness(verifier, entry["kind"])
