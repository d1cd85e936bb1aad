import { Writable } from 'node:stream'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { pino } from 'pino'
import client, { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { introspectedTokens, jwtTokens, type Observation } from '../src/index.ts'
import { logDecisions } from '../src/log.ts'
import { measureCaches, measureDecisions, measureMemory, measureTokens } from '../src/metrics.ts'
import { accessToken, ISSUER } from './mint.ts'
import { INTROSPECTION_KEY, memorySince, raise, START } from './stage.ts'

/** An honest request, then the same once more. */
async function twice(observe: (observation: Observation) => void) {
  const stage = await raise({ route: { observe } })
  const request = await stage.honest()
  const statuses = [(await stage.send(request)).status, (await stage.send(request)).status]
  await stage.close()
  expect(statuses).toEqual([200, 401])
  return request
}

test('the log says clause, error and thumbprints, and holds nothing that can be presented', async () => {
  const lines: string[] = []
  const stream = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk))
      done()
    },
  })
  const { fields = [] } = await twice(logDecisions(pino(stream)))
  const [accepted, refused] = lines.map((line): unknown => JSON.parse(line))
  expect(accepted).toMatchObject({
    level: 30,
    msg: 'accepted',
    method: 'GET',
    uri: 'https://rs.example/accounts',
    scheme: 'DPoP',
    client: 'app',
    jkt: expect.stringMatching(/^[\w-]{43}$/),
    milliseconds: expect.any(Number),
  })
  expect(refused).toMatchObject({
    level: 40,
    msg: 'refused',
    clause: 'RFC9449-11.1-2',
    status: 401,
    error: 'invalid_dpop_proof',
  })
  for (const [, secret] of fields)
    for (const part of secret.split(/[ .]/).filter(({ length }) => length > 20))
      expect(lines.join('')).not.toContain(part)
})

test('the metrics count decisions by clause and scheme, and how long they took', async () => {
  const registry = new Registry()
  await twice(measureDecisions(client, registry))
  const text = await registry.metrics()
  expect(text).toContain('holdfast_decisions_total{clause="none",scheme="DPoP"} 1')
  expect(text).toContain('holdfast_decisions_total{clause="RFC9449-11.1-2",scheme="DPoP"} 1')
  expect(text).toContain('holdfast_decision_seconds_count{outcome="accepted"} 1')
})

test('the metrics count what the memory answers, and how often the issuer is asked', async () => {
  const registry = new Registry()
  const clock = { now: START }
  const inner = memorySince(START - 60_000, clock)
  const memory = measureMemory(client, registry, inner)
  const stage = await raise({ clock, memory })
  const tokens = measureTokens(client, registry)(
    'tokens',
    jwtTokens({ issuer: ISSUER, fetch: stage.issuer.fetch, now: () => clock.now }),
  )
  const request = await stage.honest()
  for (const status of [200, 401]) expect((await stage.send(request)).status).toBe(status)
  const token = await stage.token()
  for (const form of ['jwt', 'jwt']) expect((await tokens(token)).form).toBe(form)
  await stage.close()
  expect([memory.generation, memory.since]).toEqual([inner.generation, inner.since])
  const text = await registry.metrics()
  expect(text).toContain('holdfast_replay_memory_answers_total{answer="recorded"} 1')
  expect(text).toContain('holdfast_replay_memory_answers_total{answer="seen"} 1')
  expect(text).toContain('holdfast_replay_memory_seconds_count 2')
  expect(text).toContain('holdfast_token_readings_total{reader="tokens",issuer="asked"} 1')
  expect(text).toContain('holdfast_token_readings_total{reader="tokens",issuer="not asked"} 1')
})

test('a memory that is not reached is counted as that, and its error goes on', async () => {
  const registry = new Registry()
  const memory = measureMemory(client, registry, {
    generation: 'one',
    since: START,
    put: () => Promise.reject(new Error('away')),
    nonceGiven: () => Promise.reject(new Error('away')),
    look: () => Promise.reject(new Error('away')),
  })
  const use = { key: 'a', owner: 'b', until: START }
  await expect(memory.put(use)).rejects.toThrow('away')
  await expect(memory.nonceGiven('b', START)).rejects.toThrow('away')
  await expect(memory.look()).rejects.toThrow('away')
  expect(await registry.metrics()).toContain(
    'holdfast_replay_memory_answers_total{answer="failed"} 1',
  )
  const text = await registry.metrics()
  expect(text).toMatch(/^holdfast_replay_memory_uses nan$/im)
  expect(text).toMatch(/^holdfast_replay_memory_nonces_given nan$/im)
})

