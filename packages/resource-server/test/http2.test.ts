/** The same door over HTTP/2, on every framework that speaks it: Express does not. */
import { connect, createSecureServer, type OutgoingHttpHeaders } from 'node:http2'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { jwtTokens } from '../src/index.ts'
import { x5t } from './certificates.ts'
import { FRAMEWORKS } from './frameworks.ts'
import { addressOf } from './issuer.ts'
import { ISSUER, RESOURCE } from './mint.ts'
import { memorySince, raise, START } from './stage.ts'

const stage = await raise()
afterAll(() => stage.close())
const { clock, certificates } = stage
const now = () => clock.now
const policy = { issuer: ISSUER, audience: RESOURCE, scopes: ['accounts'] }
const tokens = jwtTokens({ issuer: ISSUER, fetch: stage.issuer.fetch, now })

const { express: _, ...frameworks } = FRAMEWORKS

describe.each(Object.entries(frameworks))('%s', (_framework, build) => {
  /** A connection that was made for `localhost`, with Alice's certificate. */
  async function open() {
    const memory = memorySince(START - 60_000, clock)
    const listener = await build({
      protect: {
        ...policy,
        resource: RESOURCE,
        tokens,
        memory,
        nonceSecret: Buffer.alloc(32),
        now,
      },
      cors: { origins: ['https://app.example'] },
      metadata: { routes: [policy] },
      handle: ({ sub }) => ({ sub }),
    })
    const { server: pair, ca, alice } = certificates
    const asking = { ca, requestCert: true, rejectUnauthorized: false }
    const server = createSecureServer({ ...pair, ...asking })
    server.on('request', listener)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = addressOf(server.address())
    const session = connect(`https://127.0.0.1:${port}`, { ca, ...alice, servername: 'localhost' })
    onTestFinished(() => {
      session.destroy()
      server.close()
    })
    return (fields: OutgoingHttpHeaders) =>
      new Promise<number>((done, fail) => {
        const request = session.request({
          ':path': '/accounts',
          ':authority': 'localhost',
          ...fields,
        })
        request.on('error', fail)
        request.on('response', ({ ':status': status = 0 }) => done(status))
        request.resume().end()
      })
  }

  test('lets honest requests through, by DPoP and by certificate', async () => {
    const send = await open()
    const { fields = [] } = await stage.honest()
    expect(await send(Object.fromEntries(fields))).toBe(200)
    const token = await stage.token({ cnf: { 'x5t#S256': x5t(certificates.alice) } })
    expect(await send({ authorization: `Bearer ${token}` })).toBe(200)
    expect(await send({ authorization: `Bearer ${await stage.token()}` })).toBe(401)
    expect(await send({})).toBe(401)
  })

  test('RFC9110-15.5.20 refuses another :authority than the connection was made for', async () => {
    const send = await open()
    const token = await stage.token({ cnf: { 'x5t#S256': x5t(certificates.alice) } })
    const to = (fields: OutgoingHttpHeaders) =>
      send({ authorization: `Bearer ${token}`, ...fields })
    expect(await to({ ':authority': 'rs.example' })).toBe(421)
    expect(await to({ host: 'rs.example' })).toBe(421)
    expect(await to({ ':authority': 'rs.example', host: 'localhost' })).toBe(421)
    expect(await to({ host: 'localhost' })).toBe(200)
  })
})
