/**
 * Two nodes on one Redis that loses everything: each honest client sees one challenge, wherever its
 * requests arrive. Neither node looks at the store by itself here, so that nothing is left to luck.
 */
import { randomUUID } from 'node:crypto'
import { ReplayMemoryInRedis } from '@holdfast/store/redis'
import { installed, leftOut, Redis } from '@holdfast/store/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dpopFields, raise, type Scenery, type Stage, START } from './stage.ts'

const present = installed('redis-server')
describe.runIf(!present)('left out', () => {
  leftOut('redis-server')
})
describe.runIf(present)('after a FLUSHALL', () => {
  const clock = { now: START }
  const closing: (() => Promise<void>)[] = []
  let redis: Redis
  beforeAll(async () => {
    redis = await Redis.start()
  })
  afterAll(async () => {
    for (const close of closing) await close()
    await redis.stop()
  })

  async function nodes(route: Scenery['route'] = {}) {
    const name = randomUUID()
    const node = async (reading: Scenery['reading'] = {}): Promise<Stage> => {
      const options = { server: redis.server, name, margin: 0, every: 3_600_000 }
      const memory = await ReplayMemoryInRedis.open({ ...options, now: () => clock.now })
      const nonceSecret = new Uint8Array(32).fill(7)
      const stage = await raise({ clock, memory, reading, route: { nonceSecret, ...route } })
      closing.push(
        () => stage.close(),
        () => memory.close(),
      )
      return stage
    }
    const one = await node()
    const two = await node({ fetch: one.issuer.fetch })
    clock.now += 60_000 // both memories have been complete for long
    return [one, two] as const
  }

  async function client([home]: readonly [Stage, Stage]) {
    const bearer = await home.token()
    return async (at: Stage, nonce?: string) => {
      const claims = nonce === undefined ? {} : { nonce }
      return at.send({ fields: dpopFields(bearer, await home.proof({ token: bearer, claims })) })
    }
  }

  async function flushed(route?: Scenery['route']) {
    const both = await nodes(route)
    const send = await client(both)
    const challenged = await send(both[0], 'of somebody else')
    expect((await send(both[1], challenged.nonce)).status).toBe(200)
    await redis.ask('FLUSHALL')
    return { both, send, nonce: challenged.nonce }
  }

  test.for(['off', 'required'] as const)('one challenge, nonce %s', async (nonce) => {
    const { both, send } = await flushed({ nonce })
    for (const [first, second] of [both, [both[1], both[0]]] as const) {
      const challenged = await send(first)
      expect([challenged.status, challenged.body['error']]).toEqual([401, 'use_dpop_nonce'])
      expect((await send(second, challenged.nonce)).status).toBe(200)
      expect((await send(first, challenged.nonce)).status).toBe(200)
    }
  })

  test.for([0, 1])('one challenge for a nonce of before, first at node %i', async (first) => {
    const { both, send, nonce } = await flushed()
    const challenged = await send(both[first]!, nonce)
    expect([challenged.status, challenged.body['error']]).toEqual([401, 'use_dpop_nonce'])
    expect((await send(both[1 - first]!, challenged.nonce)).status).toBe(200)
  })

  test('a use from before is not accepted again, on either node', async () => {
    const both = await nodes()
    const used = await both[0].honest()
    expect((await both[0].send(used)).status).toBe(200)
    await redis.ask('FLUSHALL')
    for (const node of [both[1], both[0], both[1]]) expect((await node.send(used)).status).toBe(401)
  })

  test('who was given a nonce by one node must use one at the other', async () => {
    const both = await nodes()
    const send = await client(both)
    const given = await send(both[0], 'of somebody else')
    const bare = await send(both[1])
    expect([bare.status, bare.body['error']]).toEqual([401, 'use_dpop_nonce'])
    expect((await send(both[1], given.nonce)).status).toBe(200)
  })
})
