import { createServer } from 'node:http'
import Koa from 'koa'
import { afterAll, expect, test } from 'vitest'
import { jwtTokens, protect } from '../src/index.ts'
import { addressOf } from './issuer.ts'
import { ISSUER, RESOURCE } from './mint.ts'
import { memorySince, raise, START } from './stage.ts'
import { x5t } from './certificates.ts'

const stage = await raise()
afterAll(() => stage.close())

test('a connection without TLS has no client certificate, and no field may say otherwise', async () => {
  const { alice } = stage.certificates
  const app = new Koa()
  app.use(
    protect({
      resource: RESOURCE,
      issuer: ISSUER,
      audience: RESOURCE,
      scopes: [],
      hops: { isHop: () => true, format: 'nginx' },
      tokens: jwtTokens({ issuer: ISSUER, fetch: stage.issuer.fetch }),
      memory: memorySince(START - 60_000, stage.clock),
      nonceSecret: new Uint8Array(32),
      now: () => stage.clock.now,
    }),
  )
  const listener = app.callback()
  const server = createServer((request, response) => void listener(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const token = await stage.token({ cnf: { 'x5t#S256': x5t(alice) } })
  const der = alice.cert.replaceAll(/-----[^-]+-----|\s/g, '')
  const ask = async (fields: Record<string, string>) => {
    const url = `http://127.0.0.1:${addressOf(server.address()).port}/accounts`
    const headers = { authorization: `Bearer ${token}`, ...fields }
    const answer = await fetch(url, { headers })
    return [answer.status, answer.headers.get('www-authenticate')]
  }
  expect(await ask({})).toEqual([
    401,
    expect.stringContaining('Bearer error="invalid_token", error_description="The certificate of'),
  ])
  for (const field of [
    { 'client-cert': `:${der}:` },
    { 'x-ssl-client-cert': encodeURIComponent(alice.cert) },
  ])
    expect(await ask(field)).toEqual([
      400,
      expect.stringContaining('Bearer error="invalid_request", error_description="A client cert'),
    ])
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})
