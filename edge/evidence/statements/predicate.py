"""What every kind of statement has: its type, its subject, and who may sign it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.statements.fields import Hex32, Id, Natural, Text
from edge.evidence.statements.record import Record

NO_PREVIOUS = Digest(bytes(32))
"""`prev` of a station's first chained statement."""

ROOT, STATION, EPOCH, CENTRAL = "root", "station", "epoch", "central"
ROLES = (ROOT, STATION, EPOCH, CENTRAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a statement is about: a name, and the SHA-256 it is bound to."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StationLink(Record):
    """Where a statement stands in its station's chain.

    `seq` counts from 0 over all boots; `prev` is the digest of the station's previous
    chained envelope, 64 zeros for the first.
    """

    id: Id
    boot: Hex32
    seq: Natural
    prev: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Record):
    """The program that made the statement, and the digest of its configuration."""

    version: Text
    config: Digest


class Predicate(Record):
    """Base of the predicates."""

    __slots__ = ()
    TYPE: ClassVar[str]

    def subject(self, wire: Mapping[str, Any]) -> Subject:
        """The one subject of this statement; `wire` is the predicate as written."""
        raise NotImplementedError

    def roles(self) -> frozenset[str]:
        """The roles of key that may sign this statement."""
        raise NotImplementedError

    def chained(self) -> StationLink | None:
        """The place in a station's chain, for statements that are chained."""
        return None

    def claims(self) -> tuple[str, str] | None:
        """The station id and boot id the statement says it comes from."""
        link = self.chained()
        return None if link is None else (link.id, link.boot)


def by_nonce(nonce: str) -> Digest:
    """SHA-256 of the nonce's 16 bytes: a subject that nobody can guess."""
    return Digest.of(bytes.fromhex(nonce))


def by_content(wire: Mapping[str, Any]) -> Digest:
    """SHA-256 of the canonical predicate."""
    return Digest.of(encode(wire))
