/** The statements, each atomic by itself. `time` is the test's clock or else the database's. */
export function statements(schema: string) {
  const record = `"${schema}".record`
  const time = (parameter: number): string =>
    `coalesce($${parameter}::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)`
  const readable = (first: number): string =>
    `(expires_at IS NULL OR expires_at > ${time(first)} - $${first + 1}::bigint)`
  const all = 'kind, id, payload, consumed_at'
  const insert = `INSERT INTO ${record} AS old (kind, id, payload, expires_at, grant_id, "index")
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, id) DO UPDATE SET
    payload = excluded.payload, expires_at = excluded.expires_at, grant_id = excluded.grant_id,
    "index" = excluded."index", consumed_at = NULL`
  return {
    upsert: insert,
    add: `${insert} WHERE old.expires_at <= ${time(7)} - $8::bigint`,
    find: `SELECT ${all} FROM ${record} WHERE kind = $1 AND id = $2 AND ${readable(3)}`,
    findByIndex: `SELECT ${all} FROM ${record} WHERE kind = $1 AND "index" = $2 AND ${readable(3)}`,
    list: `SELECT ${all} FROM ${record} WHERE kind = $1 AND ${readable(2)} ORDER BY id`,
    consume: `UPDATE ${record} SET consumed_at = ${time(3)}
      WHERE kind = $1 AND id = $2 AND consumed_at IS NULL AND ${readable(3)}`,
    remove: `DELETE FROM ${record} WHERE kind = $1 AND id = $2`,
    listGrant: `SELECT ${all} FROM ${record} WHERE grant_id = $1 AND ${readable(2)}`,
    revokeGrant: `DELETE FROM ${record} WHERE grant_id = $1`,
    increment: `INSERT INTO "${schema}".counter AS old VALUES ($1, 1)
      ON CONFLICT (name) DO UPDATE SET value = old.value + 1 RETURNING value`,
    sweep: `DELETE FROM ${record} WHERE (kind, id) IN (SELECT kind, id FROM ${record}
      WHERE expires_at <= ${time(1)} - $2::bigint LIMIT 10000 FOR UPDATE SKIP LOCKED)`,
  }
}
