import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { GRACE, type NewRecord, type Records, type StoredRecord } from '../records.ts'
import { namingFile, type OpenDatabase, openDatabase } from './database.ts'
import { GroupedCommit } from './grouped-commit.ts'
import { RECORDS } from './schema.ts'
import { storedRecord } from '../stored.ts'

/**
 * Records in one file. Every write is durable before it is acknowledged (WAL, synchronous FULL), and
 * writes of one turn of the event loop share the wait for the disk; several processes may open the
 * same file, and their writes wait up to 5 s for each other's.
 */
export class RecordsInSqlite implements Records {
  readonly #file: OpenDatabase
  readonly #now: () => number
  readonly #statements: ReturnType<typeof prepare>
  readonly #commit: GroupedCommit

  /** @throws StoreError where the file cannot be opened, is no database, or has a newer schema */
  constructor(file: string, now: () => number = Date.now) {
    this.#now = now
    this.#file = openDatabase(file, { steps: RECORDS, synchronous: 'FULL' })
    this.#statements = namingFile(file, () => prepare(this.#file.database))
    this.#commit = new GroupedCommit(this.#file)
  }

  async upsert(record: NewRecord): Promise<void> {
    const values = columns(record)
    await this.#commit.write(() => this.#statements.upsert.run(...values))
  }

  async add(record: NewRecord): Promise<boolean> {
    const values = columns(record)
    const { changes } = await this.#commit.write(() =>
      this.#statements.add.run(...values, this.#now() - GRACE),
    )
    return changes === 1
  }

  async find(kind: string, id: string): Promise<StoredRecord | undefined> {
    return row(this.#read.find.get(kind, id, this.#now() - GRACE))
  }

  async findByIndex(kind: string, index: string): Promise<StoredRecord | undefined> {
    return row(this.#read.findByIndex.get(kind, index, this.#now() - GRACE))
  }

  async list(kind: string): Promise<StoredRecord[]> {
    return this.#read.list
      .all(kind, this.#now() - GRACE)
      .map(row)
      .filter((found) => found !== undefined)
  }

  async consume(kind: string, id: string): Promise<boolean> {
    const { changes } = await this.#commit.write(() => {
      const now = this.#now()
      return this.#statements.consume.run(now, kind, id, now - GRACE)
    })
    return changes === 1
  }

  async remove(kind: string, id: string): Promise<void> {
    await this.#commit.write(() => this.#statements.remove.run(kind, id))
  }

  async listGrant(grant: string): Promise<StoredRecord[]> {
    return this.#read.listGrant
      .all(grant, this.#now() - GRACE)
      .map(row)
      .filter((found) => found !== undefined)
  }

  async revokeGrant(grant: string): Promise<void> {
    await this.#commit.write(() => this.#statements.revokeGrant.run(grant))
  }

  async increment(counter: string): Promise<number> {
    const counted = await this.#commit.write(() => this.#statements.increment.get(counter))
    return Number(counted?.['value'])
  }

  /** Removes what has expired, at most 10,000 records at once. @returns how many went */
  sweep(): number {
    return Number(this.#statements.sweep.run(this.#now() - GRACE).changes)
  }

  async close(): Promise<void> {
    await this.#commit.close()
    this.#file.database.close()
  }

  get #read() {
    this.#file.inPlace()
    return this.#statements
  }
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql)
  const all = 'kind, id, payload, consumed_at'
  const live = '(expires_at IS NULL OR expires_at > ?)'
  const set = `payload = excluded.payload, expires_at = excluded.expires_at,
    grant_id = excluded.grant_id, "index" = excluded."index", consumed_at = NULL`
  const insert = `INSERT INTO record (kind, id, payload, expires_at, grant_id, "index")
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET ${set}`
  return {
    upsert: statement(insert),
    add: statement(`${insert} WHERE record.expires_at <= ?`),
    find: statement(`SELECT ${all} FROM record WHERE kind = ? AND id = ? AND ${live}`),
    findByIndex: statement(`SELECT ${all} FROM record WHERE kind = ? AND "index" = ? AND ${live}`),
    list: statement(`SELECT ${all} FROM record WHERE kind = ? AND ${live} ORDER BY id`),
    consume: statement(
      `UPDATE record SET consumed_at = ? WHERE kind = ? AND id = ? AND consumed_at IS NULL AND ${live}`,
    ),
    remove: statement('DELETE FROM record WHERE kind = ? AND id = ?'),
    listGrant: statement(`SELECT ${all} FROM record WHERE grant_id = ? AND ${live}`),
    revokeGrant: statement('DELETE FROM record WHERE grant_id = ?'),
    sweep: statement(
      `DELETE FROM record WHERE (kind, id) IN
        (SELECT kind, id FROM record WHERE expires_at <= ? LIMIT 10000)`,
    ),
    increment: statement(
      `INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
    ),
  }
}

type Column = string | number | null
type Columns = [string, string, string, Column, Column, Column]

const columns = ({ kind, id, payload, expiresAt, grant, index }: NewRecord): Columns => [
  kind,
  id,
  JSON.stringify(payload),
  expiresAt === undefined ? null : Math.ceil(expiresAt),
  grant ?? null,
  index ?? null,
]

function row(found: Record<string, SQLOutputValue> | undefined): StoredRecord | undefined {
  if (!found) return undefined
  const { kind, id, payload, consumed_at: consumedAt } = found
  return storedRecord({ kind: String(kind), id: String(id), payload, consumedAt })
}
