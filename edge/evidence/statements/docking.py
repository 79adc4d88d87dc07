"""inventory/v1, docking/v1 and heartbeat/v1: what a station met, did, and how it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.instant import Instant
from edge.evidence.merkle import leaf_hash, root_of
from edge.evidence.statements.fields import (
    CameraPath,
    Code,
    Hex32,
    Id,
    LooseText,
    Natural,
    Positive,
    RawPath,
    Text,
)
from edge.evidence.statements.forms import ChoiceForm, IntegerForm, wrong
from edge.evidence.statements.predicate import (
    EPOCH,
    Agent,
    Predicate,
    StationLink,
    Subject,
    by_content,
)
from edge.evidence.statements.record import AtMost, Record
from edge.evidence.statements.recording import (
    Camera,
    Times,
    path_bytes,
    refuse_needless_raw,
)

INVENTORY_PART = 2000
"""The most entries one part of an inventory holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryEntry(Record):
    """One file on the camera as its file system lists it; `size` in bytes."""

    path: CameraPath
    path_raw: RawPath | None = None
    size: Natural
    mtime: Instant | None = None

    @property
    def path_bytes(self) -> bytes:
        """The path as it is on the camera."""
        return path_bytes(self.path, self.path_raw)

    def _coherent(self) -> None:
        refuse_needless_raw("InventoryEntry.path_raw", self.path_raw)


def inventory_root(entries: Iterable[InventoryEntry]) -> Digest:
    """The RFC 6962 root over the canonical bytes of each entry, of all parts in order."""
    return root_of(leaf_hash(encode(entry.to_wire())) for entry in entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory(Predicate):
    """Everything on a camera, signed before anything is copied.

    Long inventories come in parts 1 to `parts`, each its own statement; every part
    carries the root over the entries of all of them.
    """

    TYPE: ClassVar[str] = "inventory/v1"

    station: StationLink
    docking: Hex32
    bay: Id
    camera: Camera
    time: Times
    part: Positive
    parts: Positive
    entries: Annotated[tuple[InventoryEntry, ...], AtMost(INVENTORY_PART)]
    inventory_root: Digest
    agent: Agent

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.docking, digest=self.inventory_root)

    def roles(self) -> frozenset[str]:
        return frozenset({EPOCH})

    def chained(self) -> StationLink:
        return self.station

    def _coherent(self) -> None:
        if self.part > self.parts:
            raise wrong("Inventory.part", f"1 to {self.parts}", self.part)
        if self.parts == 1:
            root = inventory_root(self.entries)
            if root != self.inventory_root:
                raise wrong("Inventory.inventory_root", str(root), self.inventory_root)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile(Record):
    """A file whose content this station had sealed before, and as which recording."""

    path: CameraPath
    recording: Hex32


@dataclass(frozen=True, slots=True, kw_only=True)
class DockingProblem(Record):
    """One thing that went wrong, as code, expected and found."""

    code: Code
    path: CameraPath | None = None
    expected: LooseText
    found: LooseText


@dataclass(frozen=True, slots=True, kw_only=True)
class Docking(Predicate):
    """The end of one docking: how many files there were and what became of them."""

    TYPE: ClassVar[str] = "docking/v1"

    station: StationLink
    docking: Hex32
    bay: Id
    camera: Camera
    inventory: Digest
    started: Instant
    finished: Instant
    files: Natural
    new: Natural
    known: Annotated[tuple[KnownFile, ...], AtMost(10_000)]
    problems: Annotated[tuple[DockingProblem, ...], AtMost(1000)]
    outcome: Annotated[str, ChoiceForm(("complete", "nothing-new", "incomplete"))]

    def subject(self, wire: Mapping[str, Any]) -> Subject:  # noqa: ARG002 - see Predicate
        return Subject(name=self.docking, digest=self.inventory)

    def roles(self) -> frozenset[str]:
        return frozenset({EPOCH})

    def chained(self) -> StationLink:
        return self.station


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk(Record):
    """The disk of the station's vault, in bytes."""

    total: Natural
    free: Natural


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Predicate):
    """A station is alive. Neither chained nor logged: it proves nothing later.

    `last_seq` is the last chained statement (-1: none), `outbox` the number of
    statements that wait for a receipt.
    """

    TYPE: ClassVar[str] = "heartbeat/v1"

    id: Id
    boot: Hex32
    at: Instant
    last_seq: Annotated[int, IntegerForm(least=-1)]
    outbox: Natural
    disk: Disk
    version: Text
    time: Times

    def subject(self, wire: Mapping[str, Any]) -> Subject:
        return Subject(name=self.id, digest=by_content(wire))

    def roles(self) -> frozenset[str]:
        return frozenset({EPOCH})

    def claims(self) -> tuple[str, str]:
        return (self.id, self.boot)
