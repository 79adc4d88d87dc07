"""The trust policy: roots, logs, witnesses and time authorities that a verifier starts from.

It comes from outside of whatever is verified. What it asks for and this version cannot
check is refused, never passed over; so is a quorum that the witnesses it names cannot meet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from edge.evidence.anchor import TimeAuthority
from edge.evidence.checkpoint import Checkpoint, open_checkpoint
from edge.evidence.encoding import decode, decode_base64
from edge.evidence.errors import CheckpointError, EncodingError, PolicyError
from edge.evidence.keys import PublicKey, TrustedKey, TrustedKeys
from edge.evidence.note import NoteVerifier
from edge.evidence.statement import ROOT
from edge.evidence.subtree_cosignature import SubtreeVerifier
from edge.evidence.witnesses import KnownWitness, Quorum, parse_quorum, parse_witnesses

__all__ = ["FORMAT", "Quorum", "TrustPolicy"]

FORMAT = "liuhen-trust-policy/v1"
_MEMBERS = {"format", "roots", "logs", "witnesses", "quorum", "tsa"}
_QUORUM = {"stations", "outsiders"}
_SECOND = "vkey_mldsa44"


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Roots of key trust, logs by origin, and who else vouches for checkpoints.

    `second` are the ML-DSA-44 keys of logs that have one, by origin.
    """

    roots: tuple[TrustedKey, ...]
    logs: tuple[NoteVerifier, ...]
    quorum: Quorum
    witnesses: tuple[KnownWitness, ...] = ()
    tsa: tuple[TimeAuthority, ...] = ()
    second: Mapping[str, SubtreeVerifier] = field(default_factory=dict)

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
        roots = tuple(_root(entry) for entry in _list(wire, "roots"))
        logs = [_log(entry) for entry in _list(wire, "logs")]
        taken = {log.public.spki for log, _ in logs} | {root.public.spki for root in roots}
        witnesses = parse_witnesses(_any_list(wire, "witnesses"), frozenset(taken))
        _exactly("quorum", wire["quorum"], _QUORUM)
        return cls(
            roots=roots,
            logs=tuple(log for log, _ in logs),
            quorum=parse_quorum(wire["quorum"], witnesses),
            witnesses=witnesses,
            tsa=tuple(TimeAuthority.parse(entry) for entry in _any_list(wire, "tsa")),
            second={log.name: second for log, second in logs if second is not None},
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

    def open(self, note: str) -> Checkpoint:
        """Check every signature that the policy expects of the log itself, and read.

        Raises CheckpointError (LOG_SIG_BAD), also for a log that the policy does not know.
        """
        try:
            log = self.log(note.partition("\n")[0])
        except PolicyError as unknown:
            expected, found = unknown.facts["expected"], unknown.facts["found"]
            raise CheckpointError("checkpoint", expected=expected, found=found) from unknown
        checkpoint = open_checkpoint(note, log)
        second = self.second.get(log.name)
        if second is not None and second.time_of(note) is None:
            expected = f"a signature by {log.name}+{second.key_hash.hex()} (ML-DSA-44)"
            raise CheckpointError("checkpoint", expected=expected, found="none that holds")
        return checkpoint


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


def _log(entry: Any) -> tuple[NoteVerifier, SubtreeVerifier | None]:  # noqa: ANN401 - unchecked JSON
    members = {"origin", "vkey"}
    if type(entry) is dict and _SECOND in entry:
        members.add(_SECOND)
    _exactly("logs", entry, members)
    if any(type(text) is not str for text in entry.values()):
        raise PolicyError("logs", expected="vkey as text", found=repr(entry["vkey"]))
    log = NoteVerifier.parse(entry["vkey"])
    second = SubtreeVerifier.parse(entry[_SECOND]) if _SECOND in entry else None
    for verifier in (log, second):
        if verifier is not None and verifier.name != entry["origin"]:
            found = repr(entry["origin"])
            raise PolicyError("logs", expected=f"origin {verifier.name}", found=found)
    return log, second


def _any_list(wire: Mapping[str, Any], name: str) -> list[Any]:
    value = wire[name]
    if type(value) is not list:
        raise PolicyError(name, expected="a list", found=repr(value))
    return value


def _list(wire: Mapping[str, Any], name: str) -> list[Any]:
    value = _any_list(wire, name)
    if not value:
        raise PolicyError(name, expected="at least one", found="none")
    return value


def _exactly(what: str, wire: Any, names: set[str]) -> None:  # noqa: ANN401 - unchecked JSON
    found = set(wire) if type(wire) is dict else set()
    if found != names:
        raise PolicyError(what, expected=", ".join(sorted(names)), found=", ".join(sorted(found)))
