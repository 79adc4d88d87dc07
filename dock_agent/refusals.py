"""What central answers instead of a receipt: read strictly, believed little.

A refusal is not signed: it can delay a row, and never make it count as delivered.
"""

import re
from dataclasses import dataclass
from typing import Any

from dock_agent.errors import AgentError
from edge.evidence.digest import Digest
from edge.evidence.encoding import decode
from edge.evidence.errors import EvidenceError

GAP = "CHAIN_GAP"
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_LIMIT = 16_384
_LONGEST = 1024


class RefusalMalformedError(AgentError):
    """A message on the problems topic that says nothing usable."""

    code = "REFUSAL_MALFORMED"


class CentralRefusedError(AgentError):
    """Central did not take an envelope; `code` is central's own."""

    code = "CENTRAL_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    code: str
    envelope: Digest | None
    expected: str
    found: str
    message: str
    expected_seq: int | None

    def error(self) -> CentralRefusedError:
        return CentralRefusedError(
            code=self.code, expected=self.expected or self.message, found=self.found
        )


def parse(payload: bytes) -> Refusal:
    """Read one refusal. Raises RefusalMalformedError."""
    try:
        members = decode(payload, limit=_LIMIT)
        envelope = members.get("envelope")
        parsed = Digest.parse(envelope) if isinstance(envelope, str) else None
    except EvidenceError as bad:
        raise RefusalMalformedError(
            expected="a problem as JSON from central", found=str(bad)
        ) from bad
    code = members.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise RefusalMalformedError(expected="a code in UPPER_SNAKE", found=repr(code)[:80])
    seq = members.get("expected_seq")
    return Refusal(
        code=code,
        envelope=parsed,
        expected=_text(members.get("expected")),
        found=_text(members.get("found")),
        message=_text(members.get("message")),
        expected_seq=seq if type(seq) is int and seq >= 0 else None,
    )


def _text(value: Any) -> str:  # noqa: ANN401 - JSON in
    return "" if value is None else str(value)[:_LONGEST]
