/**
 * Redis that may lose what it acknowledged: what was used before the loss is not accepted after it, and what
 * was not lost works again by itself.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@holdfast/client'
import { eventually, freePort } from '../processes.ts'
import { follow, RedisAddress } from '../redis-address.ts'
import { RedisServer } from '../redis-server.ts'
import { Broken, type Findings, type Line, type Say, type Soak } from '../soak.ts'
import type { Store } from './engines.ts'
import { Installation } from './installation.ts'
import { type Answer, LONGEST_LIFE, Requests, told } from './requests.ts'

const NODES = 2
const CC = { grant_type: 'client_credentials' }
const UNAVAILABLE = '503 temporarily_unavailable'

/** Milliseconds: how long single use is refused, by default. */
const QUARANTINE = 660_000

export const redisLoss: Soak = {
  name: 'as-redis-loss',
  shows:
    'Where Redis has lost what it acknowledged, no assertion of before is accepted: until the longest-lived is over what is used once is refused with 503, every proof is challenged, and the rest is served; then all of it again, without a restart.',
  counts: 'losses of each kind, one after the other; each takes eleven minutes',
  rounds: 1,
  run,
}

async function run(rounds: number, say: Say): Promise<Findings> {
  const [broken, table] = [new Broken(), [] as Line[]]
  for (let round = 0; round < rounds; round += 1) {
    // They start one after the other, for a machine is busy with that, and wait together.
    const begun = []
    for (const [title, set] of Object.entries(LOSSES))
      begun.push({ title, through: await startLoss(set) })
    await Promise.all(
      begun.map(async ({ title, through }) => {
        const { wrong, tried } = await through(waitedOut)
        for (const what of wrong) broken.add(`${title}: ${what}`)
        table.push({ loss: title, 'tried again': tried, wrong: wrong.length })
        say(`${title}: the old assertion tried ${tried} times, ${wrong.length} wrong answers`)
      }),
    )
  }
  return { table, broken: broken.list }
}

interface Loss {
  readonly store: Store
  /** From here on what is written is lost. */
  readonly prepare: () => Promise<unknown>
  readonly strike: () => Promise<unknown>
  /** The server in which it shows. */
  readonly after: () => RedisServer
  /** Clients and keys are lost as well. */
  readonly isOfAll?: true
}

type Setting = () => Promise<Loss>

/** By their titles. */
export const LOSSES: { readonly [title: string]: Setting } = {
  'a restart with an older snapshot': async () => {
    const server = await RedisServer.start()
    return {
      store: storeAt(server.path, () => server.kill()),
      prepare: () => server.ask('SAVE'),
      strike: async () => {
        await server.kill()
        await server.start()
      },
      after: () => server,
    }
  },
  'the promotion of a replica that lags': async () => {
    const start = async () => RedisServer.start('--port', String(await freePort()))
    const [first, replica] = [await start(), await start()]
    await follow(replica, first)
    const address = new RedisAddress(first)
    return {
      store: storeAt(address.path, () => Promise.all([first.kill(), replica.kill()])),
      prepare: async () => replica.ask('REPLICAOF', '127.0.0.1', String(await freePort())),
      strike: async () => {
        await first.kill()
        await replica.ask('REPLICAOF', 'NO', 'ONE')
        address.leadTo(replica)
      },
      after: () => replica,
    }
  },
  FLUSHALL: async () => {
    const server = await RedisServer.start()
    return {
      store: storeAt(server.path, () => server.kill()),
      prepare: async () => undefined,
      strike: () => server.ask('FLUSHALL'),
      after: () => server,
      isOfAll: true,
    }
  },
}

const storeAt = (path: string, kill: () => Promise<unknown>): Store => ({
  setting: `redis://localhost?socket=${path}`,
  kill: async () => void (await kill()),
  start: async () => undefined,
  outages: [],
})

/** How the end of the refusal comes. @param again what is to be refused until then */
type End = (server: RedisServer, again: () => Promise<unknown>) => Promise<void>

const SENTINEL = '{holdfast}:records'

/** Milliseconds since the epoch. */
async function momentOf(server: RedisServer, field: 'lost_at' | 'closed_until'): Promise<number> {
  const [, value = ''] = /(\d+)\s*$/.exec(await server.ask('HGET', SENTINEL, field)) ?? []
  return Number(value)
}

const waitedOut: End = async (server, again) => {
  const end = await momentOf(server, 'closed_until')
  while (Date.now() < end - 5_000) {
    await again()
    await pause(5_000)
  }
  await pause(6_000)
}

/** For a test, which has no eleven minutes; no clock of these processes can be turned. */
export const broughtNear: End = async (server, again) => {
  await again()
  for (const field of ['lost_at', 'closed_until'] as const) {
    const moment = await momentOf(server, field)
    await server.ask('HSET', SENTINEL, field, String(moment - QUARANTINE))
  }
}

