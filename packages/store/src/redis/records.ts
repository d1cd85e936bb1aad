import { GRACE, type NewRecord, type Records, StoreError, type StoredRecord } from '../records.ts'
import { eviction, RedisConnection, type RedisServer, type Script } from './connection.ts'
import { refuseNewer } from './life.lua.ts'
import * as scripts from './records.lua.ts'
import { storedRecord } from '../stored.ts'

export interface RecordsInRedisOptions {
  readonly server: RedisServer
  /** Nodes with the same name share the records. It is the hash tag of all keys. */
  readonly name?: string
  /**
   * What a restart or failover of the server does to acknowledged writes. `loses`: some may be gone.
   * `keeps`: none, by `appendonly yes` and `appendfsync always`, which is checked, and because no
   * replica is ever promoted that has not acknowledged them (see `replicas`).
   */
  readonly restart?: 'loses' | 'keeps'
  /** Replicas that must have acknowledged a write before it counts (WAIT). */
  readonly replicas?: number
  /**
   * Milliseconds for which `add` and `consume` refuse after a loss: the longest life of anything
   * that is added to be used once, so that nothing used before the loss can be used again. A record
   * from before it counts as used from then on.
   */
  readonly quarantine?: number
  /**
   * Dangerous: says that nothing was ever used under this name, so that an empty server is new and
   * not one that was flushed. For the very first start.
   */
  readonly nothingUsedBefore?: boolean
  /** Stands in for the server's clock, for tests. */
  readonly now?: () => number
}

/**
 * Records on Redis 6.2 or later, or Valkey. Each operation is one script, hence atomic; all keys are
 * in one slot. Redis acknowledges before its replicas have a write, and by default before the disk
 * has it: after a loss what is used once is refused for the `quarantine`, but a revocation that was
 * lost is not noticed. Where that matters, PostgreSQL (see `docs/decisions/0005-*.md`).
 */
export class RecordsInRedis implements Records {
  readonly #options: Required<Omit<RecordsInRedisOptions, 'server' | 'now'>>
  readonly #now: (() => number) | undefined
  #connection: RedisConnection | undefined
  #unfit: StoreError | undefined

  private constructor(options: RecordsInRedisOptions) {
    this.#now = options.now
    this.#options = {
      name: 'holdfast',
      restart: 'loses',
      replicas: 0,
      quarantine: 660_000,
      nothingUsedBefore: false,
      ...options,
    }
  }

  /**
   * @throws StoreError where the server cannot be reached, may evict keys or does not keep them, or has
   *   those of a newer program
   */
  static async open(options: RecordsInRedisOptions): Promise<RecordsInRedis> {
    const records = new RecordsInRedis(options)
    records.#connection = await RedisConnection.open(
      options.server,
      // Another server may be behind the same address: it is examined before it is used.
      () => void records.#examine().catch(() => undefined),
    )
    try {
      await records.#examine()
      if (records.#unfit) throw records.#unfit
      const asked = records.#singleUse(records.#options.nothingUsedBefore)
      refuseNewer(await records.#run(scripts.LOOK, asked))
    } catch (error) {
      await records.close()
      throw error
    }
    return records
  }

  async upsert(record: NewRecord): Promise<void> {
    await this.#write(scripts.UPSERT, columns(record))
  }

  async add(record: NewRecord): Promise<boolean> {
    return this.#once(scripts.ADD, columns(record))
  }

  async find(kind: string, id: string): Promise<StoredRecord | undefined> {
    return row(kind, await this.#run(scripts.FIND, [kind, id]))
  }

  async findByIndex(kind: string, index: string): Promise<StoredRecord | undefined> {
    return row(kind, await this.#run(scripts.FIND_BY_INDEX, [kind, index]))
  }

  async list(kind: string): Promise<StoredRecord[]> {
    const found = await this.#run(scripts.LIST, [kind])
    return (Array.isArray(found) ? found : [])
      .map((one) => row(kind, one))
      .filter((one) => one !== undefined)
  }

  async consume(kind: string, id: string): Promise<boolean> {
    return this.#once(scripts.CONSUME, [kind, id])
  }

  async remove(kind: string, id: string): Promise<void> {
    await this.#write(scripts.REMOVE, [kind, id])
  }

  async listGrant(grant: string): Promise<StoredRecord[]> {
    const found = await this.#run(scripts.LIST_GRANT, [grant])
    return (Array.isArray(found) ? found : [])
      .map(([kind, ...one]: string[]) => row(String(kind), one))
      .filter((one) => one !== undefined)
  }

  async revokeGrant(grant: string): Promise<void> {
    await this.#write(scripts.REVOKE_GRANT, [grant])
  }

  async increment(counter: string): Promise<number> {
    const value = await this.#server.command(['INCR', `${this.#prefix}counter:${counter}`])
    await this.#replicated()
    return Number(value)
  }

  async close(): Promise<void> {
    await this.#connection?.close()
  }

  get #server(): RedisConnection {
    if (this.#unfit) throw this.#unfit
    if (!this.#connection) throw new StoreError('Redis: not open')
    return this.#connection
  }

  get #prefix(): string {
    return `{${this.#options.name}}:`
  }

  async #run(script: Script, values: readonly string[]): Promise<unknown> {
    return this.#server.run(
      script,
      [`${this.#prefix}records`, this.#prefix],
      [String(this.#now?.() ?? ''), String(GRACE), ...values],
    )
  }

  async #write(script: Script, values: readonly string[]): Promise<unknown> {
    const answer = await this.#run(script, values)
    await this.#replicated()
    return answer
  }

  #singleUse(nothingUsedBefore = false): string[] {
    const { quarantine, restart } = this.#options
    return [String(quarantine), restart, nothingUsedBefore ? 'new' : '']
  }

  async #once(script: Script, values: readonly string[]): Promise<boolean> {
    const answer = await this.#write(script, [...this.#singleUse(), ...values])
    const [state, value] = Array.isArray(answer) ? answer : []
    if (state === 'done') return value === 1
    const until = new Date(Number(value)).toISOString()
    throw new StoreError(`Redis may have lost what was used: nothing is used once before ${until}`)
  }

  async #replicated(): Promise<void> {
    const { replicas } = this.#options
    if (replicas === 0) return
    const acknowledged = Number(await this.#server.command(['WAIT', String(replicas), '500']))
    if (acknowledged < replicas)
      throw new StoreError(`Redis: ${acknowledged} of ${replicas} replicas have the write`)
  }

  async #examine(): Promise<void> {
    const connection = this.#connection
    if (!connection) return
    this.#unfit = (await eviction(connection)) ?? (await this.#forgetful(connection))
  }

  async #forgetful(connection: RedisConnection): Promise<StoreError | undefined> {
    if (this.#options.restart === 'loses') return undefined
    const appends = await connection.info('persistence', 'aof_enabled')
    const answer = await connection.command(['CONFIG', 'GET', 'appendfsync'])
    return appends === '1' && JSON.stringify(answer).includes('"always"')
      ? undefined
      : new StoreError("Redis: restart 'keeps' wants appendonly yes and appendfsync always")
  }
}

const columns = ({ kind, id, payload, expiresAt, grant, index }: NewRecord): string[] => [
  kind,
  id,
  JSON.stringify(payload),
  expiresAt === undefined ? '' : String(Math.ceil(expiresAt)),
  grant ?? '',
  index ?? '',
]

function row(kind: string, found: unknown): StoredRecord | undefined {
  if (!Array.isArray(found)) return undefined
  const [id, payload, consumedAt = null] = found
  return storedRecord({ kind, id: String(id), payload, consumedAt })
}
