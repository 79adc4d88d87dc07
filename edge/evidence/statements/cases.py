"""case/v1, case-link/v1, case-unlink/v1, access/v1, export/v1: acts of people.

Central signs them on behalf of `actor`. Each carries 16 random bytes as `nonce`, so that
the digest of a leaf cannot be guessed from the little that it says. Undoing is a new
statement; none of these changes an earlier one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.statements.fields import Hex12, Hex16, Hex32, Natural, Text, Word
from edge.evidence.statements.predicate import (
    CENTRAL,
    Predicate,
    Subject,
    by_nonce,
)
from edge.evidence.statements.record import AtMost, Record


class Act(Predicate):
    """Base of the statements that central signs for a person."""

    __slots__ = ()

    def roles(self) -> frozenset[str]:
        return frozenset({CENTRAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Act):
    """A case is opened; `number` is the authority's own case number."""

    TYPE: ClassVar[str] = "case/v1"

    case: Hex12
    number: Text
    title: Text
    actor: Text
    at: Instant
    nonce: Hex32

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.case, digest=by_nonce(self.nonce))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLink(Act):
    """A recording belongs to a case; `envelope` is the digest of its manifest."""

    TYPE: ClassVar[str] = "case-link/v1"

    case: Hex12
    number: Text
    recording: Hex32
    envelope: Digest
    actor: Text
    reason: Text
    at: Instant
    nonce: Hex32

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.recording, digest=self.envelope)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnlink(Act):
    """A link is taken back; `link` is the digest of the link's envelope."""

    TYPE: ClassVar[str] = "case-unlink/v1"

    case: Hex12
    number: Text
    recording: Hex32
    envelope: Digest
    link: Digest
    actor: Text
    reason: Text
    at: Instant
    nonce: Hex32

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.recording, digest=self.envelope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Act):
    """Someone did, or tried to do, `act` to `target`."""

    TYPE: ClassVar[str] = "access/v1"

    act: Word
    target: Text | None = None
    actor: Text
    reason: Text | None = None
    at: Instant
    nonce: Hex32

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        name = self.act if self.target is None else self.target
        return Subject(name=name, digest=by_nonce(self.nonce))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRecording(Record):
    """One recording in a package; `envelope` is the digest of its manifest."""

    recording: Hex32
    envelope: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Act):
    """A package is handed out; `size` is the log size that it proves against."""

    TYPE: ClassVar[str] = "export/v1"

    export: Hex16
    case: Hex12 | None = None
    recordings: Annotated[tuple[ExportedRecording, ...], AtMost(4096)]
    purpose: Text
    actor: Text
    at: Instant
    size: Natural
    nonce: Hex32

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.export, digest=by_nonce(self.nonce))
