import { hash, randomUUID } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bootId } from '../boot.ts'
import {
  type Kept,
  type Limits,
  LIMITS,
  type Put,
  type ReplayMemory,
  type Use,
} from '../replay-memory.ts'
import { namingFile, type OpenDatabase, openDatabase } from './database.ts'
import { GroupedCommit } from './grouped-commit.ts'
import { REPLAY_MEMORY } from './schema.ts'

export interface ReplayMemoryInSqliteOptions {
  readonly limits?: Limits
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Names the present run of the system; `undefined`: it does not say. */
  readonly boot?: () => string | undefined
  /**
   * Dangerous: says that no proof was ever accepted where this memory is to be used, so that one whose
   * file is made now is complete from the beginning of time. Only for who makes the server's first
   * keys and clients in the same moment.
   */
  readonly nothingUsedBefore?: boolean
}

/** How far the clock may step back unnoticed, in milliseconds. */
const STEP_BACK = 1_000

/** Every so many puts clear away so many expired records: more than they add, too few to be felt. */
const CLEARING = { puts: 16, records: 64 }
const CLEARED_AT_ONCE = 10_000

interface Life {
  readonly generation: string
  readonly since: number
  readonly swept: number
}

/**
 * The replay memory of several processes on one machine, in a file of its own. A put is not synced
 * (WAL, synchronous NORMAL): a killed process loses nothing, a power cut may. So a generation lasts
 * as long as the system runs; where the system does not name its runs, every opening of the file
 * begins one. So does a clock that steps back behind what was swept.
 */
export class ReplayMemoryInSqlite implements ReplayMemory {
  readonly #file: OpenDatabase
  readonly #statements: ReturnType<typeof prepare>
  readonly #commit: GroupedCommit
  readonly #now: () => number
  readonly #limits: Limits
  #generation = ''
  #since = Infinity
  #puts = 0

  /** @throws StoreError where the file cannot be opened, is no database, or has a newer schema */
  constructor(file: string, options: ReplayMemoryInSqliteOptions = {}) {
    const { limits = LIMITS, now = Date.now, boot = bootId, nothingUsedBefore = false } = options
    this.#now = now
    this.#limits = limits
    this.#file = openDatabase(file, {
      steps: REPLAY_MEMORY,
      synchronous: 'NORMAL',
      begin: (database) =>
        beginLife(database, { boot: boot() ?? null, now: now(), nothingUsedBefore }),
    })
    this.#statements = namingFile(file, () => prepare(this.#file.database))
    this.#commit = new GroupedCommit(this.#file)
    this.#adopt()
  }

  get generation(): string {
    return this.#generation
  }

  get since(): number {
    return this.#since
  }

  /** @throws Error where the file cannot be written; StoreError if others lock it for over 5 s */
  put({ key, owner, ...use }: Use): Promise<Put> {
    const hashed = { key: hash('sha256', key, 'buffer'), owner: hash('sha256', owner, 'buffer') }
    const judged = { generation: this.#generation, withoutNonce: false, ...use, ...hashed }
    return this.#commit.write(() => this.#put(judged))
  }

  /** @throws Error as `put` does */
  nonceGiven(owner: string, until: number): Promise<void> {
    return this.#commit.write(() => {
      const now = this.#now()
      this.#adopt()
      this.#statements.expire.run(Math.floor(now))
      this.#statements.give.run(hash('sha256', owner, 'buffer'), Math.ceil(until))
    })
  }

  async look(): Promise<void> {
    this.#file.inPlace()
    this.#adopt()
  }

  async kept(): Promise<Kept> {
    const { live, nonces } = this.#statements.kept.get() ?? {}
    return { uses: Number(live), nonces: Number(nonces) }
  }

  /** Removes what has expired, at most 10,000 records at once. @returns how many went */
  sweep(): Promise<number> {
    return this.#commit.write(() => this.#clear(this.#now(), CLEARED_AT_ONCE))
  }

  async close(): Promise<void> {
    await this.#commit.close()
    this.#file.database.close()
  }

  // One transaction, in which no other process writes.
  #put({ key, owner, until, generation, withoutNonce }: Hashed): Put {
    const now = this.#now()
    let life = this.#adopt()
    if (now < life.swept - STEP_BACK) {
      this.#statements.stepBack.run(randomUUID(), now)
      life = this.#adopt()
    }
    if (generation !== life.generation) return 'new-generation'
    const ends = this.#statements.find.get(key)?.['ends']
    if (typeof ends === 'number' && ends >= now) return 'seen'
    if (withoutNonce && Number(this.#statements.given.get(owner)?.['until'] ?? 0) > now)
      return 'nonce-left-out'
    if (ends !== undefined) this.#statements.remove.run(key)
    this.#puts += 1
    if (this.#puts % CLEARING.puts === 0) this.#clear(now, CLEARING.records)
    const room = this.#room(owner)
    // Only a refusal is worth clearing away all that has ended.
    const refused = room !== 'recorded' && this.#clear(now, CLEARED_AT_ONCE) === 0
    const answer = refused || room === 'recorded' ? room : this.#room(owner)
    if (answer === 'recorded') {
      const id = this.#statements.own.get(owner)?.['id']
      this.#statements.record.run(key, id ?? null, Math.max(Math.ceil(until), Math.floor(now)))
    }
    return answer
  }

  #room(owner: Uint8Array): Put {
    if (Number(this.#statements.live.get()?.['live']) >= this.#limits.records) return 'full'
    const owned = Number(this.#statements.owned.get(owner)?.['live'] ?? 0)
    return owned >= this.#limits.perOwner ? 'over-quota' : 'recorded'
  }

  #clear(now: number, most: number): number {
    const { changes } = this.#statements.clear.run(Math.floor(now), most)
    if (changes !== 0) this.#statements.swept.run(Math.ceil(now))
    return Number(changes)
  }

  #life(): Life {
    const { generation, since, swept } = this.#statements.life.get() ?? {}
    return { generation: String(generation), since: Number(since), swept: Number(swept) }
  }

  #adopt(): Life {
    const life = this.#life()
    this.#generation = life.generation
    this.#since = life.since
    return life
  }
}

