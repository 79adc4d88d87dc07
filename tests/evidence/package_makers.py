"""A whole exported package with real keys, made in memory: honest, or wrong in one way."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from edge.evidence.chain import ChainHead, next_link
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.keys import PublicKey, Signer, TrustedKey
from edge.evidence.merkle import inclusion_path, leaf_data, leaf_hash, root_of
from edge.evidence.package import Exhibit, Package, build
from edge.evidence.package_bag import MANIFEST, TAG_MANIFEST, format_manifest
from edge.evidence.policy import Quorum, TrustPolicy
from edge.evidence.segments import SegmentHasher, Segments, recording_id
from edge.evidence.statement import (
    CaseLink,
    Export,
    ExportedRecording,
    InventoryEntry,
    Predicate,
    Recording,
    SeenCheckpoint,
    Statement,
    StationLink,
    inventory_root,
)
from edge.evidence.verify import verify_package
from edge.evidence.verify_report import Code, Report
from edge.evidence.verify_source import MemorySource
from tests.evidence.makers import (
    AT,
    BOOT,
    CASE,
    NONCE,
    ORIGIN,
    STATION,
    Site,
    acts,
    docking,
    enrolment,
    epoch,
    inventory,
    receipt_stored,
    recording,
    sealed,
)

EXPORT = "e0" * 8


@dataclass
class Desk:
    """A station and central at work; what they log can be packed at any time.

    A station that `looks` puts what it saw of the log into its manifests, and so notices a
    log that is written anew.
    """

    site: Site = field(default_factory=Site)
    log: list[Envelope] = field(default_factory=list)
    unlogged: list[Envelope] = field(default_factory=list)
    head: ChainHead | None = None
    contents: dict[Digest, tuple[Recording, bytes]] = field(default_factory=dict)
    looks: bool = True

    def put(self, predicate: Predicate, signer: Signer) -> Envelope:
        """Sign and log a statement."""
        envelope = sealed(predicate, signer)
        self.log.append(envelope)
        return envelope

    def chain(
        self, make: Callable[[StationLink], Predicate], signer: Signer | None = None
    ) -> Envelope:
        """Sign and log the station's next statement."""
        link = next_link(self.head, station=STATION, boot=BOOT)
        envelope = self.put(make(link), signer or self.site.epoch)
        self.head = ChainHead(link.seq, envelope.digest)
        return envelope

    def begin(self) -> None:
        self.put(enrolment("station", STATION, self.site.identity), self.site.root)
        self.put(enrolment("central", "central", self.site.central), self.site.root)
        self.chain(lambda link: epoch(self.site.epoch, link), self.site.identity)

    def dock(self, contents: Mapping[str, bytes]) -> list[Digest]:
        """Inventory, a manifest and a stored receipt for each file, docking receipt."""
        entries = tuple(InventoryEntry(path=p, size=len(c)) for p, c in contents.items())
        root = inventory_root(entries)
        listed = self.chain(
            lambda link: inventory(station=link, entries=entries, inventory_root=root)
        )
        manifests = [self.record(listed.digest, root, p, c) for p, c in contents.items()]
        self.chain(lambda link: docking(station=link, inventory=listed.digest))
        for manifest in manifests:
            self.store(manifest)
        return manifests

    def record(self, listed: Digest, root: Digest, path: str, content: bytes) -> Digest:
        """One manifest; its bytes are kept as the footage."""
        name = recording_id(listed, path.encode())
        plain = recording(content, path=path)
        source = replace(plain.source, inventory=listed, inventory_root=root)
        file = replace(plain.file, chain_head=segments(name, content).chain_head)

        def make(link: StationLink) -> Recording:
            return replace(
                plain,
                station=link,
                recording=name,
                file=file,
                source=source,
                checkpoint=self.sighting(),
            )

        envelope = self.chain(make)
        sealed_recording = envelope_recording(envelope)
        self.contents[envelope.digest] = (sealed_recording, content)
        return envelope.digest

    def sighting(self) -> SeenCheckpoint | None:
        """What the station sees of the log right now."""
        if not self.looks:
            return None
        leaves = self.leaf_hashes()
        return SeenCheckpoint(origin=ORIGIN, size=len(leaves), root=root_of(leaves))

    def store(self, manifest: Digest, **changes: Any) -> Envelope:
        it, _ = self.contents[manifest]
        members: dict[str, Any] = {
            "recording": it.recording,
            "envelope": manifest,
            "sha256": it.file.sha256,
            "size": it.file.size,
        }
        return self.put(receipt_stored(**(members | changes)), self.site.central)

    def link(self, manifest: Digest) -> Envelope:
        return self.put(self.case_link(manifest), self.site.central)

    def case_link(self, manifest: Digest) -> CaseLink:
        return CaseLink(
            case=CASE,
            number="118",
            recording=self.contents[manifest][0].recording,
            envelope=manifest,
            actor="li",
            reason="=the search",
            at=AT,
            nonce=NONCE,
        )

    def export(self, manifests: Iterable[Digest], **changes: Any) -> Envelope:
        members: dict[str, Any] = {
            "export": EXPORT,
            "case": CASE,
            "recordings": tuple(
                ExportedRecording(recording=self.contents[it][0].recording, envelope=it)
                for it in manifests
            ),
            "purpose": "court, 第118号",
            "actor": "li",
            "at": AT,
            "size": len(self.log),
            "nonce": NONCE,
        }
        return self.put(Export(**(members | changes)), self.site.central)

    def policy(self, stations: int = 0) -> TrustPolicy:
        public = PublicKey.from_spki(self.site.root.public)
        root = TrustedKey(public=public, role="root", name="root")
        return TrustPolicy(
            roots=(root,),
            logs=(self.site.verifier,),
            quorum=Quorum(stations=stations, outsiders=0),
        )

    def exhibits(self) -> list[Exhibit]:
        leaves = self.leaf_hashes()
        logged = [
            Exhibit(
                envelope=envelope,
                index=index,
                path=tuple(inclusion_path(index, len(leaves), leaves)),
            )
            for index, envelope in enumerate(self.log)
        ]
        return logged + [Exhibit(envelope=envelope) for envelope in self.unlogged]

    def leaf_hashes(self) -> list[Digest]:
        return [leaf_hash(leaf_data(envelope.digest)) for envelope in self.log]

    def build(self, without: Iterable[Digest] = ()) -> Package:
        left_out = set(without)
        exhibits = [it for it in self.exhibits() if it.envelope.digest not in left_out]
        checkpoint = self.site.checkpoint(self.leaf_hashes())
        return build(exhibits, checkpoint=checkpoint, leaves=self.leaves())

    def leaves(self) -> dict[str, tuple[Digest, ...]]:
        known = self.contents.values()
        return {it.recording: segments(it.recording, c).leaves for it, c in known}

    def pack(self, without: Iterable[Digest] = ()) -> dict[str, bytes]:
        """The package's files, footage placed."""
        package = self.build(without)
        by_name = {it.recording: content for it, content in self.contents.values()}
        footage = {file.path: by_name[file.recording] for file in package.footage}
        return dict(package.files) | footage


