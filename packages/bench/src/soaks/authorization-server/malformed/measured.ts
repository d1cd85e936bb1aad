import { randomInt } from 'node:crypto'
import type { Measuring } from '../../in-child.ts'
import { growthOf } from '../../growth.ts'
import { Random } from '../../malformed/random.ts'
import { answersOf, spoilt } from '../../malformed/wire.ts'
import { Broken, type Findings } from '../../soak.ts'
import { completed, EDITS, type Edited } from './edits.ts'
import { faultOf } from './fault.ts'
import { generated } from './generated.ts'
import { type Held, HONEST } from './honest.ts'
import { Journey } from './journey.ts'
import { bytesOf, Lane } from './lane.ts'
import { Tally, type Way } from './tally.ts'
import { startTarget, type Target } from './target.ts'

/** Requests from what one journey has brought; before the next, it is made anew. */
const FROM_ONE = 1_000
const LANES = 8
/** One in so many is spoilt as bytes, one in so many is generated; the others are edited. */
const [BYTES, GENERATED] = [50, 4]
/** Bytes by which the heap may grow: what is remembered of failures has a bound, too. */
const GROWTH = 8 * 2 ** 20
const NAMES = Object.keys(EDITS)
const HONEST_WAYS = Object.values(HONEST)

export const measure: Measuring['measure'] = async (rounds, say) => {
  const seed = randomInt(2 ** 31)
  say(`seed ${seed}`)
  const broken = new Broken()
  for (const event of ['uncaughtException', 'unhandledRejection', 'warning'] as const)
    process.on(event, (what: unknown) => broken.add(`${event}: ${String(Object(what).stack)}`))
  const target = await startTarget(({ outcome, endpoint, reason }) => {
    if (outcome === 'failed') broken.add(`${endpoint} failed: ${reason}`)
  })
  const soak = new Malformed({ target, broken, random: new Random(seed) })
  try {
    return soak.findings(await growthOf(soak, rounds, say))
  } finally {
    soak.close()
    await target.close()
  }
}

interface Stage {
  readonly target: Target
  readonly broken: Broken
  readonly random: Random
}

class Malformed {
  readonly #stage: Stage
  readonly #lanes: readonly Lane[]
  readonly #journey: Journey
  readonly #tally = new Tally()

  constructor(stage: Stage) {
    const lane = () => new Lane(stage.target.connect)
    this.#stage = stage
    this.#lanes = Array.from({ length: LANES }, lane)
    this.#journey = new Journey(stage.target, lane(), stage.broken)
  }

  get sent(): number {
    return this.#tally.total
  }

  close(): void {
    for (const lane of this.#lanes) lane.close()
  }

  async send(count: number): Promise<void> {
    for (let left = count; left > 0; left -= FROM_ONE)
      await this.#fromOne(await this.#journey.make(), Math.min(left, FROM_ONE))
    await this.#journey.make()
  }

  findings(growth: number): Findings {
    const { broken } = this.#stage
    if (growth > GROWTH) broken.add(`the heap has grown by ${growth} bytes`)
    const more = { 'honest, accepted': this.#journey.accepted, 'heap grown by, bytes': growth }
    return { table: this.#tally.lines(more), broken: broken.list }
  }

  async #fromOne(held: Held, count: number): Promise<void> {
    const made = generated(this.#stage.random.below(2 ** 31), Math.ceil(count / GENERATED))
    let left = count
    const work = async (lane: Lane) => {
      while (left > 0) {
        left -= 1
        if (left % BYTES === 0) await this.#spoilt(held)
        else
          await this.#one(lane, held, left % GENERATED === 0 ? made[left / GENERATED] : undefined)
      }
    }
    await Promise.all(this.#lanes.map(work))
  }

  async #one(lane: Lane, held: Held, made: Edited | undefined): Promise<void> {
    const [name, edited] = made ? ['generated', made] : this.#edited(held)
    const about = () => `${name}: ${bytesOf(edited).toString('latin1')}`
    await this.#judged(made ? 'generated' : 'edited', about, async () => [await lane.send(edited)])
  }

  #edited(held: Held): readonly [name: string, Edited] {
    const { random } = this.#stage
    const name = random.pick(NAMES)
    const parts = random.pick(HONEST_WAYS)(held)
    const side = random.below(8) ? parts.side : 'alias'
    const edited = EDITS[name]?.({ ...parts, side }, random, held.client)
    return [name, edited ?? completed(parts, held.client)]
  }

  async #spoilt(held: Held): Promise<void> {
    const { random, target } = this.#stage
    const parts = completed(random.pick(HONEST_WAYS)(held), held.client)
    const bytes = spoilt(bytesOf(parts, ['Connection: close']), random)
    const about = () => `bytes: ${bytes.toString('base64')}`
    await this.#judged('spoilt bytes', about, async () => {
      const answers = await answersOf(() => target.connect(parts.side), bytes)
      return answers.map(({ status, body: whole }) => {
        const [head = '', ...body] = whole.split('\r\n\r\n')
        return { status, head, body: body.join('\r\n\r\n') }
      })
    })
  }

  async #judged(
    way: Way,
    about: () => string,
    send: () => Promise<readonly Parameters<typeof faultOf>[0][]>,
  ): Promise<void> {
    const { broken } = this.#stage
    const told = () => about().slice(0, 3_000)
    try {
      const answers = await send()
      this.#tally.add(way, answers[0]?.status ?? 0)
      for (const answer of answers) {
        const fault = faultOf(answer)
        if (fault) broken.add(`${fault} for ${told()}`)
      }
    } catch (error) {
      broken.add(`${String(error)} for ${told()}`)
    }
  }
}
