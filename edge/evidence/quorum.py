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


def with_cosignatures(note: str, answers: Iterable[str], policy: TrustPolicy) -> str:
    """`note` with the lines of witnesses' answers that hold, one for each key of the policy.

    What a log does with the bodies of its witnesses' answers: anything else in them is
    dropped. Raises CheckpointError where `note` is none.
    """
    text, _ = split_note(note)
    missing = [it.verifier for it in policy.witnesses if it.verifier.time_of(note) is None]
    for line in (line for answer in answers for line in answer.split("\n")):
        for verifier in missing:
            if _holds(text, line, verifier):
                note += f"{line}\n"
                missing.remove(verifier)
                break
    return note


def _holds(text: str, line: str, verifier: AnyVerifier) -> bool:
    try:
        return verifier.time_of(f"{text}\n{line}\n") is not None
    except CheckpointError:
        return False


def _keys(policy: TrustPolicy, kind: str) -> list[AnyVerifier]:
    return [witness.verifier for witness in policy.witnesses if witness.kind == kind]
