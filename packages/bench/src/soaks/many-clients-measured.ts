import { type Issuer, startIssuer } from '../load/issuer.ts'
import { Client } from './client.ts'
import { costOf, type Decide, decider } from './decisions.ts'
import type { Measuring } from './in-child.ts'
import { begun } from './memory.ts'
import { protection } from './protection.ts'
import { sideBySide } from './side-by-side.ts'
import { Broken, type Line } from './soak.ts'

const SMALLEST = 10
/** Keys that a server keeps if it is not told otherwise, and tokens that a reader keeps. */
const KEPT = 10_000
/** How many times the cost for the smallest number a decision may cost. */
const FLAT = 1.25
/** A key to import for each, and a token to parse. */
const GRACEFUL = 3

const REPETITIONS = 31
const DECISIONS = 100

export const measure: Measuring['measure'] = async (most, say) => {
  const [issuer, broken] = [await startIssuer(), new Broken()]
  const table: Line[] = []
  const clients: Client[] = []
  try {
    for (let size = SMALLEST; size <= most; size *= 10) {
      while (clients.length < size) {
        clients.push(new Client(issuer))
        // The issuer is in this process, and must not seem to have gone.
        if (clients.length % 100 === 0) await new Promise(setImmediate)
      }
      const [ours, smallest] = [fresh(issuer), fresh(issuer)]
      const [all, few] = [new Turns(clients), new Turns(clients.slice(0, SMALLEST))]
      // A round for each: what is measured is a client that comes back.
      for (let done = 0; done < size; done += DECISIONS) await costOf(ours, all.next())
      const { cost, times } = await sideBySide(
        () => costOf(ours, all.next()),
        () => costOf(smallest, few.next()),
        REPETITIONS,
      )
      const allowed = size <= KEPT ? FLAT : GRACEFUL
      table.push({
        clients: size,
        kept: size <= KEPT ? 'all' : 'none in time',
        'decision µs': round(cost),
        '× at 10': round(times),
        allowed,
      })
      say(`${size.toLocaleString('en')} clients: × ${round(times)}`)
      if (times > allowed) broken.add(`with ${size} clients a decision costs ${round(times)} ×`)
    }
    return { table, broken: broken.list }
  } finally {
    issuer.close()
  }
}

const round = (value: number): number => Math.round(value * 100) / 100

/** A server that has seen nobody yet. */
const fresh = ({ url }: Issuer): Decide => decider(protection(url, begun()))

class Turns {
  readonly #clients: readonly Client[]
  #next = 0

  constructor(clients: readonly Client[]) {
    this.#clients = clients
  }

  next(): readonly Client[] {
    const { length } = this.#clients
    const first = this.#next
    this.#next = (first + DECISIONS) % length
    return Array.from(
      { length: DECISIONS },
      (_, turn) => this.#clients[(first + turn) % length] ?? [],
    ).flat()
  }
}
