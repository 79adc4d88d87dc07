"""The tables of evidence: an index of the log, append-only, derived from it row by row.

Every row comes from one leaf and carries its index as primary key, so that the whole can be
rebuilt from the group files and compared. Nothing here is ever updated or deleted
(`central.store.guards`); what changes is a new leaf, and a state such as *stored* or
*linked* is a join. Tables that are not evidence are in `central.store.operational`.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from central.store.types import DigestText, InstantText, JsonText

metadata = MetaData()


def _leaf() -> Column[int]:
    """Each row's primary key: the index of the leaf that it was read from."""
    return Column("idx", Integer, primary_key=True, autoincrement=False)


envelopes = Table(
    "envelopes",
    metadata,
    _leaf(),
    Column("digest", DigestText, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("received", InstantText, nullable=False),
    Column("station", Text),  # whose topic it came by; NULL for central's own
    Column("raw", LargeBinary, nullable=False),
    Index("envelopes_by_type", "type", "idx"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", DigestText, nullable=False),
    Column("text", Text, nullable=False),
)

key_events = Table(
    "key_events",
    metadata,
    _leaf(),
    Column("action", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("keyid", DigestText, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("boot", Text),
    Column("at", InstantText, nullable=False),
    Index("key_events_by_name", "role", "name"),
)

chain = Table(
    "chain",
    metadata,
    _leaf(),
    Column("station", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("prev", DigestText, nullable=False),
    Column("digest", DigestText, nullable=False),
    UniqueConstraint("station", "seq"),
)

recordings = Table(
    "recordings",
    metadata,
    _leaf(),
    Column("id", Text, nullable=False, unique=True),
    Column("envelope", DigestText, nullable=False, unique=True),
    Column("sha256", DigestText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("camera", Text, nullable=False),
    Column("officer", Text),
    Column("station", Text, nullable=False),
    Column("bay", Text, nullable=False),
    Column("docking", Text, nullable=False),
    Column("inventory", DigestText, nullable=False),
    Column("station_time", InstantText, nullable=False),
    Column("camera_time", Text),  # a claim, in the camera's own words
    Column("mtime", InstantText),
    Column("duration_ms", Integer),
    Column("playable", Boolean, nullable=False),
    Column("important", Boolean, nullable=False),
    Column("flags", JsonText, nullable=False),  # as the station signed them
    Column("observed", JsonText, nullable=False),  # what central adds: "clock-ahead"
    Column("received", InstantText, nullable=False),
    Index("recordings_by_sha256", "sha256"),
    Index("recordings_by_station", "station", "idx"),
    Index("recordings_by_camera", "camera", "idx"),
    Index("recordings_by_docking", "docking"),
)

# A second manifest for a recording that is indexed already: kept, shown, never a second row.
repeats = Table(
    "repeats",
    metadata,
    _leaf(),
    Column("recording", Text, nullable=False),
    Column("envelope", DigestText, nullable=False),
    Column("sha256", DigestText, nullable=False),
    Index("repeats_by_recording", "recording"),
)

inventories = Table(
    "inventories",
    metadata,
    _leaf(),
    Column("envelope", DigestText, nullable=False),
    Column("docking", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("bay", Text, nullable=False),
    Column("camera", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("root", DigestText, nullable=False),
    Column("station_time", InstantText, nullable=False),
    Index("inventories_by_docking", "docking"),
)

dockings = Table(
    "dockings",
    metadata,
    _leaf(),
    Column("envelope", DigestText, nullable=False),
    Column("docking", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("bay", Text, nullable=False),
    Column("camera", Text, nullable=False),
    Column("started", InstantText, nullable=False),
    Column("finished", InstantText, nullable=False),
    Column("files", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("known", JsonText, nullable=False),
    Column("problems", JsonText, nullable=False),
    Column("outcome", Text, nullable=False),
    Index("dockings_by_docking", "docking"),
)

stored = Table(
    "stored",
    metadata,
    _leaf(),
    Column("recording", Text, nullable=False),
    Column("envelope", DigestText, nullable=False),  # the manifest's
    Column("receipt", DigestText, nullable=False),  # this statement's own
    Column("sha256", DigestText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("replicas", JsonText, nullable=False),
    Column("at", InstantText, nullable=False),
    Index("stored_by_recording", "recording"),
    Index("stored_by_sha256", "sha256"),
)

cases = Table(
    "cases",
    metadata,
    _leaf(),
    Column("id", Text, nullable=False),
    Column("envelope", DigestText, nullable=False),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", InstantText, nullable=False),
    Index("cases_by_id", "id"),
    Index("cases_by_number", "number"),
)

case_links = Table(
    "case_links",
    metadata,
    _leaf(),
    Column("link", DigestText, nullable=False, unique=True),  # this statement's envelope
    Column("case_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("recording", Text, nullable=False),
    Column("envelope", DigestText, nullable=False),  # the manifest's
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", InstantText, nullable=False),
    Index("case_links_by_case", "case_id"),
    Index("case_links_by_recording", "recording"),
)

case_unlinks = Table(
    "case_unlinks",
    metadata,
    _leaf(),
    Column("link", DigestText, nullable=False),  # the link that this one ends
    Column("case_id", Text, nullable=False),
    Column("recording", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", InstantText, nullable=False),
    Index("case_unlinks_by_link", "link"),
)

access = Table(
    "access",
    metadata,
    _leaf(),
    Column("act", Text, nullable=False),
    Column("target", Text),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("at", InstantText, nullable=False),
    Index("access_by_target", "target"),
)

exports = Table(
    "exports",
    metadata,
    _leaf(),
    Column("id", Text, nullable=False),
    Column("envelope", DigestText, nullable=False),
    Column("case_id", Text),
    Column("recordings", JsonText, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", InstantText, nullable=False),
    Column("size", Integer, nullable=False),
    Index("exports_by_id", "id"),
)

DERIVED = (
    envelopes,
    key_events,
    chain,
    recordings,
    repeats,
    inventories,
    dockings,
    stored,
    cases,
    case_links,
    case_unlinks,
    access,
    exports,
)
"""Rebuilt from the group files alone, and compared with them by `central fsck`."""
