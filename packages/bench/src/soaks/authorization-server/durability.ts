/** What was acknowledged is there after kill -9, and what was used is not unused again. */
import { setTimeout as pause } from 'node:timers/promises'
import { Broken, type Findings, type Say, type Soak } from '../soak.ts'
import { ENGINES, type Kind } from './engines.ts'
import { Installation } from './installation.ts'
import { Ledger } from './ledger.ts'
import { Requests } from './requests.ts'

const NODES = 2
const WORKERS = 4

/** Milliseconds: the load before a kill, and how long a store stays away. */
const LOAD = { least: 1_000, most: 5_000 }
const AWAY = 700

export const durability: Soak = {
  name: 'as-durability',
  shows:
    'Every refresh token, grant, revocation and single use that two authorization servers have acknowledged is there after kill -9 of the store, or of both of them; while the store is away they refuse with 503, and serve again without a restart.',
  counts: 'kills',
  rounds: 50,
  engines: ENGINES,
  run: (rounds, say, engine) => run(rounds, say, engine),
}

/** Shorter than the others by default: whoever waits for a replica is slow. */
export const failover: Soak = {
  name: 'as-failover',
  shows:
    'The same where Redis is killed and the replica, which must have every write before it counts, takes its place.',
  counts: 'kills, every other of them of Redis',
  rounds: 20,
  run: (rounds, say) => run(rounds, say, 'redis-replica'),
}

async function run(rounds: number, say: Say, kind: Kind): Promise<Findings> {
  const installation = await Installation.start(kind, NODES)
  const material = await installation.material('private-key-jwt-dpop')
  const clients = await Promise.all(Array.from({ length: WORKERS }, () => Requests.of(material)))
  const [broken, total] = [new Broken(), new Ledger()]
  try {
    for (let round = 0; round < rounds; round += 1) {
      const ledgers = clients.map(() => new Ledger())
      // A store in the servers' own process dies with them; another is killed in turn with them.
      const isOfNodes = kind === 'sqlite' || round % 2 === 1
      await strike(installation, isOfNodes, (signal) =>
        Promise.all(
          clients.map((client, one) =>
            load(client, ledgers[one]!, { resource: installation.resource, signal }),
          ),
        ),
      )
      for (const [one, client] of clients.entries()) {
        const ledger = ledgers[one]!
        for (const what of await ledger.check(client)) broken.add(`kill ${round + 1}: ${what}`)
        total.add(ledger)
      }
      say(`kill ${round + 1}: ${total.summary()}`)
    }
    for (const what of await total.checkGrants(clients[0]!)) broken.add(`at the end: ${what}`)
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    await installation.close()
  }
  if (kind !== 'sqlite' && rounds > 1 && total.refused === 0)
    broken.add('nothing was refused while the store was away')
  if (total.undecided > total.decided) broken.add('most of what was tried again was answered 503')
  return { table: [{ store: kind, kills: rounds, ...total.counts() }], broken: broken.list }
}

/** Kills at a random moment under load, and mends. */
async function strike(
  { nodes, store }: Installation,
  isOfNodes: boolean,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const ending = new AbortController()
  const working = work(ending.signal)
  await pause(LOAD.least + Math.random() * (LOAD.most - LOAD.least))
  if (isOfNodes) {
    await Promise.all(nodes.map((node) => node.kill()))
    ending.abort()
    await working
    await Promise.all(nodes.map((node) => node.start()))
    return
  }
  await store.kill()
  await pause(AWAY)
  await store.start()
  ending.abort()
  await working
  await Promise.all(nodes.map((node) => node.ready()))
}

async function load(
  client: Requests,
  ledger: Ledger,
  { resource, signal }: { readonly resource: string; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (let n = 0; n < 2; n += 1) await ledger.useAssertion(client)
      await ledger.runFlow(client, resource)
    } catch {
      // No connection, or a page that says 503: nothing was acknowledged.
      ledger.cutOff += 1
      await pause(10)
    }
  }
}
