"""A small real station: its keys, its chain, and the statements that it seals."""

import secrets
from pathlib import Path

from central.intake.taking import EVIDENCE, Message
from edge import clock
from edge.evidence.chain import ChainHead, next_link
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, seal
from edge.evidence.segments import SEGMENT_SIZE, SegmentHasher, Segments, recording_id
from edge.evidence.signers import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import (
    Agent,
    Camera,
    Disk,
    Docking,
    FileFacts,
    Heartbeat,
    Inventory,
    InventoryEntry,
    KeyEvent,
    KeyFacts,
    Media,
    Predicate,
    Recording,
    Source,
    Statement,
    Times,
    inventory_root,
)

AGENT = Agent(version="test", config=Digest.of(b""))
UNPLAYABLE = Media(playable=False, problem="three bytes", streams=())
CAMERA = Camera(serial="CAM-7", profile="disk", write_block="mount", assigned=True)


class Station:
    """Seals statements in order; `head` is where its chain stands."""

    def __init__(self, name: str, bundle: Path) -> None:
        self.name = name
        self.bundle = bundle
        self.identity = EcdsaP256Signer.from_pem((bundle / "identity.pem").read_bytes())
        self.epoch = Ed25519Signer.generate()
        self.boot = secrets.token_hex(16)
        self.head: ChainHead | None = None

    def link(self):
        return next_link(self.head, station=self.name, boot=self.boot)

    def chained(self, predicate: Predicate, key=None) -> Envelope:
        envelope = seal(Statement.about(predicate), key or self.epoch)
        link = predicate.chained()
        assert link is not None
        self.head = ChainHead(link.seq, envelope.digest)
        return envelope

    def open_epoch(self, public: bytes | None = None) -> Envelope:
        public = public or self.epoch.public
        return self.chained(
            KeyEvent(
                action="epoch",
                role="epoch",
                name=self.name,
                key=KeyFacts(algorithm="ed25519", public=public),
                keyid=Digest.of(public),
                boot=self.boot,
                at=clock.now(),
                station=self.link(),
            ),
            self.identity,
        )

    def inventory(self, *paths: str, docking: str | None = None) -> Envelope:
        entries = tuple(InventoryEntry(path=path, size=3) for path in sorted(paths))
        return self.chained(
            Inventory(
                station=self.link(),
                docking=docking or secrets.token_hex(16),
                bay="1",
                camera=CAMERA,
                time=self.times(),
                part=1,
                parts=1,
                entries=entries,
                inventory_root=inventory_root(entries),
                agent=AGENT,
            )
        )

    def recording(
        self,
        inventory: Envelope,
        path: str,
        data: bytes = b"abc",
        ahead_ms: int = 0,
        media: Media = UNPLAYABLE,
    ) -> Envelope:
        listed = Statement.parse(inventory.payload).predicate
        assert isinstance(listed, Inventory)
        name = recording_id(inventory.digest, path.encode())
        return self.chained(
            Recording(
                station=self.link(),
                recording=name,
                file=facts(name, data),
                source=Source(
                    camera=CAMERA,
                    docking=listed.docking,
                    bay="1",
                    path=path,
                    inventory=inventory.digest,
                    inventory_root=listed.inventory_root,
                    important="_IMP" in path,
                ),
                media=media,
                time=self.times(ahead_ms),
                flags=() if media.playable else ("unplayable",),
                agent=AGENT,
            )
        )

    def docking(self, inventory: Envelope, files: int) -> Envelope:
        listed = Statement.parse(inventory.payload).predicate
        assert isinstance(listed, Inventory)
        return self.chained(
            Docking(
                station=self.link(),
                docking=listed.docking,
                bay="1",
                camera=CAMERA,
                inventory=inventory.digest,
                started=clock.now(),
                finished=clock.now(),
                files=files,
                new=files,
                known=(),
                problems=(),
                outcome="complete",
            )
        )

    def journey(self, *paths: str) -> list[Envelope]:
        """An epoch, an inventory, its recordings, and the docking's end."""
        epoch = [self.open_epoch()] if self.head is None else []
        inventory = self.inventory(*paths)
        recordings = [self.recording(inventory, path) for path in sorted(paths)]
        return [*epoch, inventory, *recordings, self.docking(inventory, len(paths))]

    def heartbeat(self) -> Envelope:
        beat = Heartbeat(
            id=self.name,
            boot=self.boot,
            at=clock.now(),
            last_seq=-1 if self.head is None else self.head.seq,
            outbox=0,
            disk=Disk(total=100, free=50),
            version="test",
            time=self.times(),
        )
        return seal(Statement.about(beat), self.epoch)

    def times(self, ahead_ms: int = 0) -> Times:
        return Times(station=clock.now().plus_ms(ahead_ms), source="system")


def facts(name: str, data: bytes) -> FileFacts:
    hasher = SegmentHasher(name)
    hasher.update(data)
    segments: Segments = hasher.finish()
    return FileFacts(
        size=len(data),
        segment_size=SEGMENT_SIZE,
        segment_count=len(segments.leaves),
        sha256=Digest.of(data),
        segment_root=segments.root,
        chain_head=segments.chain_head,
    )


def messages(station: Station, *sealed: Envelope) -> list[Message]:
    """The envelopes as they come by the station's own topic."""
    return [Message(station=station.name, kind=EVIDENCE, raw=each.raw) for each in sealed]