test('the metrics say how much the memory keeps, and from when on', async () => {
  const registry = new Registry()
  const memory = measureMemory(client, registry, new ReplayMemoryInProcess(() => START))
  for (const key of ['a', 'b', 'a']) await memory.put({ key, owner: 'c', until: START + 1_000 })
  await memory.nonceGiven('c', START + 1_000)
  const text = await registry.metrics()
  expect(text).toContain('holdfast_replay_memory_uses 2')
  expect(text).toContain('holdfast_replay_memory_nonces_given 1')
  expect(text).toContain(`holdfast_replay_memory_since_seconds ${START / 1000}`)
})

test('a memory out of reach does not keep the other metrics from being read', async () => {
  const registry = new Registry()
  const inner = new ReplayMemoryInProcess(() => START)
  inner.kept = () => Promise.reject(new Error('away'))
  measureMemory(client, registry, inner)
  const text = await registry.metrics()
  expect(text).toMatch(/^holdfast_replay_memory_uses nan$/im)
  expect(text).toContain(`holdfast_replay_memory_since_seconds ${START / 1000}`)
})

test('the metrics say what is kept between requests, how often it was there, and how old it is', async () => {
  const registry = new Registry()
  const caches = measureCaches(client, registry)
  const uri = `${ISSUER}/status/1`
  const stage = await raise({ reading: { statusListUris: [uri] }, route: { caches } })
  const { issuer, clock } = stage
  const empty = await registry.metrics()
  expect(empty).toContain(`holdfast_cache_entries{cache="issuer keys",of="${ISSUER}"} 0`)
  expect(empty).not.toContain('holdfast_cache_age_seconds{')

  const list = { sub: uri, status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' } }
  const body = await accessToken(issuer.signers[0]!, clock.now / 1000, list, 'statuslist+jwt')
  issuer.answers.set('/status/1', () => ({ body }))
  const token = await stage.token({ status: { status_list: { uri, idx: 1 } } })
  for (let round = 0; round < 3; round += 1)
    expect((await stage.send(await stage.honest({ token }))).status).toBe(200)
  clock.now += 200
  const text = await registry.metrics()
  await stage.close()

  for (const [cache, of, entries, found, missed] of [
    ['credentials', '', 1, 2, 1],
    ['proof keys', '', 1, 2, 1],
    ['tokens', '', 1, 2, 1],
    ['issuer keys', ISSUER, 1, 3, 2], // of each token, and of the list once
    ['status list', uri, 16, 2, 1],
  ] as const) {
    const labels = `cache="${cache}",of="${of}"`
    expect(text).toContain(`holdfast_cache_entries{${labels}} ${entries}`)
    expect(text).toContain(`holdfast_cache_lookups_total{${labels},found="yes"} ${found}`)
    expect(text).toContain(`holdfast_cache_lookups_total{${labels},found="no"} ${missed}`)
  }
  expect(text).toContain(`holdfast_cache_age_seconds{cache="issuer keys",of="${ISSUER}"} 0.2`)
  expect(text).toContain(`holdfast_cache_age_seconds{cache="status list",of="${uri}"} 0.2`)
})

test('what several routes keep is added up, and what they share is counted once', async () => {
  const registry = new Registry()
  const caches = measureCaches(client, registry)
  const shared = { name: 'tokens', figures: () => ({ entries: 5, hits: 0, misses: 0 }) } as const
  for (const entries of [1, 2]) {
    caches({ name: 'proof keys', figures: () => ({ entries, hits: entries, misses: 0 }) })
    caches(shared)
  }
  for (const text of [await registry.metrics(), await registry.metrics()]) {
    expect(text).toContain('holdfast_cache_entries{cache="proof keys",of=""} 3')
    expect(text).toContain('holdfast_cache_entries{cache="tokens",of=""} 5')
    expect(text).toContain('holdfast_cache_lookups_total{cache="proof keys",of="",found="yes"} 3')
  }
})

test('what introspection keeps is measured under the name of the reader’s issuer', async () => {
  const registry = new Registry()
  const stage = await raise()
  const reader = introspectedTokens({
    issuer: ISSUER,
    clientId: 'the-api',
    key: INTROSPECTION_KEY,
    signed: 'required',
    fetch: stage.issuer.fetch,
  })
  const plain = introspectedTokens({
    issuer: ISSUER,
    clientId: 'the-api',
    key: INTROSPECTION_KEY,
    fetch: stage.issuer.fetch,
  })
  expect(reader.caches?.map(({ name, of }) => [name, of])).toEqual([
    ['introspection', ISSUER],
    ['issuer keys', ISSUER],
  ])
  stage.issuer.tokens.set('opaque', { active: true })
  const measured = measureTokens(client, registry)('opaque', plain)
  for (let round = 0; round < 3; round += 1) await measured('opaque')
  await stage.close()
  expect(measured.caches?.[0]?.figures()).toEqual({ entries: 1, hits: 2, misses: 1 })
})
