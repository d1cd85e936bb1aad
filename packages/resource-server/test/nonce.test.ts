import { ReplayMemoryInProcess } from '@holdfast/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BEARER, dpop, answerOf, refusal } from './answers.ts'
import { jkt, newSigner } from './mint.ts'
import { dpopFields, type Incoming, raise, type Scenery, START } from './stage.ts'

const NO_MEMORY = 'The memory of used proofs reaches back to the making of this one.'
const NOT_OURS = 'A nonce in the proof is a fresh one of ours.'
const REQUIRED = 'Where a nonce is required, the proof has one.'
const SECRET = new Uint8Array(32).fill(7)

const wanted = (description: string) => ({
  status: 401,
  challenges: [BEARER, dpop('use_dpop_nonce', description)],
  error: 'use_dpop_nonce',
  nonce: true,
})

async function set(scenery: Scenery = {}) {
  const clock = { now: START }
  const stage = await raise({ clock, nonceSecret: SECRET, ...scenery })
  onTestFinished(() => stage.close())
  const send = async (nonce?: string, claims = {}): Promise<Incoming> => {
    const token = await stage.token()
    const proof = await stage.proof({
      token,
      claims: { ...(nonce !== undefined && { nonce }), ...claims },
    })
    return stage.send({ fields: dpopFields(token, proof) })
  }
  return { clock, stage, send }
}

describe('after a restart', () => {
  const fresh = () => ({ memory: new ReplayMemoryInProcess(() => START) })

  test('one challenge with a nonce, then 200', async () => {
    const { send } = await set(fresh())
    const challenged = await send()
    expect(answerOf(challenged)).toEqual(refusal(wanted(NO_MEMORY)))
    expect(await send(challenged.nonce)).toMatchObject({ status: 200, nonce: undefined })
  })

  test('until iat lies behind since, the seconds ahead and the margin', async () => {
    const { clock, send } = await set(fresh())
    clock.now = START + 15_001
    expect((await send()).status).toBe(200)
    clock.now = START + 15_000
    expect(answerOf(await send())).toEqual(refusal(wanted(NO_MEMORY)))
  })

  test('a proof dated ahead and used before the restart is not accepted after it', async () => {
    const { clock, send } = await set(fresh())
    clock.now = START + 1_000
    expect(answerOf(await send(undefined, { iat: START / 1000 + 11 }))).toEqual(
      refusal(wanted(NO_MEMORY)),
    )
  })

  test('a nonce of the generation before is challenged again', async () => {
    const before = await set(fresh())
    const { nonce } = await before.send()
    const after = await set(fresh())
    const challenged = await after.send(nonce)
    expect(answerOf(challenged)).toEqual(refusal(wanted(NOT_OURS)))
    expect(challenged.nonce).not.toBe(nonce)
    expect((await after.send(challenged.nonce)).status).toBe(200)
  })

  test('a certificate-bound token is not asked for a nonce', async () => {
    const { stage } = await set(fresh())
    expect((await stage.send({ fields: [['Authorization', 'Bearer abc']] })).nonce).toBeUndefined()
  })
})

describe('required', () => {
  const required: Scenery = { route: { nonce: 'required' } }

  test('no nonce: one is handed out, and accepted', async () => {
    const { send } = await set(required)
    const challenged = await send()
    expect(answerOf(challenged)).toEqual(refusal(wanted(REQUIRED)))
    expect((await send(challenged.nonce)).status).toBe(200)
  })

  test('a client whose clock is an hour wrong is served with a nonce', async () => {
    const { send } = await set(required)
    const { nonce } = await send()
    for (const iat of [START / 1000 - 3_600, START / 1000 + 3_600])
      expect((await send(nonce, { iat })).status).toBe(200)
  })

  test('an expired one is replaced', async () => {
    const { clock, send } = await set(required)
    const { nonce } = await send()
    clock.now += 300_000 - 1
    expect((await send(nonce)).status).toBe(200)
    clock.now += 1
    expect(answerOf(await send(nonce))).toEqual(refusal(wanted(NOT_OURS)))
  })

  test('one of another server with the same secret is none', async () => {
    const other = await set({ route: { nonce: 'required', resource: 'https://other.example' } })
    const challenged = await other.stage.send({})
    expect(challenged.nonce).toBeUndefined()
    const { send } = await set(required)
    const token = await other.stage.token()
    const proof = await other.stage.proof({
      token,
      claims: { htu: 'https://other.example/accounts' },
    })
    const { nonce } = await other.stage.send({ fields: dpopFields(token, proof) })
    expect(nonce).toBeDefined()
    expect(answerOf(await send(nonce))).toEqual(refusal(wanted(NOT_OURS)))
  })
})

