/** How many failures are borne, and for how long they are remembered. */
export interface Limit {
  readonly most: number
  /** Seconds, from the first of them. */
  readonly within: number
}

interface Count {
  failures: number
  /** Milliseconds since the epoch. */
  readonly until: number
}

/**
 * Failures by whoever caused them. Bounded: where there are too many to remember, the oldest are
 * forgotten, which costs whoever wants that as many failures of their own.
 */
export class Failures {
  readonly #limit: Limit
  readonly #clock: () => number
  readonly #counts = new Map<string, Count>()

  /** @param clock milliseconds since the epoch */
  constructor(limit: Limit, clock: () => number) {
    this.#limit = limit
    this.#clock = clock
  }

  get size(): number {
    return this.#counts.size
  }

  /** Whole seconds to wait; 0: none. */
  wait(who: string): number {
    const count = this.#counts.get(who)
    if (!count || count.failures < this.#limit.most) return 0
    return Math.max(0, Math.ceil((count.until - this.#clock()) / 1_000))
  }

  add(who: string): void {
    const now = this.#clock()
    const count = this.#counts.get(who)
    if (count && count.until > now) {
      count.failures += 1
      return
    }
    // Deleted first: the map is in the order in which its entries end.
    this.#counts.delete(who)
    this.#makeRoom(now)
    this.#counts.set(who, { failures: 1, until: now + this.#limit.within * 1_000 })
  }

  /** What was counted in advance did not fail. */
  takeBack(who: string): void {
    const count = this.#counts.get(who)
    if (count && count.failures > 0) count.failures -= 1
  }

  forget(who: string): void {
    this.#counts.delete(who)
  }

  #makeRoom(now: number): void {
    for (const [who, { until }] of this.#counts) {
      if (until > now && this.#counts.size < ENTRIES) return
      this.#counts.delete(who)
    }
  }
}

/** Some hundred bytes each. */
export const ENTRIES = 10_000