interface Beginning {
  readonly boot: string | null
  readonly now: number
  readonly nothingUsedBefore: boolean
}

/** A life, unless the present one goes on. */
function beginLife(database: DatabaseSync, { boot, now, nothingUsedBefore }: Beginning): void {
  const known = database.prepare('SELECT boot FROM life').get()
  if (boot !== null && known?.['boot'] === boot) return
  const since = nothingUsedBefore && !known ? 0 : now
  // Never before what was swept: the clock may have been set back while nothing ran.
  database
    .prepare(
      `INSERT INTO life (one, boot, generation, since, swept) VALUES (1, ?, ?, ceil(?), ceil(?))
       ON CONFLICT (one) DO UPDATE SET boot = excluded.boot, generation = excluded.generation,
       since = max(excluded.since, swept), swept = max(excluded.swept, swept)`,
    )
    .run(boot, randomUUID(), since, now)
}

interface Hashed {
  readonly key: Uint8Array
  readonly owner: Uint8Array
  readonly until: number
  readonly generation: string
  readonly withoutNonce: boolean
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql)
  return {
    life: statement('SELECT generation, since, swept FROM life'),
    live: statement('SELECT live FROM life'),
    kept: statement('SELECT live, (SELECT count(*) FROM nonce) AS nonces FROM life'),
    // Whatever was accepted, was accepted by then; and nothing is judged by the later clock again.
    stepBack: statement('UPDATE life SET generation = ?, since = swept, swept = ceil(?)'),
    swept: statement('UPDATE life SET swept = ?1 WHERE swept < ?1'),
    find: statement('SELECT ends FROM use WHERE key = ?'),
    remove: statement('DELETE FROM use WHERE key = ?'),
    owned: statement('SELECT live FROM owner WHERE name = ?'),
    own: statement(
      'INSERT INTO owner (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET live = live RETURNING id',
    ),
    given: statement('SELECT until FROM nonce WHERE owner = ?'),
    give: statement(
      'INSERT INTO nonce VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)',
    ),
    expire: statement('DELETE FROM nonce WHERE until <= ?'),
    record: statement('INSERT INTO use VALUES (?, ?, ?)'),
    clear: statement(
      'DELETE FROM use WHERE key IN (SELECT key FROM use WHERE ends < ? ORDER BY ends LIMIT ?)',
    ),
  }
}
