import { randomUUID } from 'node:crypto'
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
import { eviction, isReply, RedisConnection, type RedisServer } from './connection.ts'
import { refuseNewer } from './life.lua.ts'
import { GIVE, LOOK, PUT } from './replay-memory.lua.ts'

export interface ReplayMemoryInRedisOptions {
  readonly server: RedisServer
  /** Names the memory: nodes with the same name share it. It is the hash tag of all its keys. */
  readonly name?: string
  readonly limits?: Limits
  /** The greatest difference between any two clocks of nodes and store, in milliseconds. */
  readonly margin?: number
  /** Milliseconds between looks at the generation while nothing is put. */
  readonly every?: number
  /** Stands in for the clocks of node and store, for tests. */
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
 * The replay memory of many nodes, on Redis 6.2 or later, or Valkey. What it promises does not rest
 * on persistence: see `docs/decisions/0005-*.md`.
 *
 * All its keys are in one slot of a cluster, since the generation of a record is that of the server
 * which holds it. The user needs the commands EVAL, EVALSHA, INFO, TIME and those of strings and
 * hashes, on the keys `{name}:*`.
 */
export class ReplayMemoryInRedis implements ReplayMemory {
  readonly #options: Required<Omit<ReplayMemoryInRedisOptions, 'server' | 'now'>>
  readonly #now: (() => number) | undefined
  #connection: RedisConnection | undefined
  #generation = ''
  #since = Infinity
  #unfit: StoreError | undefined
  #looking: NodeJS.Timeout | undefined
  #present: Promise<void> | undefined
  #next: Promise<void> | undefined

  private constructor(options: ReplayMemoryInRedisOptions) {
    this.#now = options.now
    this.#options = {
      name: 'holdfast',
      limits: LIMITS,
      margin: 5_000,
      every: 1_000,
      ...options,
    }
  }

  /** @throws StoreError where the server cannot be reached, may evict keys, or has a newer program's */
  static async open(options: ReplayMemoryInRedisOptions): Promise<ReplayMemoryInRedis> {
    const memory = new ReplayMemoryInRedis(options)
    const look = () => void memory.look().catch(() => undefined) // an outage is told by the puts
    memory.#connection = await RedisConnection.open(options.server, look)
    try {
      await memory.look()
    } catch (error) {
      await memory.close()
      throw error
    }
    memory.#looking = setInterval(look, memory.#options.every).unref()
    return memory
  }

  get generation(): string {
    return this.#generation
  }

  get since(): number {
    return this.#since
  }

  /**
   * @throws StoreError where the server is away, does not answer in time, or has become unfit
   */
  async put(use: Use): Promise<Put> {
    const { key, owner, until, generation = this.#generation, withoutNonce } = use
    if (this.#unfit) throw this.#unfit
    const { limits } = this.#options
    const keys = ['sentinel', `use:${key}`, 'tally', `tally:${owner}`].map(this.#key)
    const { records, perOwner } = limits
    const values = [generation, until, this.#time(), records, perOwner, withoutNonce ? 1 : 0]
    try {
      const reply = await this.#server.run(PUT, keys, [...this.#preamble(), ...values.map(String)])
      const answered = this.#adopt(reply)
      const outcome = OUTCOMES.find((known) => known === answered)
      if (!outcome) throw new StoreError('Redis: an answer of another form')
      return outcome
    } catch (error) {
      if (isReply(error, 'OOM')) return 'full'
      throw error
    }
  }

  /** @throws StoreError as `put` does */
  async nonceGiven(owner: string, until: number): Promise<void> {
    const keys = ['sentinel', `tally:${owner}`].map(this.#key)
    const values = [until, this.#time()].map(String)
    this.#adopt(await this.#server.run(GIVE, keys, [...this.#preamble(), ...values]))
  }

  /**
   * Who was given a nonce stands in a tally of each owner, and nobody counts them.
   *
   * @throws StoreError as `put` does
   */
  async kept(): Promise<Kept> {
    return { uses: Number(await this.#server.command(['HGET', this.#key('tally'), 'live'])) }
  }

  /**
   * Learns the present generation, so that a node which nobody asks does not challenge with the
   * nonces of an old one; and whether the server is still fit. Done every `every` milliseconds and
   * whenever the connection comes back. A look that has begun may have come before what its caller
   * has heard of: all who ask meanwhile share the next one.
   */
  look(): Promise<void> {
    if (!this.#present) return this.#begin()
    this.#next ??= this.#present
      .catch(() => undefined) // is told to those who asked for it
      .then(() => {
        this.#next = undefined
        return this.#begin()
      })
    return this.#next
  }

  #begin(): Promise<void> {
    this.#present = this.#look().finally(() => {
      this.#present = undefined
    })
    return this.#present
  }

  async #look(): Promise<void> {
    this.#unfit = await eviction(this.#server)
    if (this.#unfit) throw this.#unfit
    const looked = await this.#server.run(LOOK, [this.#key('sentinel')], this.#preamble())
    refuseNewer(looked)
    this.#adopt(looked)
  }

  async close(): Promise<void> {
    clearInterval(this.#looking)
    await this.#connection?.close()
  }

  get #server(): RedisConnection {
    if (!this.#connection) throw new StoreError('Redis: not open')
    return this.#connection
  }

  readonly #key = (what: string): string => `{${this.#options.name}}:${what}`

  #time(): number {
    return this.#now?.() ?? Date.now()
  }

  #preamble(): string[] {
    return [String(this.#now?.() ?? ''), String(this.#options.margin), randomUUID()]
  }

  #adopt(reply: unknown): unknown {
    if (!Array.isArray(reply)) throw new StoreError('Redis: an answer of another form')
    const [outcome, generation, since, storeTime] = reply.map(String)
    if (generation !== undefined && generation !== this.#generation) {
      this.#since = completeSince({
        since: Number(since),
        storeTime: Number(storeTime),
        nodeTime: this.#time(),
        margin: this.#options.margin,
        knewAnother: this.#generation !== '',
      })
      this.#generation = generation
    }
    return outcome
  }
}
