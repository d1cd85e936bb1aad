/**
 * What we fetch is somebody else's: metadata, keys, introspection answers, status lists. However
 * they come (late, cut off, huge, packed, redirected, as no JSON at all), the request that waits for
 * them is answered 503 in time, nothing of it is believed, and afterwards the honest one is served.
 */
import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Fetch } from '../src/index.ts'
import { answerOf, refusal } from './answers.ts'
import { addressOf, type Issuer } from './issuer.ts'
import { accessToken, ISSUER, jkt } from './mint.ts'
import { raise, type Stage } from './stage.ts'

const URI = `${ISSUER}/status/1`
const TOKEN = 'an-opaque-token'

const UNAVAILABLE = refusal({
  status: 503,
  challenges: [],
  error: 'temporarily_unavailable',
  retryAfter: '5',
})

/** A stage whose issuer publishes a status list and knows an opaque token. */
async function set(fetch?: Fetch): Promise<Stage> {
  const stage = await raise({
    reading: { statusListUris: [URI], ...(fetch && { fetch }) },
    introspecting: fetch ? { fetch } : {},
  })
  onTestFinished(() => stage.close())
  const { issuer, clock, client } = stage
  issuer.tokens.set(TOKEN, {
    active: true,
    aud: 'https://rs.example/opaque',
    scope: 'accounts',
    cnf: { jkt: jkt(client) },
  })
  issuer.answers.set('/status/1', async () => {
    const claims = { sub: URI, status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' } }
    const time = clock.now / 1000
    return { body: await accessToken(issuer.signers[0]!, time, claims, 'statuslist+jwt') }
  })
  return stage
}

/** The four things that are fetched, and where. */
const SOURCES = {
  metadata: '/.well-known/oauth-authorization-server',
  keys: '/jwks',
  introspection: '/introspect',
  'status list': '/status/1',
} as const

/** A request that needs it. */
async function send(stage: Stage, source: string) {
  if (source === 'introspection')
    return stage.send(await stage.honest({ token: TOKEN, path: '/opaque/accounts' }))
  const token = await stage.token({ status: { status_list: { uri: URI, idx: 1 } } })
  return stage.send(await stage.honest({ token }))
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const SOCKETS: Readonly<Record<string, (socket: Socket) => void>> = {
  'hangs up at once': (socket) => socket.destroy(),
  'hangs up in the middle of its answer': (socket) =>
    void socket.once('data', () => socket.end(`${HEAD}content-length: 1000\r\n\r\n{"keys":[`)),
  'speaks another protocol': (socket) => void socket.end('220 mail.example ESMTP\r\n'),
  'never comes to an end': (socket) =>
    void socket.once('data', () => {
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`)
      const more = () => {
        while (socket.writable && socket.write(`4000\r\n${' '.repeat(0x4000)}\r\n`));
      }
      socket.on('drain', more)
      more()
    }),
  'answers with a field of a megabyte': (socket) =>
    void socket.once('data', () => socket.end(`${HEAD}x: ${'x'.repeat(1_000_000)}\r\n\r\n{}`)),
}

type Canned = NonNullable<ReturnType<Issuer['answers']['get']>>
const html = '<!doctype html><title>Sign in to the network</title>'

const bomb = gzipSync(Buffer.alloc(10_000_000, ' '))

const ANSWERS: Readonly<Record<string, ReturnType<Canned>>> = {
  '500': { status: 500, body: '{"error":"server_error"}' },
  '503 with Retry-After': { status: 503, headers: { 'retry-after': '120' } },
  '401': { status: 401, headers: { 'www-authenticate': 'Basic realm="proxy"' } },
  '404': { status: 404, body: '{}' },
  '204': { status: 204 },
  '206': { status: 206, body: '{}' },
  'a redirect to somebody else': { status: 302, headers: { location: 'https://evil.example/' } },
  'a redirect to plain http': { status: 307, headers: { location: 'http://as.example/' } },
  'a page of HTML': { headers: { 'content-type': 'text/html' }, body: html },
  'an empty body': { body: '' },
  'half a JSON object': { body: '{"keys":[{"kty":"EC",' },
  'JSON that is a list': { body: '[]' },
  'JSON that is null': { body: 'null' },
  'a member that stands twice': { body: '{"keys":[],"keys":[],"active":true,"active":true}' },
  'bytes that are no UTF-8': { body: '\uFFFD\u0000{' },
  'nesting of fifty thousand levels': { body: '['.repeat(50_000) },
  'a lie about its encoding': { headers: { 'content-encoding': 'gzip' }, body: '{"keys":[]}' },
  'an encoding that nobody knows': { headers: { 'content-encoding': 'x' }, body: '{' },
  'ten megabytes in ten kilobytes': { headers: { 'content-encoding': 'gzip' }, body: bomb },
}

describe.for(Object.entries(SOURCES))('%s', ([source, path]) => {
  test.for(Object.entries(ANSWERS))('answers with %s', async ([, canned]) => {
    const stage = await set()
    const honest = stage.issuer.answers.get(path)
    stage.issuer.answers.set(path, () => canned)
    expect(answerOf(await send(stage, source))).toEqual(UNAVAILABLE)
    if (honest) stage.issuer.answers.set(path, honest)
    else stage.issuer.answers.delete(path)
    await honestAgain(stage, source)
  })

  test.for(Object.entries(SOCKETS))('%s', async ([, behave]) => {
    const raw = await rawServer(behave)
    let broken = true
    const stage = await set((url, init) => {
      const here = broken && url === `${ISSUER}${path}`
      return here ? fetch(raw.url, init) : stage.issuer.fetch(url, init)
    })
    expect(answerOf(await send(stage, source))).toEqual(UNAVAILABLE)
    broken = false
    await honestAgain(stage, source)
  })

  test('does not answer: the request waits no longer than it should', async () => {
    const asked: number[] = []
    const patience = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      asked.push(milliseconds)
      return patience.signal
    })
    onTestFinished(() => void vi.restoreAllMocks())
    const raw = await rawServer((socket) => {
      socket.once('data', () => patience.abort(new DOMException('late', 'TimeoutError')))
    })
    const stage = await set((url, init) => {
      const here = url === `${ISSUER}${path}`
      return here ? fetch(raw.url, init) : stage.issuer.fetch(url, init)
    })
    expect(answerOf(await send(stage, source))).toEqual(UNAVAILABLE)
    expect(asked).toContain(source === 'status list' ? 1_000 : 5_000)
    expect(Math.max(...asked)).toBeLessThanOrEqual(5_000)
    expect(stage.errors).toEqual([])
  })
})

test('introspection that says of a prototype only that the token is active: 401', async () => {
  const stage = await set()
  stage.issuer.answers.set('/introspect', () => ({ body: '{"__proto__":{"active":true}}' }))
  const { status, error } = answerOf(await send(stage, 'introspection'))
  expect([status, error]).toEqual([401, 'invalid_token'])
})

async function honestAgain(stage: Stage, source: string): Promise<void> {
  stage.clock.now += 5_001
  expect((await send(stage, source)).status).toBe(200)
  expect(stage.errors).toEqual([])
}

/** What a server can do that speaks no HTTP, or stops in the middle of it. */
async function rawServer(behave: (socket: Socket) => void): Promise<{ readonly url: string }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined) // it is cut off, as it should be
    behave(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((done) => server.close(() => done()))
  })
  return { url: `http://127.0.0.1:${addressOf(server.address()).port}/` }
}
