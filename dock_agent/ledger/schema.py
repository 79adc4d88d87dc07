"""The ledger's tables, and the guard rails that are checked at every start.

`statements`, `receipts` and `checkpoints` are facts: triggers refuse a change, a removal
and a replacement. The other tables say how far the work is, and move. Triggers are a
guard rail against mistakes; the proof is in the signed envelopes themselves.
"""

FORMAT = 1

TABLES = """
CREATE TABLE IF NOT EXISTS statements (
  seq INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  prev TEXT NOT NULL,
  type TEXT NOT NULL,
  docking TEXT,
  recording TEXT,
  sealed TEXT NOT NULL,
  envelope BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS statements_recording
  ON statements (recording) WHERE recording IS NOT NULL;

CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY REFERENCES statements (seq),
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'logged', 'refused')),
  code TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  changed TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_state ON outbox (state, seq);

CREATE TABLE IF NOT EXISTS receipts (
  digest TEXT PRIMARY KEY,
  envelope TEXT NOT NULL REFERENCES statements (digest),
  kind TEXT NOT NULL CHECK (kind IN ('logged', 'stored')),
  log_index INTEGER,
  verified TEXT NOT NULL,
  raw BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS receipts_envelope ON receipts (envelope, kind);
CREATE INDEX IF NOT EXISTS receipts_index ON receipts (log_index);

CREATE TABLE IF NOT EXISTS checkpoints (
  origin TEXT NOT NULL,
  size INTEGER NOT NULL,
  root TEXT NOT NULL,
  text TEXT NOT NULL,
  verified TEXT NOT NULL,
  PRIMARY KEY (origin, size)
) STRICT;

CREATE TABLE IF NOT EXISTS dockings (
  docking TEXT PRIMARY KEY,
  bay TEXT NOT NULL,
  camera_key TEXT NOT NULL,
  camera TEXT NOT NULL,
  started TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
  inventory TEXT,
  inventory_root TEXT,
  outcome TEXT,
  finished TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS files (
  id INTEGER PRIMARY KEY,
  docking TEXT NOT NULL REFERENCES dockings (docking),
  camera_key TEXT NOT NULL,
  path BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns TEXT NOT NULL,
  important INTEGER NOT NULL,
  claims TEXT NOT NULL,
  inventory TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state IN ('listed', 'copied', 'sealed', 'logged', 'stored', 'known', 'failed')
  ),
  recording TEXT NOT NULL,
  sha256 TEXT,
  copy TEXT,
  code TEXT,
  expected TEXT,
  found TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  UNIQUE (docking, path)
) STRICT;
CREATE INDEX IF NOT EXISTS files_recording ON files (recording);
CREATE INDEX IF NOT EXISTS files_known ON files (camera_key, path, sha256);
CREATE INDEX IF NOT EXISTS files_state ON files (state, id);

CREATE TABLE IF NOT EXISTS uploads (
  recording TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused')),
  code TEXT,
  restarts INTEGER NOT NULL DEFAULT 0,
  changed TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS problems (
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  code TEXT NOT NULL,
  bay TEXT,
  docking TEXT,
  path TEXT,
  recording TEXT,
  seq INTEGER,
  expected TEXT NOT NULL,
  found TEXT NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  times INTEGER NOT NULL,
  cleared TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS problems_open ON problems (subject, code, cleared);
"""

_SAME = {
    "statements": "EXISTS (SELECT 1 FROM statements WHERE seq = NEW.seq OR digest = NEW.digest)",
    "receipts": "EXISTS (SELECT 1 FROM receipts WHERE digest = NEW.digest)",
    "checkpoints": "EXISTS (SELECT 1 FROM checkpoints"
    " WHERE origin = NEW.origin AND size = NEW.size)",
}


def triggers() -> dict[str, str]:
    """Name each guard rail and the SQL that makes it."""
    made: dict[str, str] = {}
    for table, same in _SAME.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} only grow'); END"
        made |= {
            f"{table}_no_update": f"BEFORE UPDATE ON {table} {refuse}",
            f"{table}_no_removal": f"BEFORE DELETE ON {table} {refuse}",
            f"{table}_no_replace": f"BEFORE INSERT ON {table} WHEN {same} {refuse}",
        }
    return made
