"""Real keys and real statements for the tests of evidence; nothing is written down."""

from dataclasses import dataclass, field
from typing import Any

from edge.evidence.checkpoint import Checkpoint, NoteSigner, NoteVerifier, sign_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, seal, verify
from edge.evidence.instant import Instant
from edge.evidence.keys import (
    EcdsaP256Signer,
    Ed25519Signer,
    PublicKey,
    Signer,
    TrustedKey,
    TrustedKeys,
)
from edge.evidence.merkle import inclusion_path, leaf_data, leaf_hash, root_of
from edge.evidence.segments import SEGMENT_SIZE, SegmentHasher, recording_id
from edge.evidence.statement import (
    NO_PREVIOUS,
    Access,
    Agent,
    Camera,
    Case,
    CaseLink,
    CaseUnlink,
    Disk,
    Docking,
    DockingProblem,
    Export,
    ExportedRecording,
    FileFacts,
    Heartbeat,
    Inventory,
    InventoryEntry,
    KeyEvent,
    KeyFacts,
    KnownFile,
    Media,
    Predicate,
    ReceiptLogged,
    ReceiptStored,
    Recording,
    Replica,
    SeenCheckpoint,
    Source,
    Statement,
    StationLink,
    Stream,
    Times,
    inventory_root,
)

ORIGIN = "liuhen.test/log"
STATION = "dock-01"
BOOT = "0b" * 16
DOCKING = "d0" * 16
NONCE = "5a" * 16
AT = Instant.parse("2026-11-23T08:30:15.123Z")
DIGEST = Digest.of(b"some envelope")
CASE = "00112233aabb"
AGENT = Agent(version="0.1.0", config=Digest.of(b"config"))
CAMERA = Camera(
    serial="AB12345", fs_uuid="6665-1234", profile="usb-disk", write_block="mount", assigned=True
)
TIMES = Times(
    station=AT,
    error_ms=3,
    source="chrony",
    camera="2026-11-23 16:30:14",
    camera_minus_station_ms=-1123,
)


def link(seq: int = 1, prev: Digest = DIGEST, boot: str = BOOT) -> StationLink:
    return StationLink(id=STATION, boot=boot, seq=seq, prev=prev)


def recording(content: bytes = b"footage", **changes: Any) -> Recording:
    path = changes.pop("path", "DCIM/100/a.mp4")
    raw = changes.pop("path_raw", None)
    name = recording_id(DIGEST, path.encode() if raw is None else raw)
    hasher = SegmentHasher(name)
    hasher.update(content)
    segments = hasher.finish()
    members: dict[str, Any] = {
        "station": link(),
        "recording": name,
        "file": FileFacts(
            size=len(content),
            segment_size=SEGMENT_SIZE,
            segment_count=len(segments.leaves),
            sha256=Digest.of(content),
            segment_root=segments.root,
            chain_head=segments.chain_head,
        ),
        "source": Source(
            camera=CAMERA,
            docking=DOCKING,
            bay="1",
            path=path,
            path_raw=raw,
            mtime=AT,
            inventory=DIGEST,
            inventory_root=Digest.of(b"root"),
            officer_claim="004711",
            important=True,
            name_time="20261123_163014",
        ),
        "media": Media(
            playable=True,
            container="mp4",
            duration_ms=1500,
            streams=(
                Stream(kind="video", codec="h264", width=1920, height=1080, rate="30/1"),
                Stream(kind="audio", codec="aac", rate="48000"),
            ),
        ),
        "time": TIMES,
        "checkpoint": SeenCheckpoint(origin=ORIGIN, size=3, root=DIGEST),
        "flags": ("partial", "unassigned"),
        "agent": AGENT,
    }
    return Recording(**(members | changes))


ENTRIES = (
    InventoryEntry(path="DCIM/100/a.mp4", size=7, mtime=AT),
    InventoryEntry(path="DCIM/100/\ufffd.mp4", path_raw=b"DCIM/100/\xff.mp4", size=0),
)


def inventory(**changes: Any) -> Inventory:
    members: dict[str, Any] = {
        "station": link(),
        "docking": DOCKING,
        "bay": "1",
        "camera": CAMERA,
        "time": TIMES,
        "part": 1,
        "parts": 1,
        "entries": ENTRIES,
        "inventory_root": inventory_root(ENTRIES),
        "agent": AGENT,
    }
    return Inventory(**(members | changes))


def docking(**changes: Any) -> Docking:
    members: dict[str, Any] = {
        "station": link(),
        "docking": DOCKING,
        "bay": "1",
        "camera": CAMERA,
        "inventory": DIGEST,
        "started": AT,
        "finished": AT.plus_ms(90_000),
        "files": 2,
        "new": 1,
        "known": (KnownFile(path="DCIM/100/a.mp4", recording="ab" * 16),),
        "problems": (DockingProblem(code="SOURCE_CHANGED", path="b.mp4", expected="1", found=""),),
        "outcome": "incomplete",
    }
    return Docking(**(members | changes))


