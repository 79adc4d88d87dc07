"""Whom this station believes: the roots and the log of the policy, and who they enrolled.

Everything comes from files that the operator put there; nothing is learned from central.
A key event that does not verify stops the start: a half-read trust is no trust.
"""

from dataclasses import dataclass
from pathlib import Path

from dock_agent.config import StationConfig
from dock_agent.errors import ConfigError
from edge.evidence.envelope import Envelope, verify
from edge.evidence.errors import EvidenceError
from edge.evidence.keys import TrustedKeys
from edge.evidence.note import NoteVerifier
from edge.evidence.policy import TrustPolicy


@dataclass(frozen=True, slots=True)
class Trust:
    """Keys by id, and the log that receipts are proven against."""

    keys: TrustedKeys
    log: NoteVerifier


def load(config: StationConfig) -> Trust:
    """Read the policy and every key event beside it. Raises ConfigError naming the file."""
    policy = _policy(config.trust_policy)
    keys = policy.trusted_keys()
    for path in sorted(config.trust_keys.glob("*.json")):
        try:
            keys = keys.with_key_event(verify(Envelope.parse(path.read_bytes()), keys))
        except (EvidenceError, OSError) as bad:
            raise ConfigError(
                code="TRUST_BAD", expected=f"a key event of the root in {path}", found=str(bad)
            ) from bad
    if len(policy.logs) != 1:
        raise ConfigError(
            code="TRUST_BAD",
            expected=f"one log in {config.trust_policy}",
            found=str(len(policy.logs)),
        )
    return Trust(keys, policy.logs[0])


def _policy(path: Path) -> TrustPolicy:
    try:
        return TrustPolicy.parse(path.read_bytes())
    except (EvidenceError, OSError) as bad:
        raise ConfigError(
            code="TRUST_BAD", expected=f"a trust policy in {path}", found=str(bad)
        ) from bad
