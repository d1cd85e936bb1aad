import { hash, randomUUID } from 'node:crypto'
import type { ReplayMemory } from '@holdfast/store'
import { startIssuer } from '../load/issuer.ts'
import { Client } from './client.ts'
import { costOf, type Decide, decider } from './decisions.ts'
import type { Measuring } from './in-child.ts'
import { begun, inUse } from './memory.ts'
import { protection } from './protection.ts'
import { sideBySide } from './side-by-side.ts'
import { Broken, type Line } from './soak.ts'

const SMALLEST = 100
/** How many times the cost at the smallest a decision may cost, and still count as flat. */
const FLAT = 1.25
/** Bytes for each record, from so many on: what is taken first is taken in whole pages. */
const BYTES = 100
const COUNTED_FROM = 10_000

const REPETITIONS = 31
/** Decisions of one repetition; few, so that the smallest memory remains small. */
const DECISIONS = 50
/** A memory up to this size is made anew for each repetition. */
const MADE_ANEW = 10_000
const CLIENTS = 10
const OWNERS = 1_000
const LIMITS = { records: 100_000_000, perOwner: 100_000_000 }
const HOUR = 3_600_000

export const measure: Measuring['measure'] = async (most, say) => {
  const [issuer, broken] = [await startIssuer(), new Broken()]
  const table: Line[] = []
  try {
    const clients = Array.from({ length: CLIENTS }, () => new Client(issuer))
    const turns = Array.from({ length: DECISIONS }, (_, turn) => clients[turn % CLIENTS] ?? [])
    const [ours, smallest] = [new Stage(issuer.url), new Stage(issuer.url)]
    for (let size = SMALLEST; size <= most; size *= 10) {
      const bytes = await ours.grow(size)
      const decide = (stage: Stage) => async () => costOf(await stage.ready(), turns.flat())
      const put = (stage: Stage) => () => stage.costOfPuts(DECISIONS)
      await smallest.grow(SMALLEST)
      const decision = await sideBySide(decide(ours), decide(smallest), REPETITIONS)
      const record = await sideBySide(put(ours), put(smallest), REPETITIONS)
      table.push({
        'live jtis': size,
        'decision µs': round(decision.cost),
        '× at 100': round(decision.times),
        'put µs': round(record.cost),
        'put × at 100': round(record.times),
        'bytes each': Math.round(bytes),
      })
      say(`${size.toLocaleString('en')} live jtis: × ${round(decision.times)}`)
      if (decision.times > FLAT)
        broken.add(`at ${size} a decision costs ${round(decision.times)} × that at ${SMALLEST}`)
      if (size >= COUNTED_FROM && bytes > BYTES)
        broken.add(`at ${size} a record takes ${Math.round(bytes)} bytes`)
    }
    return { table, broken: broken.list }
  } finally {
    issuer.close()
  }
}

const round = (value: number): number => Math.round(value * 100) / 100

/** A server whose memory can be made and filled to a size. */
class Stage {
  #memory = begun(LIMITS)
  #size = 0
  readonly #decide: Decide

  constructor(issuerUrl: string) {
    const memory: ReplayMemory = {
      generation: 'the same, whichever it is',
      since: Date.now() - HOUR,
      put: ({ key, owner, until }) => this.#memory.put({ key, owner, until }),
      nonceGiven: (owner, until) => this.#memory.nonceGiven(owner, until),
      look: () => this.#memory.look(),
    }
    this.#decide = decider(protection(issuerUrl, memory))
  }

  /** Makes a memory of this size. @returns bytes for each of its records */
  async grow(size: number): Promise<number> {
    this.#memory = begun(LIMITS)
    this.#size = size
    const before = inUse()
    await this.#fill()
    return (inUse() - before) / size
  }

  /** @returns what decides, with a memory of the size that was asked for */
  async ready(): Promise<Decide> {
    if (this.#size <= MADE_ANEW) {
      this.#memory = begun(LIMITS)
      await this.#fill()
    }
    return this.#decide
  }

  /** Microseconds of processor time for one put of a fresh use. */
  async costOfPuts(count: number): Promise<number> {
    await this.ready()
    const until = Date.now() + HOUR
    const uses = Array.from({ length: count }, () => ({
      key: keyOf(randomUUID()),
      owner: 'some',
      until,
    }))
    const began = process.cpuUsage()
    for (const use of uses) await this.#memory.put(use)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / count
  }

  // They end in the course of an hour, an hour from now: none does while we measure.
  async #fill(): Promise<void> {
    const from = Date.now() + HOUR
    for (let index = 0; index < this.#size; index += 1) {
      const [key, owner] = [keyOf(String(index)), `owner ${index % OWNERS}`]
      const put = await this.#memory.put({ key, owner, until: from + ((index * 7919) % HOUR) })
      if (put !== 'recorded') throw new Error(`the memory answers ${put}`)
    }
  }
}

const keyOf = (text: string): string => hash('sha256', text, 'base64url')
