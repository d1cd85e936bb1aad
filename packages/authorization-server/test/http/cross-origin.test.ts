import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizationUrl, pushed, requestUri } from '../stage/flow.ts'
import { clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'

const APP = 'https://app.example'
const EVIL = 'https://evil.example'

let house: House
let prover: Prover

beforeAll(async () => {
  house = await startHouse({ configuration: { browserOrigins: [APP], dpopNonce: 'required' } })
  prover = await Prover.new()
})
afterAll(() => house.stop())

const SCRIPTED = ['/token', '/par', '/revoke', '/userinfo']
const OTHERS = ['/authorize', '/introspect', '/backchannel', '/interaction/x', '/nowhere']

/** What a browser is told, and nothing else. */
const permission = ({ headers }: Response) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))

const preflight = (path: string, origin: string, method = 'POST') =>
  house.send({
    url: `${house.issuer}${path}`,
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'dpop,content-type',
    },
  })

describe('a preflight', () => {
  test.each(SCRIPTED)(
    'of the listed origin is permitted at %s, without credentials',
    async (path) => {
      const answer = await preflight(path, APP)
      expect(answer.status).toBe(204)
      expect(answer.headers.vary).toContain('Origin')
      expect(permission(answer)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'Authorization, Content-Type, DPoP',
        'access-control-max-age': '600',
      })
    },
  )

  test.each(
    SCRIPTED.flatMap((path) =>
      [EVIL, 'null', `${APP}:8443`, 'http://app.example'].map((origin) => [path, origin] as const),
    ),
  )('at %s of %s is not', async (path, origin) => {
    const answer = await preflight(path, origin)
    expect(answer.status).toBe(204)
    expect(permission(answer)).toEqual({})
  })

  test.each(OTHERS)('is permitted to nobody at %s', async (path) => {
    const answer = await preflight(path, APP)
    expect([answer.status, permission(answer)]).toEqual([204, {}])
  })
})

describe('a request', () => {
  const send = async (origin: string, nonce?: string) => {
    const request = await clientCredentials(house, prover)
    const edit = nonce === undefined ? {} : { nonce }
    const dpop = await prover.proof(`${house.issuer}/token`, edit)
    return house.send({ ...request, headers: { ...request.headers, dpop, origin } })
  }

  test('RFC9449-8: of the listed origin reads the nonce that it is asked for, and its token', async () => {
    const asked = await send(APP)
    expect(verdict(asked)).toEqual([400, 'use_dpop_nonce'])
    const readable = {
      'access-control-allow-origin': APP,
      'access-control-expose-headers': 'DPoP-Nonce, WWW-Authenticate',
    }
    expect(permission(asked)).toEqual(readable)
    const served = await send(APP, String(asked.headers['dpop-nonce']))
    expect(served.status).toBe(200)
    expect(permission(served)).toEqual(readable)
  })

  test('of another origin is refused by the server, not only by the browser', async () => {
    const asked = await send(EVIL)
    expect(permission(asked)).toEqual({})
    const refused = await send(EVIL, String(asked.headers['dpop-nonce']))
    expect(verdict(refused)).toEqual([400, 'invalid_request'])
    expect(permission(refused)).not.toHaveProperty('access-control-allow-origin')
  })

  test('of the listed origin reads why it was refused', async () => {
    const headers = { origin: APP }
    const form = { grant_type: 'password' }
    const token = await house.send({ url: `${house.issuer}/token`, form, headers })
    expect(verdict(token)).toEqual([400, 'invalid_request'])
    const userinfo = await house.send({ url: `${house.issuer}/userinfo`, headers })
    expect(userinfo.status).toBe(401)
    for (const answer of [token, userinfo])
      expect(permission(answer)).toMatchObject({ 'access-control-allow-origin': APP })
  })

  test('pushes, and the authorization endpoint answers no script, whoever asks', async () => {
    const request = await pushed(house)
    const answer = await house.send({ ...request, headers: { ...request.headers, origin: APP } })
    expect(answer.status).toBe(201)
    expect(permission(answer)).toMatchObject({ 'access-control-allow-origin': APP })
    const url = authorizationUrl(house, await requestUri(house))
    for (const origin of [APP, EVIL]) {
      const page = await house.send({ url, headers: { origin } })
      expect([page.status, permission(page)]).toEqual([303, {}])
    }
  })

  test('of anybody reads what is public', async () => {
    for (const path of ['/jwks', '/.well-known/oauth-authorization-server']) {
      const answer = await house.send({ url: `${house.issuer}${path}`, headers: { origin: EVIL } })
      expect([answer.status, permission(answer)['access-control-allow-origin']]).toEqual([
        200,
        EVIL,
      ])
    }
  })
})