def heartbeat(**changes: Any) -> Heartbeat:
    members: dict[str, Any] = {
        "id": STATION,
        "boot": BOOT,
        "at": AT,
        "last_seq": -1,
        "outbox": 0,
        "disk": Disk(total=1000, free=10),
        "version": "0.1.0",
        "time": TIMES,
    }
    return Heartbeat(**(members | changes))


def enrolment(role: str, name: str, key: Signer, /, **changes: Any) -> KeyEvent:
    members: dict[str, Any] = {
        "action": "enrol",
        "role": role,
        "name": name,
        "key": KeyFacts(algorithm=key.algorithm, public=key.public),
        "keyid": Digest.parse(key.keyid),
        "at": AT,
    }
    return KeyEvent(**(members | changes))


def epoch(key: Signer, station: StationLink | None = None, /, **changes: Any) -> KeyEvent:
    station = station or link(0, NO_PREVIOUS)
    members: dict[str, Any] = {"action": "epoch", "boot": station.boot, "station": station}
    return enrolment("epoch", STATION, key, **(members | changes))


def receipt_stored(**changes: Any) -> ReceiptStored:
    members: dict[str, Any] = {
        "recording": "ab" * 16,
        "envelope": DIGEST,
        "sha256": Digest.of(b"footage"),
        "size": 7,
        "replicas": (Replica(vault="main", kind="folder", retain_until=AT, read_back=AT),),
        "stored": AT,
        "nonce": NONCE,
    }
    return ReceiptStored(**(members | changes))


def acts() -> tuple[Predicate, ...]:
    """One of each statement that central signs for a person."""
    who: dict[str, Any] = {"actor": "li", "at": AT, "nonce": NONCE}
    ref: dict[str, Any] = {"recording": "ab" * 16, "envelope": DIGEST}
    return (
        Case(case=CASE, number="沪〔2026〕118", title="现场检查", **who),
        CaseLink(case=CASE, number="118", reason="the search", **ref, **who),
        CaseUnlink(case=CASE, number="118", reason="wrong one", link=DIGEST, **ref, **who),
        Access(act="play", target="ab" * 16, reason="review", **who),
        Access(act="login-refused", **who),
        Export(
            export="ab" * 8,
            case=CASE,
            recordings=(ExportedRecording(**ref),),
            purpose="court",
            size=9,
            **who,
        ),
    )


def every_predicate() -> tuple[Predicate, ...]:
    """At least one of each type."""
    key = Ed25519Signer.generate()
    return (
        recording(),
        inventory(),
        docking(),
        heartbeat(),
        enrolment("station", STATION, EcdsaP256Signer.generate()),
        epoch(key),
        enrolment("station", STATION, key, action="revoke"),
        ReceiptLogged(envelope=DIGEST, index=4, received=AT, path=(DIGEST,), checkpoint="a\n1\n"),
        receipt_stored(),
        *acts(),
    )


@dataclass
class Site:
    """A root, one station with one boot, central, and a log."""

    root: Ed25519Signer = field(default_factory=Ed25519Signer.generate)
    identity: EcdsaP256Signer = field(default_factory=EcdsaP256Signer.generate)
    epoch: Ed25519Signer = field(default_factory=Ed25519Signer.generate)
    central: Ed25519Signer = field(default_factory=Ed25519Signer.generate)
    log_key: Ed25519Signer = field(default_factory=Ed25519Signer.generate)

    @property
    def log(self) -> NoteSigner:
        return NoteSigner(ORIGIN, self.log_key)

    @property
    def verifier(self) -> NoteVerifier:
        return NoteVerifier.parse(self.log.vkey)

    def roots(self) -> TrustedKeys:
        public = PublicKey.from_spki(self.root.public)
        return TrustedKeys().add(TrustedKey(public=public, role="root", name="root"))

    def keys(self) -> TrustedKeys:
        """Trust grown from the root by the three key events."""
        keys = self.roots()
        for event, signer in (
            (enrolment("station", STATION, self.identity), self.root),
            (enrolment("central", "central", self.central), self.root),
            (epoch(self.epoch), self.identity),
        ):
            keys = keys.with_key_event(verify(sealed(event, signer), keys))
        return keys

    def checkpoint(self, leaves: list[Digest]) -> str:
        return sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root_of(leaves)), self.log)

    def logged(self, envelopes: list[Digest], index: int, /, **changes: Any) -> Envelope:
        """Central's receipt that `envelopes[index]` stands in a log of all of them."""
        leaves = [leaf_hash(leaf_data(name)) for name in envelopes]
        members: dict[str, Any] = {
            "envelope": envelopes[index],
            "index": index,
            "received": AT,
            "path": tuple(inclusion_path(index, len(leaves), leaves)),
            "checkpoint": self.checkpoint(leaves),
        }
        return sealed(ReceiptLogged(**(members | changes)), self.central)


def sealed(predicate: Predicate, *signers: Signer) -> Envelope:
    """As a receiver gets it: sealed, and read again from its bytes."""
    return Envelope.parse(seal(Statement.about(predicate), *signers).raw)
