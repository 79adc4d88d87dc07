"""recording/v1: one sealed recording, bound to everything its station sealed before it."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.segments import SEGMENT_SIZE, recording_id, segment_count
from edge.evidence.statements.fields import (
    CameraPath,
    Hex32,
    Id,
    Natural,
    Positive,
    RawPath,
    Signed,
    Text,
    Word,
)
from edge.evidence.statements.forms import ChoiceForm, wrong
from edge.evidence.statements.predicate import (
    EPOCH,
    Agent,
    Predicate,
    StationLink,
    Subject,
)
from edge.evidence.statements.record import AtMost, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Times(Record):
    """Clocks side by side; none is ever corrected in place.

    `station` is the station's own clock, `error_ms` the bound its time service states,
    `camera` the camera's clock in the camera's own spelling, and
    `camera_minus_station_ms` the measured offset, positive where the camera is ahead.
    """

    station: Instant
    error_ms: Natural | None = None
    source: Annotated[str, ChoiceForm(("chrony", "system"))]
    camera: Text | None = None
    camera_minus_station_ms: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera(Record):
    """The camera as the station met it.

    `assigned`: whether the site's register knows this camera. `write_block`: what kept
    the station from writing to it: the kernel's read-only flag, the mount option, or
    nothing.
    """

    serial: Text | None = None
    fs_uuid: Text | None = None
    port: Text | None = None
    profile: Id
    write_block: Annotated[str, ChoiceForm(("kernel", "mount", "none"))]
    assigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts(Record):
    """The file's bytes; sizes in bytes, `segment_size` always 1,048,576 in v1."""

    size: Natural
    segment_size: Natural
    segment_count: Natural
    sha256: Digest
    segment_root: Digest
    chain_head: Digest

    def _coherent(self) -> None:
        if self.segment_size != SEGMENT_SIZE:
            raise wrong("FileFacts.segment_size", str(SEGMENT_SIZE), self.segment_size)
        count = segment_count(self.size)
        if self.segment_count != count:
            raise wrong("FileFacts.segment_count", str(count), self.segment_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSignature(Record):
    """The camera says that it signed this stream; recognised, not verified.

    `kind` is the scheme (``onvif-media-signing``), `messages` how many of its messages there are.
    """

    kind: Word
    stream: Natural
    messages: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Record):
    """Where the file came from.

    `path_raw` is there only when the name is not UTF-8; `path` is then a readable
    replacement. `inventory` is the digest of the envelope of the inventory part that
    lists the file. `officer_claim` and `name_time` are what the file's name says.
    """

    camera: Camera
    docking: Hex32
    bay: Id
    path: CameraPath
    path_raw: RawPath | None = None
    mtime: Instant | None = None
    inventory: Digest
    inventory_root: Digest
    officer_claim: Text | None = None
    important: bool
    name_time: Text | None = None
    camera_signature: CameraSignature | None = None

    @property
    def path_bytes(self) -> bytes:
        """The path as it is on the camera."""
        return path_bytes(self.path, self.path_raw)

    def _coherent(self) -> None:
        refuse_needless_raw("Source.path_raw", self.path_raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Record):
    """One stream of the file, as the media tool reads it.

    `rate` is frames per second as a fraction ("30000/1001") for video, samples per
    second for sound; text, because evidence holds no floats. Sizes in pixels.
    """

    kind: Word
    codec: Text
    width: Natural | None = None
    height: Natural | None = None
    rate: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTree(Record):
    """One stream's packets, in order; see `media_tree` for what is hashed how.

    `index` is the stream's place in the file, `setup` the digest of its decoder set-up.
    """

    index: Natural
    packets: Natural
    root: Digest
    times: Digest
    setup: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTree(Record):
    """The packets of all pictures and sound, so that a stream-copied part can be recognised."""

    algorithm: Word
    streams: Annotated[tuple[PacketTree, ...], AtMost(64)]

    def _coherent(self) -> None:
        indices = [stream.index for stream in self.streams]
        if indices != sorted(set(indices)):
            raise wrong("MediaTree.streams", "each stream once, in order", indices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(Record):
    """What a media tool made of the file; `problem` says why it is not playable."""

    playable: bool
    problem: Text | None = None
    container: Text | None = None
    duration_ms: Natural | None = None
    streams: Annotated[tuple[Stream, ...], AtMost(64)]
    tree: MediaTree | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCheckpoint(Record):
    """The last checkpoint of the log that this station verified."""

    origin: Text
    size: Natural
    root: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording(Predicate):
    """One sealed recording. `flags` are sorted and unique."""

    TYPE: ClassVar[str] = "recording/v1"

    station: StationLink
    recording: Hex32
    file: FileFacts
    source: Source
    media: Media
    time: Times
    checkpoint: SeenCheckpoint | None = None
    flags: Annotated[tuple[Word, ...], AtMost(32)]
    agent: Agent

    def subject(self, wire: Any) -> Subject:  # noqa: ANN401, ARG002 - see Predicate
        return Subject(name=self.recording, digest=self.file.sha256)

    def roles(self) -> frozenset[str]:
        return frozenset({EPOCH})

    def chained(self) -> StationLink:
        return self.station

    def _coherent(self) -> None:
        if list(self.flags) != sorted(set(self.flags)):
            raise wrong("Recording.flags", "sorted words, each once", self.flags)
        name = recording_id(self.source.inventory, self.source.path_bytes)
        if self.recording != name:
            raise wrong("Recording.recording", name, self.recording)


def path_bytes(path: str, raw: bytes | None) -> bytes:
    """A path as it is on the camera: the raw bytes where there are any, else UTF-8."""
    return path.encode("utf-8") if raw is None else raw


def refuse_needless_raw(where: str, raw: bytes | None) -> None:
    """Raw bytes are for names that are not UTF-8, so that a name has one spelling."""
    if raw is None:
        return
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return
    raise wrong(where, "bytes that are not UTF-8", raw)
