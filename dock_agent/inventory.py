"""The signed inventory: everything on a camera, before anything of it is copied.

All parts of an inventory and the list of files to fetch become true in one transaction:
after a crash there is a whole inventory or none. What the scan could not list as a file is
written down as a problem in the same transaction. Does not open a single file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dock_agent.ledger import DockingRow, FileRow, Ledger, Problem, scan_subject
from dock_agent.scan import CardEntry, Listing
from dock_agent.seal import Made, Sealer, times
from edge.clock import Reading
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode
from edge.evidence.errors import EncodingError
from edge.evidence.instant import Instant
from edge.evidence.segments import recording_id
from edge.evidence.statement import (
    INVENTORY_PART,
    Agent,
    Camera,
    Inventory,
    InventoryEntry,
    StationLink,
    inventory_root,
)

_Pair = tuple[CardEntry, InventoryEntry]

PART_BYTES = 640_000
"""The most bytes of entries in a part: its envelope stays below the broker's 1 MiB."""


def seal_inventory(
    sealer: Sealer, ledger: Ledger, docking: DockingRow, listing: Listing, reading: Reading
) -> None:
    """Sign what the scan found and list its files as work. Once per docking."""
    pairs = [(each, entry_of(each)) for each in listing.entries]
    parts = list(_parts(pairs))
    root = inventory_root(entry for _, entry in pairs)
    draft = _Draft(docking, reading, root, sealer.station.agent, len(parts))
    with ledger.transaction():
        for number, part in enumerate(parts, start=1):
            made = draft.part(number, part)
            sealed = sealer.seal(made, docking=docking.docking).digest
            ledger.files.add(_work(docking, sealed, part))
            ledger.dockings.inventoried(docking.docking, sealed, root)
        _note(ledger, docking, listing, reading.now)
    sealer.wake()


def entry_of(entry: CardEntry) -> InventoryEntry:
    """A file as its inventory lists it."""
    return InventoryEntry(
        path=entry.text,
        path_raw=None if entry.is_utf8 else entry.path,
        size=entry.size,
        mtime=claimed(entry.mtime_ns),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """What all parts of one inventory share."""

    docking: DockingRow
    reading: Reading
    root: Digest
    agent: Agent
    parts: int

    def part(self, number: int, pairs: list[_Pair]) -> Made:
        def made(link: StationLink) -> Inventory:
            return Inventory(
                station=link,
                docking=self.docking.docking,
                bay=self.docking.bay,
                camera=Camera.from_wire(self.docking.camera, "camera"),
                time=times(self.reading),
                part=number,
                parts=self.parts,
                entries=tuple(entry for _, entry in pairs),
                inventory_root=self.root,
                agent=self.agent,
            )

        return made


def _parts(entries: list[_Pair]) -> Iterator[list[_Pair]]:
    """Cut at the format's count and at the broker's size; an empty card has one part."""
    part: list[_Pair] = []
    size = 0
    for pair in entries:
        length = len(encode(pair[1].to_wire())) + 1
        if part and (len(part) == INVENTORY_PART or size + length > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(pair)
        size += length
    yield part


def _work(docking: DockingRow, inventory: Digest, part: list[_Pair]) -> Iterator[FileRow]:
    for entry, listed in part:
        claims = entry.claims
        said = {
            "kind": claims.kind,
            "officer": claims.officer,
            "device": claims.device,
            "name_time": claims.name_time,
        }
        yield FileRow(
            docking=docking.docking,
            camera_key=docking.camera_key,
            path=entry.path,
            size=entry.size,
            mtime_ns=entry.mtime_ns,
            important=claims.important,
            claims={name: value for name, value in said.items() if value},
            inventory=str(inventory),
            recording=recording_id(inventory, listed.path_bytes),
        )


def _note(ledger: Ledger, docking: DockingRow, listing: Listing, at: Instant) -> None:
    for each in listing.problems:
        problem = Problem(
            subject=scan_subject(docking.docking),
            code=each.code,
            bay=docking.bay,
            docking=docking.docking,
            path=each.text,
            expected=each.expected,
            found=each.found,
        )
        ledger.problems.note(problem, at)


def claimed(nanoseconds: int) -> Instant | None:
    """What the camera's file system claims; None for what no calendar can hold."""
    try:
        return Instant(nanoseconds // 1_000_000)
    except EncodingError:
        return None
