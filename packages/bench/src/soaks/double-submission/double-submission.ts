import { type Issuer, startIssuer } from '../../load/issuer.ts'
import { freePort, installed } from '../processes.ts'
import { RedisAddress } from '../redis-address.ts'
import { RedisServer } from '../redis-server.ts'
import { CannotRun } from '../cannot-run.ts'
import { Broken, type Findings, type Line, type Say, type Soak } from '../soak.ts'
import { away, shaken, steady } from './answers.ts'
import { Fleet } from './fleet.ts'
import { type Incident, incidents } from './incidents.ts'
import { Traffic } from './traffic.ts'

const SERVER = new URL('./server.ts', import.meta.url)
const NODES = 4

/** @param server the program of each process */
export const doubleSubmission = (server = SERVER): Soak => ({
  name: 'double-submission',
  shows:
    'Of one request sent twice in parallel one is accepted: on one process, on four that share Redis, and while Redis is killed, flushed and failed over.',
  counts: 'pairs in each of the three parts',
  rounds: 100_000,
  run: (rounds, say) => run({ server, rounds, say }),
})

interface Run {
  readonly server: URL
  readonly rounds: number
  readonly say: Say
}

interface Part extends Run {
  readonly issuer: Issuer
  readonly broken: Broken
}

async function run(given: Run): Promise<Findings> {
  if (!installed('redis-server')) throw new CannotRun('redis-server is not installed')
  const [issuer, broken] = [await startIssuer(), new Broken()]
  const part = { ...given, issuer, broken }
  const table: Line[] = []
  try {
    for (const send of [inOneProcess, onFour, throughLosses])
      if (broken.list.length === 0) table.push(await send(part))
  } catch (error) {
    broken.add(String(Object(error).stack)) // a server that ended, or that does not recover
  } finally {
    issuer.close()
  }
  return { table, broken: broken.list }
}

async function inOneProcess(part: Part): Promise<Line> {
  const fleet = await Fleet.start(part.server, 1, { issuerUrl: part.issuer.url })
  return quietly(part, 'one process', fleet)
}

async function onFour(part: Part): Promise<Line> {
  const redis = await RedisServer.start()
  try {
    const settings = { issuerUrl: part.issuer.url, redis: redis.path }
    return await quietly(
      part,
      'four processes, Redis',
      await Fleet.start(part.server, NODES, settings),
    )
  } finally {
    await redis.kill()
  }
}

/** Nothing happens but the traffic. */
async function quietly(part: Part, title: string, fleet: Fleet): Promise<Line> {
  return withTraffic(part, title, fleet, async (traffic) => {
    const challenged = await traffic.served(title)
    for (const share of shares(part.rounds, 10)) {
      await traffic.pairsOf(share, title, steady)
      part.say(`${title}: ${traffic.pairs.toLocaleString('en')} pairs`)
    }
    return { again: await traffic.again(title), challenged }
  })
}

async function throughLosses(part: Part): Promise<Line> {
  const first = await RedisServer.start('--port', String(await freePort()))
  const address = new RedisAddress(first)
  const title = 'the same, Redis lost'
  try {
    const settings = { issuerUrl: part.issuer.url, redis: address.path }
    const fleet = await Fleet.start(part.server, NODES, settings)
    return await withTraffic(part, title, fleet, async (traffic) => {
      const all = incidents(address, first)
      const pairs = shares(part.rounds, all.length)
      let [again, challenged] = [0, await traffic.served(title)]
      for (const [index, incident] of all.entries()) {
        const found = await lose(traffic, fleet, { incident, pairs: pairs[index] ?? 1 })
        again += found.again
        challenged += found.challenged
        const { accepted, unavailable } = traffic.tally
        part.say(
          `${incident.title}: ${traffic.pairs} pairs, ${accepted} accepted, ${unavailable} × 503`,
        )
      }
      return { again, challenged }
    })
  } finally {
    await Promise.all([first.kill(), address.behind.kill()])
  }
}

interface Loss {
  readonly incident: Incident
  readonly pairs: number
}

/** Traffic before, during and after one loss; then what was accepted before is sent again. */
async function lose(traffic: Traffic, fleet: Fleet, { incident, pairs }: Loss): Promise<Counted> {
  const { title, prepare, strike, mend } = incident
  const before = await fleet.agree()
  await traffic.pairsOf(Math.ceil(pairs * 0.7), `before ${title}`, steady)
  if (prepare) await traffic.during(prepare, `before ${title}`, steady)
  await traffic.pairsOf(Math.ceil(pairs * 0.1), `before ${title}`, steady)
  await traffic.during(strike, title, shaken)
  if (mend) {
    await traffic.pairsOf(Math.ceil(pairs * 0.1), `${title}: away`, away)
    await traffic.during(mend, title, shaken)
  }
  await traffic.during(() => fleet.agree(before), `after ${title}`, shaken)
  const again = await traffic.again(`sent again after ${title}`)
  const challenged = await traffic.served(`after ${title}`)
  await traffic.pairsOf(Math.ceil(pairs * 0.1), `after ${title}`, steady)
  return { again, challenged }
}

interface Counted {
  /** Accepted requests that were sent again, twice each. */
  readonly again: number
  /** Honest clients that were challenged once, and served, when all nodes had recovered. */
  readonly challenged: number
}

async function withTraffic(
  { issuer, broken }: Part,
  part: string,
  fleet: Fleet,
  send: (traffic: Traffic) => Promise<Counted>,
): Promise<Line> {
  const traffic = await Traffic.start(fleet, issuer, broken)
  const began = performance.now()
  try {
    const { again, challenged } = await send(traffic)
    const seconds = Math.round((performance.now() - began) / 1000)
    const { tally, pairs } = traffic
    const { accepted, seen, unavailable } = tally
    const answers = { accepted, seen, challenged: tally.challenged, 'refused 503': unavailable }
    return {
      part,
      pairs,
      ...answers,
      'sent again': again,
      'clients challenged once': challenged,
      seconds,
    }
  } finally {
    traffic.close()
    await fleet.close()
  }
}

/** A number of pairs in so many shares, each at least one. */
const shares = (rounds: number, parts: number): readonly number[] =>
  Array.from({ length: parts }, () => Math.max(1, Math.ceil(rounds / parts)))
