"""Central's receipts, held against what they must answer.

A receipt that verifies here is what lets a station call something delivered. A logged
receipt proves that the log's key vouches for a leaf; it does not prove that others see the
same log. A stored receipt is central's word about its replicas.
"""

from dataclasses import dataclass
from typing import TypeVar

from edge.evidence.checkpoint import Checkpoint, NoteVerifier, open_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, verify
from edge.evidence.errors import ReceiptError
from edge.evidence.instant import Instant
from edge.evidence.keys import TrustedKeys
from edge.evidence.merkle import leaf_data, leaf_hash, verify_inclusion
from edge.evidence.statement import Predicate, ReceiptLogged, ReceiptStored, Replica

_P = TypeVar("_P", bound=Predicate)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFact:
    """An envelope is leaf `index` of the log at `checkpoint`; `received` by central."""

    index: int
    checkpoint: Checkpoint
    received: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFact:
    """A recording's bytes are in each of `replicas`, read back; `stored` by central."""

    replicas: tuple[Replica, ...]
    stored: Instant


def verify_logged(
    receipt: Envelope, keys: TrustedKeys, log: NoteVerifier, subject: Digest
) -> LoggedFact:
    """Check a receipt-logged/v1 for the envelope named `subject`.

    1. Central's key signed it, over exactly these bytes (SIG_BAD, KEY_UNTRUSTED, ...).
    2. It answers `subject` (RECEIPT_MISMATCH).
    3. The log signed the checkpoint (LOG_SIG_BAD).
    4. The path leads from the leaf to the checkpoint's root (LOG_NOT_INCLUDED).
    """
    answer = _answer(receipt, keys, ReceiptLogged)  # 1
    _same("envelope", subject, answer.envelope)  # 2
    checkpoint = open_checkpoint(answer.checkpoint, log)  # 3
    leaf = leaf_hash(leaf_data(subject))
    verify_inclusion(  # 4
        leaf, answer.index, checkpoint.size, answer.path, checkpoint.root
    )
    return LoggedFact(index=answer.index, checkpoint=checkpoint, received=answer.received)


def verify_stored(
    receipt: Envelope, keys: TrustedKeys, sha256: Digest, size: int, manifest: Digest
) -> StoredFact:
    """Check a receipt-stored/v1 for the file of `size` bytes sealed by `manifest`.

    1. Central's key signed it, over exactly these bytes (SIG_BAD, KEY_UNTRUSTED, ...).
    2. It answers this manifest, digest and size (RECEIPT_MISMATCH).
    """
    answer = _answer(receipt, keys, ReceiptStored)  # 1
    _same("envelope", manifest, answer.envelope)  # 2
    _same("sha256", sha256, answer.sha256)
    if answer.size != size:
        raise ReceiptError("size", expected=size, found=answer.size)
    return StoredFact(replicas=answer.replicas, stored=answer.stored)


def _answer(receipt: Envelope, keys: TrustedKeys, kind: type[_P]) -> _P:
    verified = verify(receipt, keys)
    predicate = verified.statement.predicate
    if not isinstance(predicate, kind):
        raise ReceiptError("receipt", expected=kind.TYPE, found=verified.statement.type)
    return predicate


def _same(what: str, expected: Digest, found: Digest) -> None:
    if expected != found:
        raise ReceiptError(what, expected=str(expected), found=str(found))
