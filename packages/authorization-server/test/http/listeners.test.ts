import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { portOf } from '../stage/http.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())

describe('the host comes from configuration', () => {
  const evil = [
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
    { forwarded: 'host=evil.example;proto=http' },
  ]
  test.each(evil)('%j changes nothing in discovery', async (headers) => {
    const url = `${house.issuer}/.well-known/openid-configuration`
    expect((await house.send({ url, headers })).text).toBe((await house.send({ url })).text)
  })

  test('a proof for another host is refused there, the honest one accepted', async () => {
    const request = await clientCredentials(house, prover)
    const headers = { host: 'evil.example', dpop: await prover.proof('https://evil.example/token') }
    expect(verdict(await house.send({ ...request, headers }))).toEqual([400, 'invalid_dpop_proof'])
    const honest = await clientCredentials(house, prover)
    const answer = await house.send({
      ...honest,
      headers: { ...honest.headers, host: 'evil.example' },
    })
    expect(answer.status).toBe(200)
  })

  test('a request target with a host of its own is refused', async () => {
    const url = `${house.issuer}/.well-known/openid-configuration`
    const target = 'https://evil.example/.well-known/openid-configuration'
    expect(verdict(await house.send({ url, target }))).toEqual([400, 'invalid_request'])
  })
})

describe('RFC8705-5: the alias listener', () => {
  test.each([
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/authorize',
    '/authorize/123',
    '/interaction/123',
    '/jwks',
    '/TOKEN',
    '/token/',
    '//token',
    '/',
  ])('has no %s', async (path) => {
    expect(verdict(await house.send({ url: house.alias, target: path }))).toEqual([
      404,
      'not_found',
    ])
  })

  test.each(['/token', '/par', '/introspect', '/revoke'])('has %s', async (path) => {
    const answer = await house.send({ url: house.alias + path, form: {} })
    expect(verdict(answer)).toEqual([400, 'invalid_request'])
  })

  test('has /userinfo', async () => {
    const { status, headers } = await house.send({ url: `${house.alias}/userinfo` })
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Bearer/)])
  })
})

test('RFC9126-2.3 refuses PAR by another method than POST', async () => {
  for (const method of ['GET', 'PUT']) {
    const answer = await house.send({ url: `${house.issuer}/par`, method })
    expect(verdict(answer)).toEqual([405, 'invalid_request'])
    expect(answer.headers['allow']).toBe('POST')
  }
})

test.each(['/TOKEN', '/token/', '/Par', '/USERINFO', '/userinfo/', '/%74oken', '//token'])(
  'a path has one spelling: %s is none',
  async (target) => {
    const request = await clientCredentials(house, prover)
    const answer = await house.send({ ...request, target })
    expect(verdict(answer)).toEqual([404, 'not_found'])
  },
)

test('an unknown path is 404 in JSON', async () => {
  const answer = await house.send({
    url: `${house.issuer}/nowhere`,
    headers: { accept: 'text/html' },
  })
  expect(verdict(answer)).toEqual([404, 'not_found'])
})

test('FAPI2SP-5.2.1 refuses a socket that is not TLS', async () => {
  const plain = createServer(house.server.publicListener)
  await new Promise<void>((resolve) => plain.listen(0, 'localhost', resolve))
  const response = await fetch(`http://localhost:${portOf(plain)}/.well-known/openid-configuration`)
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: 'invalid_request' },
  ])
  plain.close()
})