def honest(contents: Mapping[str, bytes] | None = None, *, looks: bool = True) -> Desk:
    """One docking, linked to a case, exported."""
    desk = Desk(looks=looks)
    desk.begin()
    manifests = desk.dock(contents or {"DCIM/100/a.mp4": b"footage", "DCIM/现场 1.mp4": b""})
    desk.put(acts()[0], desk.site.central)
    for manifest in manifests:
        desk.link(manifest)
    desk.export(manifests)
    return desk


def segments(name: str, content: bytes) -> Segments:
    hasher = SegmentHasher(name)
    hasher.update(content)
    return hasher.finish()


def envelope_recording(envelope: Envelope) -> Recording:
    predicate = Statement.parse(envelope.payload).predicate
    assert isinstance(predicate, Recording)
    return predicate


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """As a forger leaves it: every manifest computed anew over what is there."""
    payload = {n: Digest.of(d) for n, d in files.items() if n.startswith("data/")}
    made = files | {MANIFEST: format_manifest(payload)}
    tags = ("bagit.txt", "bag-info.txt", MANIFEST)
    made[TAG_MANIFEST] = format_manifest({n: Digest.of(made[n]) for n in tags if n in made})
    return made


def check(desk: Desk, files: Mapping[str, bytes]) -> Report:
    return verify_package(MemorySource(files), desk.policy())


def codes(report: Report) -> set[Code]:
    return {verdict.code for verdict in report.verdicts}


def named(files: Mapping[str, bytes], part: str) -> str:
    """The one file whose name has `part` in it."""
    (name,) = (name for name in files if part in name)
    return name


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
