import { hash, randomInt } from 'node:crypto'
import { Column } from './column.ts'

/** No place: what `find` answers, and the end of a chain. */
export const NONE = 0xffff_ffff

const FIRST_BUCKETS = 64

/**
 * A set of strings, each kept as 16 bytes in a numbered place that stays the same for its life, so
 * that other columns can hold more about it. 24 bytes for each, and no pause however large it is:
 * the table grows by splitting one bucket for each string added (linear hashing), and copies nothing.
 *
 * Two strings with the same 128 bits of digest count as one: nobody finds such a pair of SHA-256.
 */
export class DigestTable {
  readonly #words = [new Column(), new Column(), new Column(), new Column()] as const
  /** The next place of the same bucket; for a free place, the next free one. */
  readonly #chain = new Column()
  readonly #heads = new Column(NONE)
  // Unknown outside, so that nobody can choose strings that fall into one bucket.
  readonly #seed = randomInt(2 ** 32)
  #buckets = FIRST_BUCKETS
  /** Buckets of the present round before any was split: a power of two. */
  #round = FIRST_BUCKETS
  #opened = 0
  #free = NONE
  #size = 0
  // Who looks for a string often comes back with it at once, to add it.
  readonly #sought = new Uint32Array(4)
  #soughtText: string | undefined

  constructor() {
    for (let bucket = 0; bucket < FIRST_BUCKETS; bucket += 1) this.#heads.open(bucket)
  }

  get size(): number {
    return this.#size
  }

  /** @returns its place, or `NONE` */
  find(text: string): number {
    const sought = this.#digest(text)
    const [zero, one, two, three] = this.#words
    let place = this.#heads.get(this.#bucket(sought[0]!))
    while (place !== NONE) {
      if (
        zero.get(place) === sought[0] &&
        one.get(place) === sought[1] &&
        two.get(place) === sought[2] &&
        three.get(place) === sought[3]
      )
        return place
      place = this.#chain.get(place)
    }
    return NONE
  }

  /** Adds the string, which must not be there. @returns its place */
  add(text: string): number {
    const sought = this.#digest(text)
    const place = this.#place()
    for (let index = 0; index < 4; index += 1) this.#words[index]!.set(place, sought[index]!)
    this.#size += 1
    this.#push(this.#bucket(sought[0]!), place)
    if (this.#size > this.#buckets) this.#split()
    return place
  }

  remove(place: number): void {
    const bucket = this.#bucket(this.#words[0].get(place))
    const after = this.#chain.get(place)
    let at = this.#heads.get(bucket)
    if (at === place) this.#heads.set(bucket, after)
    else {
      while (this.#chain.get(at) !== place) at = this.#chain.get(at)
      this.#chain.set(at, after)
    }
    this.#chain.set(place, this.#free)
    this.#free = place
    this.#size -= 1
  }

  #digest(text: string): Uint32Array {
    if (text !== this.#soughtText) digest(text, this.#sought)
    this.#soughtText = text
    return this.#sought
  }

  #place(): number {
    if (this.#free !== NONE) {
      const place = this.#free
      this.#free = this.#chain.get(place)
      return place
    }
    const place = this.#opened
    for (const column of this.#words) column.open(place)
    this.#chain.open(place)
    this.#opened += 1
    return place
  }

  #bucket(word: number): number {
    let mixed = Math.imul(word ^ this.#seed, 0x9e37_79b1)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b)
    mixed = (mixed ^ (mixed >>> 13)) >>> 0
    const bucket = mixed & (2 * this.#round - 1)
    return bucket < this.#buckets ? bucket : bucket - this.#round
  }

  #push(bucket: number, place: number): void {
    this.#chain.set(place, this.#heads.get(bucket))
    this.#heads.set(bucket, place)
  }

  // The first bucket not yet split in this round shares its chain with a new one.
  #split(): void {
    const old = this.#buckets - this.#round
    this.#heads.open(this.#buckets)
    this.#buckets += 1
    let place = this.#heads.get(old)
    this.#heads.set(old, NONE)
    while (place !== NONE) {
      const next = this.#chain.get(place)
      this.#push(this.#bucket(this.#words[0].get(place)), place)
      place = next
    }
    if (this.#buckets === 2 * this.#round) this.#round = this.#buckets
  }
}

const scratch = Buffer.alloc(48)
const words = new Uint32Array(scratch.buffer, scratch.byteOffset, 8)

// Only what an encoder writes (its last character has two bits to spare): no two spell one digest.
const SHA256 = /^[\w-]{42}[AEIMQUYcgkosw048]$/

/**
 * 128 bits of a string. What looks like a SHA-256 in base64url is taken as one, and folded, so that
 * strings alike in one half still differ.
 */
function digest(text: string, into: Uint32Array): void {
  if (SHA256.test(text)) scratch.write(text, 'base64url')
  else hash('sha256', text, 'buffer').copy(scratch)
  for (let index = 0; index < 4; index += 1) into[index] = words[index]! ^ words[index + 4]!
}
