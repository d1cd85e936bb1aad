import { randomUUID } from 'node:crypto'
import type { Put, ReplayMemory, Use } from '../replay-memory.ts'

export interface Limits {
  /** Live records of all owners together. */
  readonly records: number
  /** Live records of one owner. */
  readonly perOwner: number
}

type Bucket = { readonly key: string; readonly owner: string }[]

/**
 * The replay memory of one process. Records lie in buckets, one for each second in which they end,
 * so that forgetting costs nothing while nothing ends.
 */
export class ReplayMemoryInProcess implements ReplayMemory {
  readonly generation = randomUUID()
  readonly since: number
  readonly #now: () => number
  readonly #limits: Limits
  readonly #live = new Set<string>()
  readonly #perOwner = new Map<string, number>()
  readonly #buckets = new Map<number, Bucket>()
  #sweptTo: number

  constructor(
    now: () => number = Date.now,
    limits: Limits = { records: 1_000_000, perOwner: 100_000 },
  ) {
    this.#now = now
    this.#limits = limits
    this.since = now()
    this.#sweptTo = second(this.since)
  }

  // Test and set happen in one turn of the event loop: that is what makes the put atomic.
  async put({ key, owner, until }: Use): Promise<Put> {
    this.#sweep()
    if (this.#live.has(key)) return 'seen'
    if (this.#live.size >= this.#limits.records) return 'full'
    const owned = this.#perOwner.get(owner) ?? 0
    if (owned >= this.#limits.perOwner) return 'over-quota'

    this.#live.add(key)
    this.#perOwner.set(owner, owned + 1)
    this.#bucket(Math.max(second(until), this.#sweptTo)).push({ key, owner })
    return 'recorded'
  }

  #bucket(at: number): Bucket {
    const found = this.#buckets.get(at)
    if (found) return found
    const made: Bucket = []
    this.#buckets.set(at, made)
    return made
  }

  // Drops the seconds that lie entirely in the past; after a long silence, by looking at what is there.
  #sweep(): void {
    const present = second(this.#now())
    if (present <= this.#sweptTo) return
    if (present - this.#sweptTo > this.#buckets.size)
      for (const at of [...this.#buckets.keys()].filter((end) => end < present)) this.#drop(at)
    else for (let at = this.#sweptTo; at < present; at += 1) this.#drop(at)
    this.#sweptTo = present
  }

  #drop(at: number): void {
    for (const { key, owner } of this.#buckets.get(at) ?? []) {
      this.#live.delete(key)
      const left = (this.#perOwner.get(owner) ?? 1) - 1
      if (left === 0) this.#perOwner.delete(owner)
      else this.#perOwner.set(owner, left)
    }
    this.#buckets.delete(at)
  }
}

const second = (milliseconds: number): number => Math.floor(milliseconds / 1000)
