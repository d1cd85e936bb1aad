import { Writable } from 'node:stream'
import { pino } from 'pino'
import client, { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { Observation } from '../src/index.ts'
import { logDecisions } from '../src/log.ts'
import { measureDecisions } from '../src/metrics.ts'
import { raise } from './stage.ts'

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
