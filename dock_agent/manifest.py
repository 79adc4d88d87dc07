"""The manifest of one recording: recording/v1, from what was listed, copied and probed.

Values in, a statement out: no disk, no clock. What a name claims stays a claim; what is
odd about a file is a flag, and no reason to leave it out.
"""

from dataclasses import dataclass, replace

from dock_agent.inventory import claimed
from dock_agent.ledger import DockingRow, FileRow
from dock_agent.media import Probed
from dock_agent.seal import Made
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.segments import SEGMENT_SIZE, segment_count
from edge.evidence.statement import (
    Agent,
    Camera,
    FileFacts,
    Media,
    Recording,
    SeenCheckpoint,
    Source,
    StationLink,
    Times,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What one verified reading of a file found; kept in the ledger until it is sealed."""

    size: int
    sha256: Digest
    segment_root: Digest
    chain_head: Digest
    changed: bool = False
    partial: bool = False

    def to_row(self) -> dict[str, str | int | bool]:
        return {
            "size": self.size,
            "sha256": str(self.sha256),
            "segment_root": str(self.segment_root),
            "chain_head": str(self.chain_head),
            "changed": self.changed,
            "partial": self.partial,
        }

    @classmethod
    def from_row(cls, row: dict[str, str | int | bool]) -> "Copy":
        return cls(
            size=int(row["size"]),
            sha256=Digest.parse(str(row["sha256"])),
            segment_root=Digest.parse(str(row["segment_root"])),
            chain_head=Digest.parse(str(row["chain_head"])),
            changed=bool(row["changed"]),
            partial=bool(row["partial"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When a manifest is made, by which program, and how far central's log was then."""

    time: Times
    agent: Agent
    seen: Checkpoint | None


def manifest(
    file: FileRow,
    copy: Copy,
    docking: DockingRow,
    probed: Probed,
    stamp: Stamp,
) -> Made:
    """Draft the manifest of one file; the link comes when it is sealed."""
    camera = Camera.from_wire(docking.camera, "camera")
    media = probed.media
    source = replace(_source(file, docking, camera), camera_signature=probed.signature)
    flags = _flags(file, copy, media, camera)
    seen = stamp.seen

    def made(link: StationLink) -> Recording:
        return Recording(
            station=link,
            recording=file.recording,
            file=FileFacts(
                size=copy.size,
                segment_size=SEGMENT_SIZE,
                segment_count=segment_count(copy.size),
                sha256=copy.sha256,
                segment_root=copy.segment_root,
                chain_head=copy.chain_head,
            ),
            source=source,
            media=media,
            time=stamp.time,
            checkpoint=SeenCheckpoint(origin=seen.origin, size=seen.size, root=seen.root)
            if seen
            else None,
            flags=flags,
            agent=stamp.agent,
        )

    return made


def _source(file: FileRow, docking: DockingRow, camera: Camera) -> Source:
    return Source(
        camera=camera,
        docking=docking.docking,
        bay=docking.bay,
        path=file.name,
        path_raw=None if file.is_utf8 else file.path,
        mtime=claimed(file.mtime_ns),
        inventory=Digest.parse(file.inventory),
        inventory_root=Digest.parse(docking.inventory_root or ""),
        officer_claim=file.claims.get("officer"),
        important=file.important,
        name_time=file.claims.get("name_time"),
    )


def _flags(file: FileRow, copy: Copy, media: Media, camera: Camera) -> tuple[str, ...]:
    footage = file.claims.get("kind") == "media"
    odd = {
        "empty": copy.size == 0,
        "name-not-utf8": not file.is_utf8,
        "partial": copy.partial,
        "source-changed": copy.changed,
        "unassigned": not camera.assigned,
        "unplayable": footage and copy.size > 0 and not media.playable,
    }
    return tuple(sorted(flag for flag, holds in odd.items() if holds))
