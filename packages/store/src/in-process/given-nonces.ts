/** Owners of keys. Each takes some hundred bytes. */
const MOST = 100_000

/**
 * Who was given a nonce, and until when it must be used. Bounded, and never short of anybody: those
 * for whom there is no room are not forgotten, they make the rule one for everybody until their time
 * is over. That costs a client that has no nonce one challenge.
 */
export class GivenNonces {
  readonly #most: number
  readonly #until = new Map<string, number>()
  #everybodyUntil = -Infinity

  constructor(most: number = MOST) {
    this.#most = most
  }

  get size(): number {
    return this.#until.size
  }

  /** @param until milliseconds since the epoch, as is `now` */
  give(owner: string, until: number, now: number): void {
    this.#forget(now)
    const longest = Math.max(until, this.#until.get(owner) ?? until)
    this.#until.delete(owner) // so that it goes to the end: the order is about that of expiry
    this.#until.set(owner, longest)
    if (this.#until.size <= this.#most) return
    for (const time of this.#until.values())
      this.#everybodyUntil = Math.max(this.#everybodyUntil, time)
    this.#until.clear()
  }

  mustUse(owner: string, now: number): boolean {
    return now < this.#everybodyUntil || now < (this.#until.get(owner) ?? -Infinity)
  }

  #forget(now: number): void {
    for (const [owner, until] of this.#until) {
      if (now < until) return
      this.#until.delete(owner)
    }
  }
}
