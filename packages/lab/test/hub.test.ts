/** The trace hub over HTTP: what it holds is for the owner of the run's token only. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { httpReporter, newTrace, type RequestEvent } from '@holdfast/trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHub, hubListener } from '../src/servers/hub.ts'

const hub = createHub()
const listener = hubListener(hub, {
  issuer: 'https://issuer.example',
  resource: 'https://api.example',
})
const server = createServer((request, response) => void listener(request, response))
let base = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const anEvent = (): RequestEvent => ({
  ...newTrace(),
  type: 'request',
  at: 1,
  by: 'client',
  method: 'GET',
  url: 'https://api.example/accounts',
  headers: [['authorization', 'DPoP secret']],
})

const ask = (path: string, token: string | undefined, body?: string) =>
  fetch(base + path, {
    headers: token === undefined ? {} : { authorization: token },
    ...(body !== undefined && { method: 'POST', body }),
  })

const honest = () => `Bearer ${hub.token}`

test('what is reported over HTTP is read over HTTP', async () => {
  const event = anEvent()
  const { report, flush } = httpReporter(`${base}/events`, hub.token)
  report(event)
  await flush()
  const answer = await ask(`/traces/${event.trace}`, honest())
  expect(await answer.json()).toEqual({ events: [event] })
})

const strangers: readonly (readonly [string, () => string | undefined])[] = [
  ['no token', () => undefined],
  ['an empty one', () => 'Bearer '],
  ['another one', () => `Bearer ${createHub().token}`],
  ['one with a letter too many', () => `Bearer ${hub.token}x`],
  ['one with a letter too few', () => `Bearer ${hub.token.slice(0, -1)}`],
  ['the right one under another scheme', () => `DPoP ${hub.token}`],
]

test.for(strangers)('refuses to read and to write with %s', async ([, token]) => {
  const event = anEvent()
  hub.report(event)
  const before = hub.read(event.trace).length
  for (const path of ['/health', `/traces/${event.trace}`]) {
    const answer = await ask(path, token())
    expect(answer.status).toBe(401)
    expect(await answer.text()).not.toContain('secret')
  }
  expect((await ask('/events', token(), JSON.stringify(event))).status).toBe(401)
  expect(hub.read(event.trace)).toHaveLength(before)
})

const malformed: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['no JSON', '{'],
  ['no object', '"text"'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an empty object', '{}'],
  ['another type of event', JSON.stringify({ ...anEvent(), type: 'other' })],
  ['a trace id of another form', JSON.stringify({ ...anEvent(), trace: 'x' })],
  ['a span id of another form', JSON.stringify({ ...anEvent(), span: '00' })],
]

test.for(malformed)('refuses as an event: %s', async ([, body]) => {
  expect((await ask('/events', honest(), body)).status).toBe(400)
})

test('refuses an event of more than a mebibyte, and goes on', async () => {
  const body = JSON.stringify({ ...anEvent(), body: 'x'.repeat(1024 * 1024) })
  expect((await ask('/events', honest(), body)).status).toBe(413)
  expect((await ask('/health', honest())).status).toBe(200)
})

test('forgets the oldest trace after 500', () => {
  const events = Array.from({ length: 501 }, anEvent)
  for (const event of events) hub.report(event)
  expect(hub.read(events[0]?.trace ?? '')).toEqual([])
  expect(hub.read(events[1]?.trace ?? '')).toHaveLength(1)
})

test('keeps at most a thousand events of one trace', () => {
  const event = anEvent()
  for (let count = 0; count < 1_001; count++) hub.report(event)
  expect(hub.read(event.trace)).toHaveLength(1_000)
})

test('keeps at most twenty thousand events of all traces together', () => {
  const heads = Array.from({ length: 21 }, anEvent)
  for (const event of heads) for (let count = 0; count < 1_000; count++) hub.report(event)
  const kept = heads.map(({ trace }) => hub.read(trace).length)
  expect(kept).toEqual([0, ...Array.from({ length: 20 }, () => 1_000)])
})

test('tells anybody where things are, and nothing else', async () => {
  const answer = await ask('/', undefined)
  const addresses = { issuer: 'https://issuer.example', resource: 'https://api.example' }
  expect(await answer.json()).toEqual({ addresses })
  expect((await ask('/callback?code=abc', undefined)).status).toBe(200)
  expect((await ask('/traces', honest())).status).toBe(404)
  expect((await ask('/events', honest())).status).toBe(405)
})
