"""receipt-logged/v1 and receipt-stored/v1: what central answers a station."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.statements.fields import Hex32, Id, Natural, NoteText
from edge.evidence.statements.forms import ChoiceForm, wrong
from edge.evidence.statements.predicate import CENTRAL, Predicate, Subject
from edge.evidence.statements.record import AtMost, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLogged(Predicate):
    """An envelope stands in the log: leaf index, audit path, and a signed checkpoint.

    `path` is the RFC 6962 audit path, lowest sibling first, for the tree of
    `checkpoint` (a C2SP signed note). `received` is central's clock.
    """

    TYPE: ClassVar[str] = "receipt-logged/v1"

    envelope: Digest
    index: Natural
    received: Instant
    path: Annotated[tuple[Digest, ...], AtMost(53)]
    checkpoint: NoteText

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name="envelope", digest=self.envelope)

    def roles(self) -> frozenset[str]:
        return frozenset({CENTRAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica(Record):
    """One stored copy: where, until when it is locked, when it was read back whole."""

    vault: Id
    kind: Annotated[str, ChoiceForm(("folder", "s3"))]
    retain_until: Instant
    read_back: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptStored(Predicate):
    """A recording's bytes are stored and were read back, in each of `replicas`.

    `size` in bytes; `envelope` is the digest of the recording's manifest.
    """

    TYPE: ClassVar[str] = "receipt-stored/v1"

    recording: Hex32
    envelope: Digest
    sha256: Digest
    size: Natural
    replicas: Annotated[tuple[Replica, ...], AtMost(16)]
    stored: Instant
    nonce: Hex32

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name="envelope", digest=self.envelope)

    def roles(self) -> frozenset[str]:
        return frozenset({CENTRAL})

    def _coherent(self) -> None:
        if not self.replicas:
            raise wrong("ReceiptStored.replicas", "at least one", "none")
