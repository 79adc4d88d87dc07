"""Whether a checkpoint has the cosignatures that a policy asks for.

Counts names, so that a witness with two keys is one witness. Says nothing about whether the
witnesses are honest or independent of each other: that is for whoever writes the policy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.evidence.cosignature import cosigned_by
from edge.evidence.errors import CheckpointError
from edge.evidence.note import split_note
from edge.evidence.policy import TrustPolicy
from edge.evidence.witnesses import OUTSIDERS, STATIONS, AnyVerifier


@dataclass(frozen=True, slots=True)
class WitnessedBy:
    """Who cosigned, and when (POSIX seconds), by name; `met` is the policy's quorum.

    A policy that asks for nobody is met by nobody: for "unwitnessed" marks, look at the
    names, too.
    """

    stations: Mapping[str, int]
    outsiders: Mapping[str, int]
    met: bool


def quorum_of(note: str, policy: TrustPolicy) -> WitnessedBy:
    """Weigh the cosignatures of a checkpoint. The log's own signature is not looked at.

    Raises CheckpointError for something that is no note.
    """
    stations = cosigned_by(note, _keys(policy, STATIONS))
    outsiders = cosigned_by(note, _keys(policy, OUTSIDERS))
    asked = policy.quorum
    met = len(stations) >= asked.stations and len(outsiders) >= asked.outsiders
    return WitnessedBy(stations, outsiders, met)


def false_cosigners(note: str, policy: TrustPolicy) -> list[str]:
    """Names of known witnesses under which a line stands that does not hold.

    Raises CheckpointError for something that is no note.
    """
    text, signatures = split_note(note)
    false = []
    for witness in policy.witnesses:
        key = witness.verifier
        lines = [blob for name, blob in signatures if (name, blob[:4]) == (key.name, key.key_hash)]
        false += [key.name for blob in lines if key.seconds_of(text, blob) is None]
    return list(dict.fromkeys(false))


def with_cosignatures(note: str, lines: Iterable[str], policy: TrustPolicy) -> str:
    """`note` with those of `lines` added that hold, by witnesses of the policy, each once.

    What a log does with witnesses' answers: anything else in them is dropped. Raises
    CheckpointError where `note` is none.
    """
    known = [witness.verifier for witness in policy.witnesses]
    text, _ = split_note(note)
    for line in "".join(lines).splitlines(keepends=True):
        if line in note or not _holds(text, line, known):
            continue
        note += line
    return note


def _holds(text: str, line: str, known: Iterable[AnyVerifier]) -> bool:
    try:
        return bool(cosigned_by(f"{text}\n{line}", known))
    except CheckpointError:
        return False


def _keys(policy: TrustPolicy, kind: str) -> list[AnyVerifier]:
    return [witness.verifier for witness in policy.witnesses if witness.kind == kind]
