"""What can be wrong with evidence, as codes with facts.

Each class is a case a caller may treat differently; `code` is for programs, the message
for people, and both name what was expected and what was found. Facts never carry content
of footage. Nothing here decides what to do about an error.
"""

from typing import ClassVar

_SHOWN = 200


class EvidenceError(Exception):
    """Evidence that does not hold.

    `facts` always has ``expected`` and ``found``; more facts where the class says so.
    """

    code: ClassVar[str] = "EVIDENCE_BAD"

    def __init__(
        self,
        what: str,
        *,
        expected: str | int,
        found: str | int,
        **facts: str | int,
    ) -> None:
        self.facts: dict[str, str | int] = {
            "what": what,
            "expected": _short(expected),
            "found": _short(found),
            **facts,
        }
        shown = self.facts
        super().__init__(f"{what}: expected {shown['expected']}, found {shown['found']}")


class EncodingError(EvidenceError):
    """Bytes or values outside the strict JSON that evidence is written in."""

    code = "ENCODING_BAD"


class TooLargeError(EncodingError):
    """More bytes than the format allows; `expected` and `found` in bytes."""

    code = "TOO_LARGE"


class FieldError(EncodingError):
    """A member is missing or outside its type; `what` is its path in the statement."""

    code = "FIELD_BAD"


class TypeUnknownError(EvidenceError):
    """A statement or payload type that this version does not know."""

    code = "TYPE_UNKNOWN"


class CritUnknownError(EvidenceError):
    """A member that its writer marked as critical, and this version does not know."""

    code = "CRIT_UNKNOWN"


class SignatureError(EvidenceError):
    """A signature that does not verify over the exact bytes."""

    code = "SIG_BAD"


class BatchError(EvidenceError):
    """A statement that the signed batch does not hold, or what is signed is no batch."""

    code = "BATCH_BAD"


class UntrustedKeyError(EvidenceError):
    """No trusted key signed, or a trusted one signed what is not its to sign."""

    code = "KEY_UNTRUSTED"


class WeakKeyError(EvidenceError):
    """A public key that no honest key generation makes, or of a kind not accepted."""

    code = "KEY_WEAK"


class ChainError(EvidenceError):
    """A station's statements do not follow one another; `station` and `seq` are facts."""

    code = "CHAIN_BAD"


class ChainGapError(ChainError):
    """Statements are missing; the fact `expected_seq` is the first missing one."""

    code = "CHAIN_GAP"


class ChainForkError(ChainError):
    """The sequence number fits and the previous digest does not."""

    code = "CHAIN_FORK"


class ChainRollbackError(ChainError):
    """The sequence number was used before."""

    code = "CHAIN_ROLLBACK"


class ProofError(EvidenceError):
    """A proof that does not lead from a leaf, or an older tree, to the root."""

    code = "LOG_NOT_INCLUDED"


class InconsistentLogError(ProofError):
    """Two states of one log of which the later does not extend the earlier."""

    code = "LOG_INCONSISTENT"


class CheckpointError(EvidenceError):
    """A checkpoint that is malformed, or not signed by the log it names."""

    code = "LOG_SIG_BAD"


class AnchorError(EvidenceError):
    """A time-stamp token that proves nothing about what it is held against."""

    code = "TSA_BAD"


class ReceiptError(EvidenceError):
    """A receipt that answers something else than what it is held against."""

    code = "RECEIPT_MISMATCH"


class RangeError(EvidenceError):
    """A byte range or a recording that was asked for, and that is not there to be had."""

    code = "RANGE_BAD"


class ClipForeignError(EvidenceError):
    """Something that is said to be a part of a recording, and is not."""

    code = "CLIP_FOREIGN"


class PolicyError(EvidenceError):
    """A trust policy that cannot be read, or asks for what this version cannot check."""

    code = "POLICY_BAD"


def _short(fact: str | int) -> str | int:
    if isinstance(fact, str) and len(fact) > _SHOWN:
        return f"{fact[:_SHOWN]}... ({len(fact)} characters)"
    return fact
