"""What goes in and out of the API. Unknown members and parameters are refused, not ignored."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Words = Annotated[str, Field(min_length=1, max_length=500)]
_RecordingId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["5f" * 16])]
_CaseId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", examples=["9a" * 6])]
_Digest = Annotated[str, Field(description="SHA-256, 64 hex digits")]
_Time = Annotated[str, Field(description="UTC", examples=["2026-11-23T08:30:15.123Z"])]


class Strict(BaseModel):
    """Base of what comes in."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(BaseModel):
    """No parameters."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Strict):
    user: Annotated[str, Field(max_length=256)]
    password: Annotated[str, Field(max_length=1024)]


class SignedIn(BaseModel):
    user: str
    role: str
    csrf: Annotated[str, Field(description="send as X-CSRF-Token with every POST")]


class Paging(BaseModel):
    """Keyset paging: `after` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int | None, Field(ge=0, description="the `next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class RecordingQuery(Paging):
    station: _Name | None = None
    camera: Annotated[str, Field(max_length=1024)] | None = None
    case: Annotated[str, Field(max_length=500, description="id or number")] | None = None
    linked: bool | None = None
    state: Literal["logged", "stored"] | None = None
    q: Annotated[str, Field(max_length=500, description="words that all have to occur")] | None = (
        None
    )


class FootageQuery(Nothing):
    download: Annotated[bool, Field(description="send as an attachment")] = False


class CaseQuery(Paging):
    q: Annotated[str, Field(max_length=500)] | None = None


class CaseNameOut(BaseModel):
    id: str
    number: str


class ReplicaOut(BaseModel):
    vault: str
    kind: str
    retain_until: _Time
    read_back: _Time


class WitnessedOut(BaseModel):
    """Who vouches for the log over a leaf; `met` is the trust policy's quorum."""

    met: bool
    witnesses: Annotated[int, Field(description="that cosigned one checkpoint over it")]
    known: Annotated[int, Field(description="that the policy names")]
    size: Annotated[int, Field(description="of that checkpoint, in leaves; 0 where none")]


class RecordingOut(BaseModel):
    """One recording. Three clocks stand side by side; none is corrected."""

    id: str
    envelope: Annotated[str, Field(description="digest of the signed manifest")]
    index: Annotated[int, Field(description="leaf in the log")]
    sha256: _Digest
    size: int
    name: str
    path: Annotated[str, Field(description="on the camera")]
    camera: str
    officer: str | None = None
    station: str
    bay: str
    docking: str
    station_time: _Time
    camera_time: Annotated[str | None, Field(description="as the camera says it")] = None
    mtime: _Time | None = None
    duration_ms: int | None = None
    playable: bool
    important: bool
    flags: list[str]
    state: Literal["logged", "stored"]
    cases: list[CaseNameOut]
    replicas: list[ReplicaOut]
    received: _Time
    stored: _Time | None = None
    witnessed: WitnessedOut


class FactOut(BaseModel):
    """One leaf that concerns a recording."""

    index: int
    envelope: str
    act: str
    at: _Time
    received: _Time
    actor: str
    about: str | None = None
    reason: str | None = None


class RecordingDetailOut(RecordingOut):
    history: list[FactOut]


class RecordingPage(BaseModel):
    items: list[RecordingOut]
    next: int | None = None


class NewCase(Strict):
    number: Annotated[_Words, Field(examples=["陵市监罚〔2026〕12号"])]
    title: _Words


class CaseOut(BaseModel):
    id: str
    index: int
    envelope: str
    number: str
    title: str
    actor: str
    at: _Time
    recordings: Annotated[int, Field(description="linked now")]


class CasePage(BaseModel):
    items: list[CaseOut]
    next: int | None = None


class ExportOut(BaseModel):
    id: str
    index: int
    envelope: str
    case: str | None = None
    recordings: list[str]
    purpose: str
    actor: str
    at: _Time
    size: Annotated[int, Field(description="log size that the package tells up to")]


class CaseDetailOut(BaseModel):
    id: str
    index: int
    envelope: str
    number: str
    title: str
    actor: str
    at: _Time
    recordings: list[RecordingOut]
    exports: list[ExportOut]


class LinkWords(Strict):
    recording: _RecordingId
    reason: _Words


class NewExport(Strict):
    """Either a case, or recordings."""

    case: _CaseId | None = None
    recordings: Annotated[list[_RecordingId], Field(min_length=1, max_length=4096)] | None = None
    purpose: _Words


class StationOut(BaseModel):
    id: str
    enrolled: _Time
    heard: _Time | None = None
    clock_offset_ms: Annotated[int | None, Field(description="station minus central")] = None
    outbox: int | None = None
    disk_total: int | None = None
    disk_free: int | None = None
    version: str | None = None
    logged_seq: int | None = None
    recordings: int
    refused: int


class RefusalOut(BaseModel):
    kind: str
    sha256: str
    size: int
    station: str
    code: str
    expected: str
    found: str
    recording: str | None = None
    received: _Time


class StationList(BaseModel):
    items: list[StationOut]


class RefusalList(BaseModel):
    items: list[RefusalOut]


class Health(BaseModel):
    status: Literal["ok"]
    site: str
    leaves: int
    witnessed: Annotated[int, Field(description="leaves that the quorum vouches for")]