describe('renewal', () => {
  test('in the second half of its life an accepted nonce brings the next one', async () => {
    const { clock, send } = await set({ route: { nonce: 'required' } })
    const { nonce } = await send()
    clock.now = START + 150_000
    expect(await send(nonce)).toMatchObject({ status: 200, nonce: undefined })
    clock.now += 1
    const renewed = await send(nonce)
    expect(renewed).toMatchObject({ status: 200, cacheControl: 'no-store' })
    expect(renewed.nonce).not.toBe(nonce)
    clock.now = START + 300_000
    expect((await send(nonce)).status).toBe(401)
    expect((await send(renewed.nonce)).status).toBe(200)
  })

  test('with a life of its own', async () => {
    const { clock, send } = await set({ route: { nonce: 'required', nonceLifetime: 10 } })
    const { nonce } = await send()
    clock.now += 9_999
    expect((await send(nonce)).status).toBe(200)
    clock.now += 1
    expect((await send(nonce)).status).toBe(401)
  })

  test('a request without a nonce gets none, where none is wanted', async () => {
    const { send } = await set()
    expect(await send()).toMatchObject({ status: 200, nonce: undefined, cacheControl: undefined })
  })
})

describe('once one was given', () => {
  const KEPT = 'Who was given a nonce uses one until it expires.'
  const NOT_OURS_EITHER = { nonce: 'of somebody else' }

  test('a proof without one is refused until it expires, on every route', async () => {
    const { clock, stage, send } = await set()
    const { nonce } = await send(undefined, NOT_OURS_EITHER)
    expect(nonce).toBeDefined()
    clock.now += 300_000 - 1
    const bare = await send()
    expect(answerOf(bare)).toEqual(refusal(wanted(KEPT)))
    expect((await send(bare.nonce)).status).toBe(200)
    const elsewhere = await stage.honest({ path: '/anything' })
    expect(answerOf(await stage.send(elsewhere))).toEqual(refusal(wanted(KEPT)))
    clock.now += 300_000 - 1 // since it was given another at that
    expect((await send()).status).toBe(401)
    clock.now += 300_000
    expect((await send()).status).toBe(200)
  })

  test('its jti is not used up by the refusal', async () => {
    const { send } = await set()
    const { nonce } = await send(undefined, NOT_OURS_EITHER)
    expect(answerOf(await send(undefined, { jti: 'one' }))).toEqual(refusal(wanted(KEPT)))
    expect((await send(nonce, { jti: 'one' })).status).toBe(200)
  })

  test('one that comes with an answer counts as well', async () => {
    const { clock, send } = await set()
    const { nonce } = await send(undefined, NOT_OURS_EITHER)
    clock.now += 299_999
    const renewed = await send(nonce)
    expect(renewed.status).toBe(200)
    clock.now += 299_999
    expect(answerOf(await send())).toEqual(refusal(wanted(KEPT)))
    expect((await send(renewed.nonce)).status).toBe(200)
  })

  test('whose token it is not is given one, but binds nobody: neither the owner nor itself', async () => {
    const { stage, send } = await set()
    const thief = newSigner('thief')
    const token = await stage.token()
    const proof = await stage.proof({ token, claims: NOT_OURS_EITHER }, thief)
    const answer = await stage.send({ fields: dpopFields(token, proof) })
    expect(answerOf(answer)).toEqual(refusal(wanted(NOT_OURS)))
    expect((await send()).status).toBe(200)
    const own = await stage.token({ cnf: { jkt: jkt(thief) } })
    const honest = await stage.proof({ token: own }, thief)
    expect((await stage.send({ fields: dpopFields(own, honest) })).status).toBe(200)
  })
})
