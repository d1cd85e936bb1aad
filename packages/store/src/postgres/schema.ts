import { REPLAY_MEMORY } from './replay-memory.sql.ts'

/**
 * One step for each version of the schema; a database of version n gets the steps after n. Every
 * name is relative to the schema that `search_path` puts first. Texts from outside are `escape`d.
 */
export const STEPS: readonly string[] = [
  `CREATE TABLE record (
     kind text NOT NULL,
     id text NOT NULL,
     payload text NOT NULL,
     expires_at bigint,
     grant_id text,
     "index" text,
     consumed_at bigint,
     PRIMARY KEY (kind, id)
   );
   CREATE INDEX record_grant ON record (grant_id) WHERE grant_id IS NOT NULL;
   CREATE INDEX record_index ON record (kind, "index") WHERE "index" IS NOT NULL;
   CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL);`,
  REPLAY_MEMORY,
]
