import { randomInt } from 'node:crypto'
import type { Records } from '@holdfast/store'
import { endpoints } from '../vocabulary/endpoints.ts'
import { Unavailable } from '../records/unavailable.ts'

/** Where the status of one token stands. */
export interface Place {
  readonly list: number
  readonly idx: number
}

/** As many lists, each of as many tokens: a multiple of `CHUNK`. The same on all nodes. */
export interface Shape {
  readonly lists: number
  readonly size: number
}

export const SHAPE: Shape = { lists: 8, size: 1_048_576 }

export const statusListUri = (issuer: string, list: number): string =>
  `${issuer}${endpoints.status}/${list}`

/** The lists in which tokens of this issuer may stand: what a resource server follows. */
export const statusListUris = (issuer: string, { lists }: Shape = SHAPE): readonly string[] =>
  Array.from({ length: lists }, (_, list) => statusListUri(issuer, list))

/** Places that a node takes at once, so that a token costs no write for its place. */
export const CHUNK = 256

/** Milliseconds for which it gives them out; what is left then is not used. */
const HOLD = 60_000

/** Milliseconds that clocks may differ, and more. */
const MARGIN = 120_000

/** How many chunks are tried before a request is refused. */
const TRIES = 16

interface Chunk {
  readonly list: number
  /** Places not given out yet. */
  readonly left: number[]
  /** Milliseconds since the epoch. */
  readonly until: number
}

/**
 * Gives every JWT access token a place in a list that no other token has while either can still be
 * used. The places form a ring: when a list is full the next one is begun, and after the last the
 * first, whose tokens are over by then. If they are not, nothing is issued.
 */
export class Places {
  readonly shape: Shape
  readonly #records: Records
  /** Milliseconds for which a chunk is nobody else's. */
  readonly #reserved: number
  #chunk: Chunk | undefined
  #fetching: Promise<Chunk> | undefined

  /** @param life seconds: the longest of a token */
  constructor(records: Records, shape: Shape, life: number) {
    this.#records = records
    this.shape = shape
    // A token may be revoked until it is over, and its bit stays set for a token's life more.
    this.#reserved = HOLD + 2 * life * 1_000 + MARGIN
  }

  /** @throws Unavailable where as many tokens live as can be told apart */
  async take(): Promise<Place> {
    let chunk = this.#chunk
    while (!chunk || chunk.left.length === 0 || chunk.until <= Date.now()) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined
      })
      chunk = await this.#fetching
      this.#chunk = chunk
    }
    // At random, so that neighbours tell nobody who came after whom (§12.2).
    const { left } = chunk
    const chosen = randomInt(left.length)
    const idx = left[chosen]!
    left[chosen] = left.at(-1)!
    left.pop()
    return { list: chunk.list, idx }
  }

  async #fetch(): Promise<Chunk> {
    const { lists, size } = this.shape
    for (let tries = 0; tries < TRIES; tries += 1) {
      const turn = await this.#records.increment('status-list')
      const chunk = (turn - 1) % ((lists * size) / CHUNK)
      const now = Date.now()
      const expiresAt = now + this.#reserved
      const taken = { kind: 'StatusListChunk', id: String(chunk), payload: {}, expiresAt }
      if (!(await this.#records.add(taken))) continue
      const first = (chunk * CHUNK) % size
      return {
        list: Math.floor((chunk * CHUNK) / size),
        left: Array.from({ length: CHUNK }, (_, i) => first + i),
        until: now + HOLD,
      }
    }
    throw new Unavailable('the status lists are full')
  }
}
