/** One step for each version of the schema. */
export const RECORDS: readonly string[] = [
  `CREATE TABLE record (
     kind TEXT NOT NULL,
     id TEXT NOT NULL,
     payload TEXT NOT NULL,
     expires_at INTEGER,
     grant_id TEXT,
     "index" TEXT,
     consumed_at INTEGER,
     PRIMARY KEY (kind, id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX record_grant ON record (grant_id) WHERE grant_id IS NOT NULL;
   CREATE INDEX record_index ON record (kind, "index") WHERE "index" IS NOT NULL;
   CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
]

/**
 * `life` has one row. `live` counts the rows of `use`, `owner.live` those of one owner, kept by the
 * triggers; `nonce` has the owners who were given one; `swept` is the latest moment by whose clock anything was swept.
 */
export const REPLAY_MEMORY: readonly string[] = [
  `CREATE TABLE life (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     boot TEXT,
     generation TEXT NOT NULL,
     since INTEGER NOT NULL,
     swept INTEGER NOT NULL,
     live INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE TABLE owner (
     id INTEGER PRIMARY KEY,
     name BLOB NOT NULL UNIQUE,
     live INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE TABLE use (
     key BLOB PRIMARY KEY,
     owner INTEGER NOT NULL,
     ends INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX use_ends ON use (ends);
   CREATE TABLE nonce (
     owner BLOB PRIMARY KEY,
     until INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX nonce_until ON nonce (until);
   CREATE TRIGGER use_recorded AFTER INSERT ON use BEGIN
     UPDATE life SET live = live + 1;
     UPDATE owner SET live = live + 1 WHERE id = new.owner;
   END;
   CREATE TRIGGER use_over AFTER DELETE ON use BEGIN
     UPDATE life SET live = live - 1;
     UPDATE owner SET live = live - 1 WHERE id = old.owner;
     DELETE FROM owner WHERE id = old.owner AND live = 0;
   END;`,
]
