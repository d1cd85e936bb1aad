import { randomUUID } from 'node:crypto'
import {
  type Kept,
  type Limits,
  LIMITS,
  type Put,
  type ReplayMemory,
  type Use,
} from '../replay-memory.ts'
import { Column } from './column.ts'
import { DigestTable, NONE } from './digest-table.ts'
import { GivenNonces } from './given-nonces.ts'

/** How far the clock may step back unnoticed, in milliseconds. */
const STEP_BACK = 1_000

/** Expired records that one put clears away: more than it adds, few enough not to be felt. */
const CLEARED_BY_ONE_PUT = 4

/**
 * The replay memory of one process. A record is 36 bytes of typed arrays, its owner 28 (see
 * `DigestTable`); records that end in the same second are chained, so that forgetting costs nothing
 * while nothing ends. The arrays keep the size of the fullest moment, which `limits` bounds.
 *
 * A clock that steps back would revive proofs whose records are gone: that is a new generation.
 */
export class ReplayMemoryInProcess implements ReplayMemory {
  #generation = randomUUID()
  #since: number
  readonly #now: () => number
  readonly #limits: Limits

  readonly #uses = new DigestTable()
  readonly #ends = new Column()
  readonly #ownerOf = new Column()
  readonly #nextEnding = new Column()
  readonly #owners = new DigestTable()
  readonly #owned = new Column()
  readonly #nonces = new GivenNonces()

  /** Second → the first of the records that end in it. */
  readonly #ending = new Map<number, number>()
  /** Seconds before this one are no longer in `#ending`. */
  #taken: number
  /** The chain of an ended second that is being cleared away. */
  #clearing = NONE
  #latest: number

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now, limits: Limits = LIMITS) {
    this.#now = now
    this.#limits = limits
    this.#since = this.#latest = now()
    this.#taken = second(this.#since)
  }

  get generation(): string {
    return this.#generation
  }

  get since(): number {
    return this.#since
  }

  // Test and set happen in one turn of the event loop: that is what makes the put atomic.
  async put({ key, owner, until, generation, withoutNonce }: Use): Promise<Put> {
    if (this.#clockSteppedBack()) return 'new-generation'
    if (generation !== undefined && generation !== this.#generation) return 'new-generation'
    this.#clear(CLEARED_BY_ONE_PUT)
    const answer = this.#answer(key, owner, withoutNonce)
    if (answer === 'recorded') this.#record({ key, owner, until })
    return answer
  }

  async nonceGiven(owner: string, until: number): Promise<void> {
    this.#nonces.give(owner, until, this.#now())
  }

  /** Nothing is kept elsewhere; only the clock may have stepped back. */
  async look(): Promise<void> {
    this.#clockSteppedBack()
  }

  async kept(): Promise<Kept> {
    return { uses: this.#uses.size, nonces: this.#nonces.size }
  }

  #answer(key: string, owner: string, withoutNonce = false): Put {
    const place = this.#uses.find(key)
    if (place !== NONE && this.#ends.get(place) >= second(this.#latest)) return 'seen'
    if (withoutNonce && this.#nonces.mustUse(owner, this.#latest)) return 'nonce-left-out'
    const room = this.#room(owner)
    // Only a refusal, or a use that has ended itself, is worth clearing away all that has ended.
    if ((room === 'recorded' && place === NONE) || !this.#hasEnded()) return room
    this.#clear(Infinity)
    return this.#room(owner)
  }

  #room(owner: string): Put {
    if (this.#uses.size >= this.#limits.records) return 'full'
    const place = this.#owners.find(owner)
    const owned = place === NONE ? 0 : this.#owned.get(place)
    return owned >= this.#limits.perOwner ? 'over-quota' : 'recorded'
  }

  #record({ key, owner, until }: Use): void {
    const place = this.#uses.add(key)
    for (const column of [this.#ends, this.#ownerOf, this.#nextEnding]) column.open(place)
    const end = Math.max(second(until), this.#taken, second(this.#latest))
    this.#ends.set(place, end)
    this.#ownerOf.set(place, this.#count(owner))
    this.#nextEnding.set(place, this.#ending.get(end) ?? NONE)
    this.#ending.set(end, place)
  }

  #count(owner: string): number {
    const found = this.#owners.find(owner)
    const place = found === NONE ? this.#owners.add(owner) : found
    this.#owned.open(place)
    this.#owned.set(place, found === NONE ? 1 : this.#owned.get(place) + 1)
    return place
  }

  #clockSteppedBack(): boolean {
    const now = this.#now()
    const back = now < this.#latest - STEP_BACK
    if (back) {
      this.#generation = randomUUID()
      // Whatever was accepted, was accepted by then; and nothing is judged by the later clock again.
      this.#since = this.#latest
      this.#taken = Math.min(this.#taken, second(now))
    }
    this.#latest = back ? now : Math.max(this.#latest, now)
    return back
  }

  #hasEnded(): boolean {
    return this.#clearing !== NONE || this.#nextEnded()
  }

  #clear(most: number): void {
    for (let cleared = 0; cleared < most && this.#hasEnded(); cleared += 1) {
      const place = this.#clearing
      this.#clearing = this.#nextEnding.get(place)
      this.#uses.remove(place)
      const owner = this.#ownerOf.get(place)
      this.#owned.set(owner, this.#owned.get(owner) - 1)
      if (this.#owned.get(owner) === 0) this.#owners.remove(owner)
    }
  }

  // Takes up the next second that lies entirely in the past; after a long silence, by looking at
  // the seconds that there are.
  #nextEnded(): boolean {
    const present = second(this.#latest)
    if (present - this.#taken > this.#ending.size)
      this.#taken = Math.min(present, ...this.#ending.keys())
    for (; this.#taken < present; this.#taken += 1) {
      const first = this.#ending.get(this.#taken)
      if (first === undefined) continue
      this.#ending.delete(this.#taken)
      this.#clearing = first
      return true
    }
    return false
  }
}

const second = (milliseconds: number): number => Math.floor(milliseconds / 1000)