export interface Seen {
  readonly wrong: readonly string[]
  /** How often the old assertion was tried. */
  readonly tried: number
}

/** @returns lets it happen */
export async function startLoss(set: Setting): Promise<(end: End) => Promise<Seen>> {
  const loss = await set()
  const installation = await Installation.start(loss.store, NODES)
  const client = await Requests.of(await installation.material('private-key-jwt-dpop'))
  const seen = new Expectations()
  return async (end) => {
    try {
      await new Passage({ installation, client, loss, seen }).pass(end)
    } finally {
      await client.close()
      await installation.close()
    }
    return seen
  }
}

class Expectations implements Seen {
  readonly wrong: string[] = []
  tried = 0

  equal(what: string, got: unknown, expected: unknown): void {
    if (got !== expected) this.wrong.push(`${what}: ${String(got)}, not ${String(expected)}`)
  }

  answer(what: string, answer: Answer, expected: string): void {
    this.equal(what, told(answer), expected)
    if (answer.status === 503) this.equal(`${what}: Retry-After`, answer.retryAfter, '5')
  }
}

interface Through {
  readonly installation: Installation
  readonly client: Requests
  readonly loss: Loss
  readonly seen: Expectations
}

/** From before the loss to after the refusal. */
class Passage {
  readonly #of: Through
  #assertion = ''

  constructor(of: Through) {
    this.#of = of
  }

  async pass(end: End): Promise<void> {
    const { client, loss, seen } = this.#of
    seen.answer('before', await client.send('/token', CC), '200')
    await loss.prepare()
    this.#assertion = await client.assertion(LONGEST_LIFE)
    const captured = { assertion: this.#assertion, proof: await client.proof('/token') }
    seen.answer('the first use', await client.once('/token', CC, captured), '200')
    await loss.strike()
    await this.#reconnected(captured)
    await this.#refused()
    await end(loss.after(), () => this.#again())
    await this.#served()
  }

  /** The captured request, until the nodes have found the store again. It is challenged then. */
  async #reconnected(captured: { readonly assertion: string; readonly proof: string }) {
    const { client, seen } = this.#of
    let last = ''
    await eventually('a challenge', async () => {
      last = told(await client.once('/token', CC, captured))
      return last !== UNAVAILABLE
    })
    seen.equal('the captured request', last, '400 use_dpop_nonce')
  }

  get #refusal(): string {
    // Who the client is cannot be said any more.
    return this.#of.loss.isOfAll ? '401 invalid_client' : UNAVAILABLE
  }

  async #again(): Promise<void> {
    const { client, seen } = this.#of
    seen.tried += 1
    const answer = await client.send('/token', CC, { assertion: this.#assertion })
    if (told(answer) !== '401 invalid_client') seen.answer('the old assertion', answer, UNAVAILABLE)
  }

  async #refused(): Promise<void> {
    const { client, installation, loss, seen } = this.#of
    const assertion = this.#assertion
    // A node may not have reached the store again yet, and refuses for that.
    if (!loss.isOfAll)
      await eventually('the loss noticed', async () => {
        seen.answer('while reconnecting', await client.send('/token', CC), this.#refusal)
        return (await momentOf(loss.after(), 'closed_until')) > 0
      })
    seen.answer('the used assertion', await client.send('/token', CC, { assertion }), this.#refusal)
    seen.answer('a new assertion', await client.send('/token', CC), this.#refusal)
    if (loss.isOfAll) seen.equal('preparing anew', await installation.prepare(), 2)
    else seen.equal('a client without assertions', await this.#byCertificate(), 'DPoP')
    const left = (await momentOf(loss.after(), 'closed_until')) - Date.now()
    seen.equal(
      `closed for ${left} ms more`,
      left > LONGEST_LIFE * 1_000 && left <= QUARANTINE,
      true,
    )
    for (const node of installation.nodes)
      seen.equal('ready', await node.isReady(), loss.isOfAll !== true)
  }

  /** Nothing of it is used once, but the proof. @returns the token's type */
  async #byCertificate(): Promise<string> {
    const { installation } = this.#of
    const client = await connect(await installation.material('tls-client-auth-dpop'))
    try {
      const { resource } = installation
      const tokens = await client.clientCredentials({ scope: 'accounts', resource })
      return tokens.token_type === 'dpop' ? 'DPoP' : tokens.token_type
    } finally {
      await client.close()
    }
  }

  async #served(): Promise<void> {
    const { client, installation, loss, seen } = this.#of
    if (loss.isOfAll) seen.equal('preparing anew at last', await installation.prepare(), 0)
    await Promise.all(installation.nodes.map((node) => node.ready()))
    seen.answer('a new assertion at last', await client.send('/token', CC), '200')
    const code = await client.code('openid accounts offline_access', installation.resource)
    const { resource } = installation
    const tokens = await client.send('/token', { ...client.redeem(code), resource })
    seen.answer('a whole flow at last', tokens, '200')
  }
}
