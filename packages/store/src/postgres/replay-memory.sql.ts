/**
 * The tables are not logged: a put writes no WAL and waits for no disk, and after a crash of the
 * server, on a promoted standby and in a restored backup they are empty, all of them at once. So the
 * row of `replay_life` is a sentinel: where it is missing, or names another start of the server than
 * the present one, uses may be gone, and a generation begins.
 *
 * `live` counts the uses of one owner or of all. Rows are locked in the order use, owner, life, and
 * one session sweeps at a time: nobody waits in a circle.
 */
export const REPLAY_MEMORY = `
CREATE UNLOGGED TABLE replay_life (
  one boolean PRIMARY KEY CHECK (one),
  start text NOT NULL,
  generation text NOT NULL,
  since bigint NOT NULL,
  swept bigint NOT NULL,
  live bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
CREATE UNLOGGED TABLE replay_owner (name bytea PRIMARY KEY, live bigint NOT NULL);
CREATE UNLOGGED TABLE replay_use (
  key bytea PRIMARY KEY, owner bytea NOT NULL, ends bigint NOT NULL
);
CREATE INDEX replay_use_ends ON replay_use (ends);
CREATE UNLOGGED TABLE replay_nonce (owner bytea PRIMARY KEY, until bigint NOT NULL);

CREATE FUNCTION replay_time(given bigint) RETURNS bigint LANGUAGE sql AS $$
  SELECT coalesce(given, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
$$;

-- The present life. A clock that has stepped back behind what was swept begins another one, too.
CREATE FUNCTION replay_look(now bigint, margin bigint, candidate text) RETURNS replay_life
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  present replay_life;
  this_start text := extract(epoch FROM pg_postmaster_start_time())::text;
BEGIN
  SELECT * INTO present FROM replay_life;
  IF present.start = this_start AND now >= present.swept - 1000 THEN RETURN present; END IF;
  INSERT INTO replay_life AS old VALUES (true, this_start, candidate, now + margin, now)
    ON CONFLICT (one) DO UPDATE SET start = excluded.start, generation = excluded.generation,
      since = greatest(excluded.since, old.swept), swept = excluded.swept
    WHERE old.start <> excluded.start OR excluded.swept < old.swept - 1000;
  SELECT * INTO present FROM replay_life;
  RETURN present;
END $$;

CREATE FUNCTION replay_put(
  use bytea, its_owner bytea, till bigint, judged_by text, node_time bigint,
  given bigint, margin bigint, candidate text, most bigint, most_of_owner bigint,
  without_nonce boolean,
  OUT outcome text, OUT generation text, OUT since bigint, OUT now bigint
) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  present replay_life;
  will_end bigint;
  end_before bigint;
BEGIN
  now := replay_time(given);
  present := replay_look(now, margin, candidate);
  generation := present.generation;
  since := present.since;
  IF judged_by <> present.generation THEN outcome := 'new-generation'; RETURN; END IF;
  -- Until neither the server's clock nor the caller's says that it is over.
  will_end := replay_put.now + greatest(till - replay_put.now, till - node_time, 0) + margin;
  SELECT ends INTO end_before FROM replay_use WHERE key = use;
  IF end_before >= replay_put.now THEN outcome := 'seen'; RETURN; END IF;
  -- A nonce is over when the clock of the node that judges it says so.
  IF without_nonce AND node_time < (SELECT until FROM replay_nonce WHERE owner = its_owner) THEN
    outcome := 'nonce-left-out';
    RETURN;
  END IF;
  IF end_before IS NOT NULL THEN
    UPDATE replay_use SET ends = will_end WHERE key = use AND ends < replay_put.now;
    outcome := CASE WHEN FOUND THEN 'recorded' ELSE 'seen' END;
    RETURN;
  END IF;
  IF present.live >= most THEN outcome := 'full'; RETURN; END IF;
  IF (SELECT live FROM replay_owner WHERE name = its_owner) >= most_of_owner THEN
    outcome := 'over-quota';
    RETURN;
  END IF;
  INSERT INTO replay_use VALUES (use, its_owner, will_end) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN outcome := 'seen'; RETURN; END IF;
  INSERT INTO replay_owner AS old VALUES (its_owner, 1)
    ON CONFLICT (name) DO UPDATE SET live = old.live + 1;
  UPDATE replay_life SET live = live + 1;
  outcome := 'recorded';
END $$;

CREATE FUNCTION replay_sweep(given bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  now bigint := replay_time(given);
  total bigint := 0;
  gone record;
BEGIN
  PERFORM pg_advisory_xact_lock('replay_use'::regclass::oid::bigint);
  FOR gone IN
    WITH ended AS (
      DELETE FROM replay_use WHERE key IN
        (SELECT key FROM replay_use WHERE ends < now LIMIT 10000 FOR UPDATE SKIP LOCKED)
      RETURNING owner
    ) SELECT owner, count(*) AS uses FROM ended GROUP BY owner
  LOOP
    UPDATE replay_owner SET live = live - gone.uses WHERE name = gone.owner;
    DELETE FROM replay_owner WHERE name = gone.owner AND live <= 0;
    total := total + gone.uses;
  END LOOP;
  IF total > 0 THEN
    UPDATE replay_life SET live = live - total, swept = greatest(swept, now);
  END IF;
  DELETE FROM replay_nonce WHERE until < now - 60000;
  RETURN total;
END $$;
`
