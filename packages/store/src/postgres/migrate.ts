import type { ClientBase } from 'pg'
import { StoreError } from '../records.ts'
import { STEPS } from './schema.ts'

// 'hold' as a number: other programs of the same database choose other locks.
const LOCK = 0x68_6f_6c_64

/** Brings the schema up to date. Of nodes that start together one does it, and the others wait. */
export async function migrate(client: ClientBase, schema: string): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`)
    await client.query(`CREATE TABLE IF NOT EXISTS "${schema}".version (version integer NOT NULL)`)
    await client.query(`SET LOCAL search_path TO "${schema}"`)
    const { rows } = await client.query('SELECT max(version) AS version FROM version')
    const version = Number(rows[0]?.version ?? 0)
    if (version > STEPS.length)
      throw new StoreError(
        `PostgreSQL: schema ${version} is newer than this program's ${STEPS.length}`,
      )
    for (const step of STEPS.slice(version)) await client.query(step)
    if (version < STEPS.length)
      await client.query('INSERT INTO version VALUES ($1)', [STEPS.length])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined) // the first error is the one to tell
    throw error
  }
}

/**
 * @throws StoreError where a commit is acknowledged before it would survive a power cut, or the
 *   database has no room for every character
 */
export async function refuseUnfit(client: ClientBase): Promise<void> {
  const show = async (setting: string): Promise<unknown> =>
    (await client.query(`SHOW ${setting}`)).rows[0]?.[setting]
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'])
    if ((await show(setting)) === 'off') throw new StoreError(`PostgreSQL: ${setting} is off`)
  const encoding = await show('server_encoding')
  if (encoding !== 'UTF8')
    throw new StoreError(`PostgreSQL: server_encoding is ${String(encoding)}; it must be UTF8`)
}
