"""key-event/v1: a key enters service or leaves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.statements.fields import Hex32, Natural, PublicKeyBytes, Text
from edge.evidence.statements.forms import ChoiceForm, wrong
from edge.evidence.statements.predicate import (
    CENTRAL,
    EPOCH,
    ROOT,
    STATION,
    Predicate,
    StationLink,
    Subject,
)
from edge.evidence.statements.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts(Record):
    """A public key: its algorithm and its SubjectPublicKeyInfo DER."""

    algorithm: Annotated[str, ChoiceForm(("ed25519", "ecdsa-p256-sha256"))]
    public: PublicKeyBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent(Predicate):
    """`enrol` and `revoke` are signed by the root; `epoch` by a station's identity key.

    An epoch event is the first chained statement of each boot; enrolments and
    revocations stand outside every chain. `keyid` is SHA-256 of the public key's DER. What a
    revoked key signed counts below leaf `from_index`, or below the revocation's own leaf
    where that is absent or later.
    """

    TYPE: ClassVar[str] = "key-event/v1"

    action: Annotated[str, ChoiceForm(("enrol", "epoch", "revoke"))]
    role: Annotated[str, ChoiceForm((STATION, EPOCH, CENTRAL))]
    name: Text
    key: KeyFacts
    keyid: Digest
    boot: Hex32 | None = None
    at: Instant
    station: StationLink | None = None
    from_index: Natural | None = None

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.name, digest=self.keyid)

    def roles(self) -> frozenset[str]:
        return frozenset({STATION if self.action == "epoch" else ROOT})

    def chained(self) -> StationLink | None:
        return self.station

    def _coherent(self) -> None:
        keyid = Digest.of(self.key.public)
        if self.keyid != keyid:
            raise wrong("KeyEvent.keyid", str(keyid), str(self.keyid))
        if self.action == "epoch":
            self._coherent_epoch()
        elif self.station is not None:
            raise wrong("KeyEvent.station", "none outside epoch events", "a link")
        if self.action != "revoke" and self.from_index is not None:
            raise wrong("KeyEvent.from_index", "none outside revocations", self.from_index)
        if self.action == "enrol" and (self.role == EPOCH or self.boot is not None):
            raise wrong("KeyEvent.role", "station or central, no boot", self.role)

    def _coherent_epoch(self) -> None:
        if self.role != EPOCH:
            raise wrong("KeyEvent.role", EPOCH, self.role)
        if self.station is None:
            raise wrong("KeyEvent.station", "a link", "none")
        if self.station.id != self.name:
            raise wrong("KeyEvent.name", self.station.id, self.name)
        if self.boot != self.station.boot:
            raise wrong("KeyEvent.boot", self.station.boot, self.boot)
