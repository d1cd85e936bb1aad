import type { Put, ReplayMemory } from '@holdfast/store'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, describe, expect, test } from 'vitest'
import { BEARER, dpop, answerOf, refusal } from './answers.ts'
import { dpopFields, memorySince, type Outgoing, raise, type Scenery, START } from './stage.ts'

const ONCE = 'The proof is used once.'
const SEEN = {
  status: 401,
  challenges: [BEARER, dpop('invalid_dpop_proof', ONCE)],
  error: 'invalid_dpop_proof',
}

describe('used proofs', async () => {
  const clock = { now: START }
  const stage = await raise({ clock })
  afterAll(() => stage.close())

  test('20 parallel uses of one proof are one success', async () => {
    const request = await stage.honest()
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.send(request)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answerOf(answer)).toEqual(refusal(SEEN))
  })

  test('a second use is refused to the end of the window, and after it as old', async () => {
    const request = await stage.honest()
    expect((await stage.send(request)).status).toBe(200)
    expect(answerOf(await stage.send(request))).toEqual(refusal(SEEN))
    clock.now += 60_000
    expect(answerOf(await stage.send(request))).toEqual(refusal(SEEN))
    clock.now += 1
    expect(answerOf(await stage.send(request))).toEqual(
      refusal({
        ...SEEN,
        challenges: [BEARER, dpop('invalid_dpop_proof', 'The proof was made just now.')],
      }),
    )
  })

  test('the same jti in a new proof of the same key is a second use; at another URL it is not', async () => {
    const token = await stage.token()
    const send = async (path: string) => {
      const proof = await stage.proof({ token, path, claims: { jti: 'again' } })
      return stage.send({ path, fields: dpopFields(token, proof) })
    }
    expect((await send('/accounts')).status).toBe(200)
    expect((await send('/anything')).status).toBe(200)
    expect(answerOf(await send('/accounts'))).toEqual(refusal(SEEN))
  })

  test('a proof that was refused has not been used', async () => {
    const token = await stage.token({ scope: '' })
    const request = await stage.honest({ token })
    expect((await stage.send(request)).status).toBe(403)
    expect((await stage.send(request)).status).toBe(403)
    const good = await stage.honest()
    expect((await stage.send({ ...good, method: 'POST', path: '/payments' })).status).toBe(401)
    expect((await stage.send(good)).status).toBe(200)
  })
})

describe('a memory in trouble', () => {
  const answering = (put: () => Promise<Put>, more: Partial<ReplayMemory> = {}): ReplayMemory => ({
    generation: 'one',
    since: START - 60_000,
    put,
    nonceGiven: async () => undefined,
    look: async () => undefined,
    ...more,
  })
  const limited = (limits: { records: number; perOwner: number }) => {
    const clock = { now: START - 60_000 }
    const memory = new ReplayMemoryInProcess(() => clock.now, limits)
    clock.now = START
    return memory
  }
  async function answers(scenery: Scenery, requests: number) {
    const stage = await raise(scenery)
    const given = []
    for (let round = 0; round < requests; round += 1)
      given.push(await stage.send(await stage.honest()))
    await stage.close()
    expect(stage.errors).toEqual([])
    return given
  }
  const refused = (status: number) => ({
    status,
    challenges: [],
    error: 'temporarily_unavailable',
    retryAfter: '5',
  })

  test('unreachable: 503', async () => {
    const memory = answering(() => Promise.reject(new Error('connection refused')))
    const [answer] = await answers({ memory }, 1)
    expect(answerOf(answer!)).toEqual(refusal(refused(503)))
    expect(answer!.body['error_description']).not.toContain('connection')
  })

  test('full: 503, and nothing is forgotten to make room', async () => {
    const [first, second] = await answers({ memory: limited({ records: 1, perOwner: 9 }) }, 2)
    expect(first!.status).toBe(200)
    expect(answerOf(second!)).toEqual(refusal(refused(503)))
  })

  test('one key over its quota: 429', async () => {
    const [first, second] = await answers({ memory: limited({ records: 9, perOwner: 1 }) }, 2)
    expect(first!.status).toBe(200)
    expect(answerOf(second!)).toEqual(refusal(refused(429)))
  })

  test('lost between our looking and our put: a nonce is asked for', async () => {
    const [answer] = await answers({ memory: answering(async () => 'new-generation') }, 1)
    expect(answerOf(answer!)).toEqual(
      refusal({
        status: 401,
        challenges: [
          BEARER,
          dpop('use_dpop_nonce', 'The memory of used proofs has not been lost meanwhile.'),
        ],
        error: 'use_dpop_nonce',
        nonce: true,
      }),
    )
  })

  test('nobody is given a nonce that cannot be remembered: 503', async () => {
    const nonceGiven = () => Promise.reject(new Error('connection refused'))
    const memory = answering(async () => 'new-generation', { nonceGiven })
    const [answer] = await answers({ memory }, 1)
    expect(answerOf(answer!)).toEqual(refusal(refused(503)))
    expect(answer!.nonce).toBeUndefined()
  })

  test('a client cannot make us remember for longer than we could accept', async () => {
    const clock = { now: START }
    const inner = memorySince(START - 60_000, clock)
    const remembered: number[] = []
    const memory: ReplayMemory = {
      generation: inner.generation,
      since: inner.since,
      put: (use) => {
        remembered.push(use.until)
        return inner.put(use)
      },
      nonceGiven: (...given) => inner.nonceGiven(...given),
      look: () => inner.look(),
    }
    const stage = await raise({ clock, memory, route: { nonce: 'required' } })
    const { nonce } = await stage.send(await stage.honest())
    const token = await stage.token()
    const proof = await stage.proof({ token, claims: { nonce, iat: 9e12 } })
    const request: Outgoing = { fields: dpopFields(token, proof) }
    expect((await stage.send(request)).status).toBe(200)
    expect(remembered).toEqual([START + 300_000 + 5_000])
    await stage.close()
  })
})
