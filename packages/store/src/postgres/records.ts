import type { Pool } from 'pg'
import { GRACE, type NewRecord, type Records, type StoredRecord } from '../records.ts'
import { ask, openPool, type PostgresOptions, SCHEMA } from './connection.ts'
import { refuseUnfit } from './migrate.ts'
import { statements } from './statements.ts'
import { storedRecord } from '../stored.ts'

export interface RecordsInPostgresOptions extends PostgresOptions {
  /** Stands in for the database's clock, for tests. */
  readonly now?: () => number
}

/**
 * Records on PostgreSQL 13 or later, for many nodes. Every operation is one statement, durable
 * before it is acknowledged; the database's clock decides what has expired. A failed query refuses
 * and is not tried again; the next one finds a new connection. A write whose answer was lost with
 * its connection may have happened.
 *
 * A standby that is promoted has what was acknowledged only if it was synchronous
 * (`synchronous_standby_names`): that is the operator's.
 */
export class RecordsInPostgres implements Records {
  readonly #pool: Pool
  readonly #sql: ReturnType<typeof statements>
  readonly #now: (() => number) | undefined

  private constructor(pool: Pool, { schema = SCHEMA, now }: RecordsInPostgresOptions) {
    this.#pool = pool
    this.#sql = statements(schema)
    this.#now = now
  }

  /** @throws StoreError where the database cannot be reached, is of a newer program, or unfit */
  static async open(options: RecordsInPostgresOptions): Promise<RecordsInPostgres> {
    return new RecordsInPostgres(await openPool(options, refuseUnfit), options)
  }

  async upsert(record: NewRecord): Promise<void> {
    await this.#query('upsert', columns(record))
  }

  async add(record: NewRecord): Promise<boolean> {
    const { rowCount } = await this.#query('add', [...columns(record), this.#time(), GRACE])
    return rowCount === 1
  }

  async find(kind: string, id: string): Promise<StoredRecord | undefined> {
    const { rows } = await this.#query('find', [escape(kind), escape(id), this.#time(), GRACE])
    return rows.map(stored)[0]
  }

  async findByIndex(kind: string, index: string): Promise<StoredRecord | undefined> {
    const values = [escape(kind), escape(index), this.#time(), GRACE]
    return (await this.#query('findByIndex', values)).rows.map(stored)[0]
  }

  async list(kind: string): Promise<StoredRecord[]> {
    return (await this.#query('list', [escape(kind), this.#time(), GRACE])).rows.map(stored)
  }

  async consume(kind: string, id: string): Promise<boolean> {
    const values = [escape(kind), escape(id), this.#time(), GRACE]
    return (await this.#query('consume', values)).rowCount === 1
  }

  async remove(kind: string, id: string): Promise<void> {
    await this.#query('remove', [escape(kind), escape(id)])
  }

  async listGrant(grant: string): Promise<StoredRecord[]> {
    return (await this.#query('listGrant', [escape(grant), this.#time(), GRACE])).rows.map(stored)
  }

  async revokeGrant(grant: string): Promise<void> {
    await this.#query('revokeGrant', [escape(grant)])
  }

  async increment(counter: string): Promise<number> {
    return Number((await this.#query('increment', [escape(counter)])).rows[0]?.['value'])
  }

  /** Removes what has expired, at most 10,000 records at once. @returns how many went */
  async sweep(): Promise<number> {
    return (await this.#query('sweep', [this.#time(), GRACE])).rowCount ?? 0
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #time(): number | null {
    return this.#now?.() ?? null
  }

  #query(name: keyof ReturnType<typeof statements>, values: (string | number | null)[]) {
    return ask(this.#pool, {
      name: `holdfast ${name}`,
      text: this.#sql[name],
      values,
    })
  }
}

// PostgreSQL's text has no NUL, but a client may send one in anything that is looked up.
const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0')
const unescape = (text: string): string =>
  text.replaceAll(/\\([\\0])/g, (_, next) => (next === '0' ? '\0' : '\\'))

const columns = ({ kind, id, payload, expiresAt, grant, index }: NewRecord) => [
  escape(kind),
  escape(id),
  JSON.stringify(payload),
  expiresAt === undefined ? null : Math.ceil(expiresAt),
  grant === undefined ? null : escape(grant),
  index === undefined ? null : escape(index),
]

const stored = ({
  kind,
  id,
  payload,
  consumed_at: consumedAt,
}: Record<string, unknown>): StoredRecord =>
  storedRecord({ kind: unescape(String(kind)), id: unescape(String(id)), payload, consumedAt })
