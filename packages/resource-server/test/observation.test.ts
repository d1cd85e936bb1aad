import { Writable } from 'node:stream'
import { pino } from 'pino'
import client, { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { jwtTokens, type Observation } from '../src/index.ts'
import { logDecisions } from '../src/log.ts'
import { measureDecisions, measureMemory, measureTokens } from '../src/metrics.ts'
import { ISSUER } from './mint.ts'
import { memorySince, raise, START } from './stage.ts'

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
})
