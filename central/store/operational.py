"""Tables that are not an index of the log: what is refused, what is on its way, accounts.

`quarantine` is guarded like evidence, because it is the only trace of what was refused, and
`cosignatures`, because witnesses do not sign an older state of the log again.
The others are working state that moves; losing them loses no evidence.
"""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from central.store.schema import metadata
from central.store.types import DigestText, InstantText, JsonText

quarantine = Table(
    "quarantine",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # envelope | upload
    Column("sha256", DigestText, nullable=False),  # of the bytes; names the file kept
    Column("size", Integer, nullable=False),
    Column("station", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("recording", Text),
    Column("received", InstantText, nullable=False),
    Unique("sha256", "station", "code"),
    Index("quarantine_by_station", "station"),
)

# One row per station, kind and envelope: answering again sets `sent` back to NULL.
outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station", Text, nullable=False),
    Column("kind", Text, nullable=False),  # logged | stored | problem
    Column("envelope", DigestText, nullable=False),  # what it answers
    Column("payload", LargeBinary, nullable=False),  # emptied once sent
    Column("version", Integer, nullable=False),  # counts up with each new answer
    Column("queued", InstantText, nullable=False),
    Column("sent", InstantText),
    Unique("station", "kind", "envelope"),
    Index("outgoing_unsent", "sent", "id"),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),  # of the checkpoint
    Column("witness", Text, primary_key=True),
    Column("lines", Text, nullable=False),  # as in a signed note
    Column("received", InstantText, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("station", Text, primary_key=True),
    Column("boot", Text, nullable=False),
    Column("at", InstantText, nullable=False),  # the station's clock
    Column("received", InstantText, nullable=False),  # central's
    Column("last_seq", Integer, nullable=False),
    Column("outbox", Integer, nullable=False),
    Column("disk_total", Integer, nullable=False),
    Column("disk_free", Integer, nullable=False),
    Column("version", Text, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station", Text, nullable=False),
    Column("recording", Text, nullable=False),
    Column("envelope", DigestText, nullable=False),
    Column("sha256", DigestText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created", InstantText, nullable=False),
    Column("state", Text, nullable=False),  # open | stored | refused
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2id, encoded
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created", InstantText, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sha256", DigestText, nullable=False, unique=True),  # never the token
    Column("user", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", InstantText, nullable=False),
    Column("expires", InstantText),
    Column("revoked", InstantText),
)

# One station may enrol itself with it, once; asking again with the same keys is the same time.
invitations = Table(
    "invitations",
    metadata,
    Column("sha256", DigestText, primary_key=True),  # never the token
    Column("station", Text, nullable=False),
    Column("created", InstantText, nullable=False),
    Column("expires", InstantText, nullable=False),
    Column("request", DigestText),  # what it was used for
)

sessions = Table(
    "sessions",
    metadata,
    Column("sha256", DigestText, primary_key=True),  # of the cookie; never the cookie
    Column("user", Text, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created", InstantText, nullable=False),
    Column("seen", InstantText, nullable=False),
    Column("ended", InstantText),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JsonText, nullable=False),
)
