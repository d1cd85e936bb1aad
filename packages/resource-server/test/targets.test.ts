/** Whatever stands in the request line, the answer is ours, and it is no 5xx. */
import { connect } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { BEARER, bearer, DPOP, dpop, answerOf, refusal } from './answers.ts'
import { raise } from './stage.ts'

const stage = await raise()
afterAll(() => stage.close())
const TARGET = 'The request target is an absolute path that names a resource.'

test.for([
  ['//', 404],
  ['///accounts', 404],
  ['//evil.example/accounts', 404],
  ['*', 404],
  ['/', 404],
  ['/accounts/..', 401], // an account of that name,
  ['/%', 404],
  ['/%61ccounts', 404],
  ['/accounts%00', 404],
  ['/accounts\\', 404],
  ['http://', 404],
  ['http://[', 400],
  ['http://[::1/accounts', 400],
  ['https://rs.example/accounts', 400],
  ['https://evil.example/accounts', 400],
  ['http://a:99999/accounts', 400],
] as const)('%s: %i', async ([path, status]) => {
  const { fields = [] } = await stage.honest()
  for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD'])
    expect((await stage.send({ method, path, fields })).status).toBeLessThan(500)
  expect((await stage.send({ path, fields: (await stage.honest()).fields! })).status).toBe(status)
  expect(stage.errors).toEqual([])
})

test('absolute-form is refused by its row, whatever host it names', async () => {
  const { fields = [] } = await stage.honest()
  expect(answerOf(await stage.send({ path: 'https://rs.example/accounts', fields }))).toEqual(
    refusal({
      status: 400,
      challenges: [bearer('invalid_request', TARGET), dpop('invalid_request', TARGET)],
      error: 'invalid_request',
    }),
  )
})

test('a fragment, which no client sends, is not part of the resource', async () => {
  expect(answerOf(await stage.send({ path: '/accounts#top' }))).toEqual(
    refusal({
      status: 401,
      challenges: [BEARER, DPOP],
    }),
  )
})

test.for(['/acc\tounts', '/acc ounts', '', '?x', 'accounts', '/accoünts', '/\u0001'])(
  'a request line with %j is answered by 400, or by nothing',
  async (target) => {
    const { port, certificates } = stage
    const line = await new Promise<string>((done, fail) => {
      const socket = connect({ port, host: '127.0.0.1', ca: certificates.ca }, () =>
        socket.end(
          Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 'latin1'),
        ),
      )
      let answer = ''
      socket.on('data', (chunk) => (answer += chunk.toString()))
      socket.on('error', fail)
      socket.on('close', () => done(answer.split('\r\n')[0] ?? ''))
    })
    expect(line).toMatch(/^HTTP\/1\.1 400 |^$/)
  },
)
