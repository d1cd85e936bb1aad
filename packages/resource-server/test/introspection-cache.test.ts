import { expect, onTestFinished, test } from 'vitest'
import { introspectedTokens, PolicyError } from '../src/index.ts'
import { ISSUER, jkt } from './mint.ts'
import { INTROSPECTION_KEY, raise, type Scenery, type Stage } from './stage.ts'

const TOKEN = 'an-opaque-token'
const PATH = '/opaque/accounts'

async function set(introspecting: Scenery['introspecting'] = { cacheFor: 5 }): Promise<Stage> {
  const stage = await raise({ introspecting })
  onTestFinished(() => stage.close())
  give(stage, TOKEN, 3_600)
  return stage
}
/** @param life seconds until exp; `undefined`: the answer has none */
const give = (stage: Stage, token: string, life?: number) =>
  stage.issuer.tokens.set(token, {
    active: true,
    aud: 'https://rs.example/opaque',
    scope: 'accounts',
    ...(life !== undefined && { exp: stage.clock.now / 1000 + life }),
    cnf: { jkt: jkt(stage.client) },
  })
const status = async (stage: Stage, token = TOKEN) =>
  (await stage.send(await stage.honest({ token, path: PATH }))).status
const calls = (stage: Stage) => stage.issuer.introspected.length

test('requests that use one token at the same time share one call', async () => {
  const stage = await set({ cacheFor: 0 })
  const opened = Promise.withResolvers<void>()
  stage.issuer.gate = opened.promise
  const { issuer, clock } = stage
  const options = { issuer: ISSUER, clientId: 'the-api', key: INTROSPECTION_KEY, cacheFor: 0 }
  const read = introspectedTokens({ ...options, fetch: issuer.fetch, now: () => clock.now })
  const same = Array.from({ length: 50 }, async () => read(TOKEN))
  const other = read('another')
  opened.resolve()
  const answers = await Promise.all(same)
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]).toMatchObject({ form: 'opaque', claims: { active: true } })
  expect(await other).toMatchObject({ form: 'opaque', claims: { active: false } })
  expect(calls(stage)).toBe(2)
  expect(await read(TOKEN)).toMatchObject({ claims: { active: true } })
  expect(calls(stage)).toBe(3)
})

test('a token is remembered for as long as configured, and refused after that', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  stage.issuer.tokens.delete(TOKEN)
  stage.clock.now += 4_999
  expect(await status(stage)).toBe(200)
  expect(calls(stage)).toBe(1)
  stage.clock.now += 1
  expect(await status(stage)).toBe(401)
  expect(calls(stage)).toBe(2)
})

test('for one second, if nothing is configured', async () => {
  const stage = await set()
  const { issuer, clock } = stage
  const options = { issuer: ISSUER, clientId: 'the-api', key: INTROSPECTION_KEY }
  const read = introspectedTokens({ ...options, fetch: issuer.fetch, now: () => clock.now })
  expect(await read(TOKEN)).toMatchObject({ claims: { active: true } })
  issuer.tokens.delete(TOKEN)
  clock.now += 999
  expect(await read(TOKEN)).toMatchObject({ claims: { active: true } })
  clock.now -= 1_000 // set back: nothing that was kept by it counts
  expect(await read(TOKEN)).toMatchObject({ claims: { active: false } })
  give(stage, TOKEN, 3_600)
  expect(await read(TOKEN)).toMatchObject({ claims: { active: true } })
  issuer.tokens.delete(TOKEN)
  clock.now += 1_000
  expect(await read(TOKEN)).toMatchObject({ claims: { active: false } })
})

test('it is not remembered past its exp', async () => {
  const stage = await set()
  give(stage, TOKEN, 2)
  expect(await status(stage)).toBe(200)
  stage.clock.now += 1_999
  expect(await status(stage)).toBe(200)
  expect(calls(stage)).toBe(1)
  stage.clock.now += 1
  expect(await status(stage)).toBe(401)
  expect(calls(stage)).toBe(2)
})

test('a token without exp is remembered like any other', async () => {
  const stage = await set()
  give(stage, TOKEN)
  expect(await status(stage)).toBe(200)
  stage.clock.now += 4_999
  expect(await status(stage)).toBe(200)
  expect(calls(stage)).toBe(1)
})

test('a token that is not active is not remembered', async () => {
  const stage = await set()
  expect(await status(stage, 'later')).toBe(401)
  give(stage, 'later', 60)
  expect(await status(stage, 'later')).toBe(200)
})

test('a failure is not remembered', async () => {
  const stage = await set()
  stage.issuer.answers.set('/introspect', () => ({ status: 500 }))
  expect(await status(stage)).toBe(503)
  stage.issuer.answers.clear()
  expect(await status(stage)).toBe(200)
})

test('no more tokens are remembered than configured: the oldest go', async () => {
  const stage = await set({ cacheFor: 5, cacheEntries: 2 })
  for (const token of ['a', 'b', 'c']) {
    give(stage, token, 60)
    expect(await status(stage, token)).toBe(200)
  }
  expect(calls(stage)).toBe(3)
  for (const token of ['b', 'c']) expect(await status(stage, token)).toBe(200)
  expect(calls(stage)).toBe(3)
  expect(await status(stage, 'a')).toBe(200)
  expect(calls(stage)).toBe(4)
  expect(await status(stage, 'c')).toBe(200)
  expect(calls(stage)).toBe(4)
})

test('what is remembered is still held against the policy of the route', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const path = '/opaque/payments'
  const proof = await stage.proof({ token: TOKEN, path, method: 'POST' })
  const fields = [
    ['Authorization', `DPoP ${TOKEN}`],
    ['DPoP', proof],
  ] as const
  const answer = await stage.send({ method: 'POST', path, fields })
  expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope'])
  expect(calls(stage)).toBe(1)
})

test.for([-1, 60.5, Number.NaN])('cacheFor: %d is refused', (cacheFor) => {
  const make = () =>
    introspectedTokens({ issuer: ISSUER, clientId: 'x', key: INTROSPECTION_KEY, cacheFor })
  expect(make).toThrow(PolicyError)
  expect(make).toThrow(/^protect: cacheFor is .+; allowed: 0 to 60 seconds$/)
})
