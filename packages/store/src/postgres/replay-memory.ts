import { hash, randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { completeSince } from '../complete-since.ts'
import { StoreError } from '../records.ts'
import {
  type Kept,
  type Limits,
  LIMITS,
  type Put,
  type ReplayMemory,
  type Use,
} from '../replay-memory.ts'
import { ask, openPool, type PostgresOptions, SCHEMA } from './connection.ts'

export interface ReplayMemoryInPostgresOptions extends PostgresOptions {
  readonly limits?: Limits
  /** The greatest difference between any two clocks of nodes and database, in milliseconds. */
  readonly margin?: number
  /** Milliseconds between looks at the generation, and between sweeps. */
  readonly every?: number
  /** Stands in for the clocks of node and database, for tests. */
  readonly now?: () => number
}

const OUTCOMES: readonly Put[] = [
  'recorded',
  'seen',
  'nonce-left-out',
  'new-generation',
  'full',
  'over-quota',
]

/**
 * The replay memory of many nodes, on PostgreSQL 13 or later. Its tables are not logged, so a put
 * waits for no disk; what a crash or a promotion empties begins a new generation, and so does every
 * start of the server (see `docs/decisions/0005-*.md`). A put is one call, judged by the database's
 * clock. The bounds are kept up to as many uses as are put at the same moment.
 */
export class ReplayMemoryInPostgres implements ReplayMemory {
  readonly #pool: Pool
  readonly #options: Required<Omit<ReplayMemoryInPostgresOptions, 'server' | 'timeout' | 'now'>>
  readonly #now: (() => number) | undefined
  #generation = ''
  #since = Infinity
  #looking: NodeJS.Timeout | undefined

  private constructor(pool: Pool, options: ReplayMemoryInPostgresOptions) {
    this.#pool = pool
    this.#now = options.now
    this.#options = { schema: SCHEMA, limits: LIMITS, margin: 5_000, every: 1_000, ...options }
  }

  /** @throws StoreError where the database cannot be reached or is of a newer program */
  static async open(options: ReplayMemoryInPostgresOptions): Promise<ReplayMemoryInPostgres> {
    const memory = new ReplayMemoryInPostgres(await openPool(options), options)
    try {
      await memory.look()
    } catch (error) {
      await memory.close()
      throw error
    }
    memory.#keepLooking()
    return memory
  }

  get generation(): string {
    return this.#generation
  }

  get since(): number {
    return this.#since
  }

  /** @throws StoreError where the database is away or does not answer in time */
  async put(use: Use): Promise<Put> {
    const judged = { generation: this.#generation, withoutNonce: false, ...use }
    const answer = await this.#put(judged)
    if (answer !== 'full' && answer !== 'over-quota') return answer
    // What has ended takes no room: swept by us, or meanwhile by another node.
    await this.sweep()
    return this.#put(judged)
  }

  /**
   * Learns the present generation, so that a node which nobody asks does not challenge with the
   * nonces of an old one.
   */
  async look(): Promise<void> {
    this.#adopt(await this.#one('look', this.#looked(), this.#asked()))
  }

  /** @throws StoreError as `put` does */
  async nonceGiven(owner: string, until: number): Promise<void> {
    const { schema } = this.#options
    const text = `WITH given AS (
        INSERT INTO "${schema}".replay_nonce AS old VALUES ($4, $5)
        ON CONFLICT (owner) DO UPDATE SET until = greatest(old.until, excluded.until)
      ) ${this.#looked()}`
    const values = [...this.#asked(), hash('sha256', owner, 'buffer'), Math.ceil(until)]
    this.#adopt(await this.#one('nonce', text, values))
  }

  #looked(): string {
    const { schema } = this.#options
    return `SELECT generation, since, replay_time AS now
      FROM "${schema}".replay_time($1::bigint),
      LATERAL "${schema}".replay_look(replay_time, $2, $3)`
  }

  #asked(): unknown[] {
    return [this.#now?.() ?? null, this.#options.margin, randomUUID()]
  }

  /** @throws StoreError as `put` does */
  async kept(): Promise<Kept> {
    const { schema } = this.#options
    const text = `SELECT coalesce((SELECT live FROM "${schema}".replay_life), 0) AS uses,
      (SELECT count(*) FROM "${schema}".replay_nonce) AS nonces`
    const { uses, nonces } = await this.#one('kept', text, [])
    return { uses: Number(uses), nonces: Number(nonces) }
  }

  /** Removes what has ended, at most 10,000 uses at once. @returns how many went */
  async sweep(): Promise<number> {
    const text = `SELECT "${this.#options.schema}".replay_sweep($1) AS uses`
    return Number((await this.#one('sweep', text, [this.#now?.() ?? null]))['uses'])
  }

  async close(): Promise<void> {
    clearTimeout(this.#looking)
    this.#looking = undefined
    await this.#pool.end()
  }

  // One after the other, however long each takes: looks do not pile up while the database is away.
  #keepLooking(): void {
    const looking = setTimeout(() => {
      void this.look()
        .then(() => this.sweep())
        .catch(() => undefined) // an outage is told by the puts
        .finally(() => this.#looking === looking && this.#keepLooking())
    }, this.#options.every).unref()
    this.#looking = looking
  }

  async #put({ key, owner, until, generation, withoutNonce }: Required<Use>): Promise<Put> {
    const { schema, margin, limits } = this.#options
    const text = `SELECT * FROM "${schema}".replay_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
    const values = [
      hash('sha256', key, 'buffer'),
      hash('sha256', owner, 'buffer'),
      Math.ceil(until),
      generation,
      Math.floor(this.#now?.() ?? Date.now()),
      this.#now?.() ?? null,
      margin,
      randomUUID(),
      limits.records,
      limits.perOwner,
      withoutNonce,
    ]
    const answer = await this.#one('put', text, values)
    this.#adopt(answer)
    const outcome = OUTCOMES.find((known) => known === answer['outcome'])
    if (!outcome) throw new StoreError('PostgreSQL: an answer of another form')
    return outcome
  }

  async #one(name: string, text: string, values: unknown[]): Promise<Record<string, unknown>> {
    const { rows } = await ask(this.#pool, { name: `holdfast replay ${name}`, text, values })
    const [row] = rows
    if (!row) throw new StoreError('PostgreSQL: an answer of another form')
    return row
  }

  #adopt(row: Record<string, unknown>): void {
    const { generation, since, now } = row
    if (typeof generation !== 'string' || generation === this.#generation) return
    this.#since = completeSince({
      since: Number(since),
      storeTime: Number(now),
      nodeTime: this.#now?.() ?? Date.now(),
      margin: this.#options.margin,
      knewAnother: this.#generation !== '',
    })
    this.#generation = generation
  }
}
