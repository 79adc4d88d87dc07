"""What a station or central says: an in-toto Statement v1 with one of our predicates.

Source: in-toto Statement v1 (subject, predicateType, predicate). A statement has one
subject, which follows from its predicate. Members that this version does not know are
ignored, unless `crit` in the predicate names them. Says nothing about who signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import CritUnknownError, EncodingError, TypeUnknownError
from edge.evidence.statements.cases import (
    Access,
    Case,
    CaseLink,
    CaseUnlink,
    Export,
    ExportedRecording,
)
from edge.evidence.statements.docking import (
    INVENTORY_PART,
    Disk,
    Docking,
    DockingProblem,
    Heartbeat,
    Inventory,
    InventoryEntry,
    KnownFile,
    inventory_root,
)
from edge.evidence.statements.forms import wrong
from edge.evidence.statements.key_event import KeyEvent, KeyFacts
from edge.evidence.statements.predicate import (
    CENTRAL,
    EPOCH,
    NO_PREVIOUS,
    ROLES,
    ROOT,
    STATION,
    Agent,
    Predicate,
    StationLink,
    Subject,
)
from edge.evidence.statements.receipts import ReceiptLogged, ReceiptStored, Replica
from edge.evidence.statements.record import members_of
from edge.evidence.statements.recording import (
    Camera,
    CameraSignature,
    FileFacts,
    Media,
    MediaTree,
    PacketTree,
    Recording,
    SeenCheckpoint,
    Source,
    Stream,
    Times,
)

__all__ = [
    "CENTRAL",
    "EPOCH",
    "INVENTORY_PART",
    "NO_PREVIOUS",
    "PAYLOAD_TYPE",
    "ROLES",
    "ROOT",
    "STATION",
    "TYPES",
    "Access",
    "Agent",
    "Camera",
    "CameraSignature",
    "Case",
    "CaseLink",
    "CaseUnlink",
    "Disk",
    "Docking",
    "DockingProblem",
    "Export",
    "ExportedRecording",
    "FileFacts",
    "Heartbeat",
    "Inventory",
    "InventoryEntry",
    "KeyEvent",
    "KeyFacts",
    "KnownFile",
    "Media",
    "MediaTree",
    "PacketTree",
    "Predicate",
    "ReceiptLogged",
    "ReceiptStored",
    "Recording",
    "Replica",
    "SeenCheckpoint",
    "Source",
    "Statement",
    "StationLink",
    "Stream",
    "Subject",
    "Times",
    "inventory_root",
]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
TYPE_PREFIX = "urn:liuhen:"

TYPES: Mapping[str, type[Predicate]] = {
    kind.TYPE: kind
    for kind in (
        Recording,
        Inventory,
        Docking,
        KeyEvent,
        Heartbeat,
        ReceiptLogged,
        ReceiptStored,
        Case,
        CaseLink,
        CaseUnlink,
        Access,
        Export,
    )
}
_MOST_CRITICAL = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; make it with `Statement.about(predicate)`.

    `type` is the name without its prefix, as in "recording/v1".
    """

    type: str
    subjects: tuple[Subject, ...]
    predicate: Predicate

    def __post_init__(self) -> None:
        if self.type != self.predicate.TYPE:
            raise wrong("Statement.type", self.predicate.TYPE, self.type)

    @classmethod
    def about(cls, predicate: Predicate) -> Self:
        """The statement of `predicate`, with the subject that its type prescribes."""
        subject = predicate.subject(predicate.to_wire())
        return cls(type=predicate.TYPE, subjects=(subject,), predicate=predicate)

    @property
    def link(self) -> StationLink | None:
        """The place in a station's chain; None for statements outside every chain."""
        return self.predicate.chained()

    def to_bytes(self) -> bytes:
        """The canonical payload (RFC 8785).

        Raises FieldError where the subject does not follow from the predicate: for one
        made by hand, or read with members that this version would lose.
        """
        body = self.predicate.to_wire()
        _same_subject(self.subjects, self.predicate, body)
        return encode(
            {
                "_type": STATEMENT_TYPE,
                "subject": [
                    {"name": s.name, "digest": {"sha256": str(s.digest)}} for s in self.subjects
                ],
                "predicateType": TYPE_PREFIX + self.type,
                "predicate": body,
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a payload of at most 1 MiB.

        Raises EncodingError, TypeUnknownError, CritUnknownError, FieldError.
        """
        wire = decode(payload)
        if wire.get("_type") != STATEMENT_TYPE:
            raise TypeUnknownError("_type", expected=STATEMENT_TYPE, found=repr(wire.get("_type")))
        kind = _kind(wire.get("predicateType"))
        body = wire.get("predicate")
        if type(body) is not dict:
            raise wrong(f"{kind.TYPE} predicate", "an object", body)
        _refuse_unknown_critical(body, kind)
        predicate = kind.from_wire(body, kind.TYPE)
        subjects = _subjects(wire.get("subject"))
        _same_subject(subjects, predicate, body)
        return cls(type=kind.TYPE, subjects=subjects, predicate=predicate)


def _kind(found: object) -> type[Predicate]:
    name = found.removeprefix(TYPE_PREFIX) if isinstance(found, str) else ""
    if name not in TYPES or found != TYPE_PREFIX + name:
        raise TypeUnknownError(
            "predicateType", expected="a type of this version", found=repr(found)
        )
    return TYPES[name]


def _refuse_unknown_critical(body: Mapping[str, Any], kind: type[Predicate]) -> None:
    if "crit" not in body:
        return
    crit = body["crit"]
    if type(crit) is not list or not 0 < len(crit) <= _MOST_CRITICAL:
        raise wrong(f"{kind.TYPE}.crit", f"1 to {_MOST_CRITICAL} names", crit)
    known = {member.name for member in members_of(kind)}
    for name in crit:
        if type(name) is not str or name not in known:
            raise CritUnknownError(
                f"{kind.TYPE}.crit", expected="members known here", found=repr(name)
            )


def _subjects(raw: object) -> tuple[Subject, ...]:
    if type(raw) is not list or len(raw) != 1:
        raise wrong("subject", "a list of one", raw)
    (entry,) = raw
    try:
        return (Subject(name=entry["name"], digest=Digest.parse(entry["digest"]["sha256"])),)
    except (KeyError, TypeError, EncodingError) as bad:
        raise wrong("subject", "name and digest.sha256", entry) from bad


def _same_subject(
    subjects: tuple[Subject, ...], predicate: Predicate, wire: Mapping[str, Any]
) -> None:
    expected = predicate.subject(wire)
    if subjects != (expected,):
        found = ", ".join(f"{s.name} {s.digest}" for s in subjects)
        raise wrong("subject", f"{expected.name} {expected.digest}", found)
