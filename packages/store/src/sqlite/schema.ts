/** One step for each version of the schema; a database of version n gets the steps after n. */
export const STEPS: readonly string[] = [
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
