/** What the OpenID Foundation's FAPI 2.0 plans ask of an authorization server, line by line. */
import { generateKeyPair, exportJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provision } from '../../src/index.ts'
import { Browser } from '../stage/browser.ts'
import {
  authorizationUrl,
  authorize,
  codeFor,
  frontChannel,
  pushed,
  redeem,
  refresh,
  requestUri,
} from '../stage/flow.ts'
import { assertion, clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { CALLBACK, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())

const accepted = [200, undefined]

describe('PAR', () => {
  test('is served without a certificate to a client of private_key_jwt that is bound to one', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'web-mtls' }
    await provision(house.records, {
      clients: [
        {
          client_id: 'web-mtls',
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [jwk] },
          grant_types: ['authorization_code'],
          redirect_uris: [CALLBACK],
          tls_client_certificate_bound_access_tokens: true,
        },
      ],
      users: [],
    })
    const keys = { ...house.keys, 'web-mtls': { alg: 'ES256', key: privateKey } }
    const at = { ...house, keys }
    expect((await house.send(await pushed(at, {}, 'web-mtls'))).status).toBe(201)
    // A code that is bound to a key as well could never be redeemed.
    const withKey = await pushed(at, { dpop_jkt: prover.jkt }, 'web-mtls')
    expect(verdict(await house.send(withKey))).toEqual([400, 'invalid_request'])
    const push = await pushed(at, {}, 'web-mtls')
    const proven = { ...push, headers: { dpop: await prover.proof(push.url) } }
    expect(verdict(await house.send(proven))).toEqual([400, 'invalid_request'])
    const back = await authorize(house, await uriOf(at, 'web-mtls'), 'web-mtls')
    const form = {
      ...(await assertion(at, 'web-mtls')),
      grant_type: 'authorization_code',
      code: back.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier: 'v'.repeat(43),
    }
    const { client: certificate } = house.certificates
    const bare = await house.send({ url: `${house.alias}/token`, form })
    expect(verdict(bare)).toEqual([400, 'invalid_request'])
    const again = { ...form, ...(await assertion(at, 'web-mtls')) }
    const answer = await house.send({ url: `${house.alias}/token`, form: again, certificate })
    expect([answer.status, answer.json['token_type']]).toEqual([200, 'Bearer'])
  })

  test('a request_uri may be opened again until its user is done, and then no more', async () => {
    const uri = await requestUri(house)
    await new Browser(house.send, house.issuer).open(authorizationUrl(house, uri))
    expect((await authorize(house, uri)).has('code')).toBe(true)
    const page = await new Browser(house.send, house.issuer).open(authorizationUrl(house, uri))
    expect(page.text).toContain('invalid_request_uri')
  })

  test('parameters beside the request_uri are ignored in favour of the pushed ones', async () => {
    const uri = await requestUri(house, { state: 'pushed' })
    const browser = new Browser(house.send, house.issuer)
    const query = {
      client_id: 'web',
      request_uri: uri,
      state: 'beside',
      scope: 'openid write',
      redirect_uri: 'https://evil.example',
    }
    // Another response type is not even ignored, and its error goes to no foreign redirect URI.
    const url = frontChannel(house, { ...query, response_type: 'token' })
    const page = await new Browser(house.send, house.issuer).open(url)
    expect([page.status, page.headers.location]).toEqual([400, undefined])
    const login = await browser.open(frontChannel(house, query))
    const fields = { login: 'alice', password: 'correct horse' }
    const consent = await browser.press(login, 'login-submit', fields)
    expect(consent.text).not.toContain('write')
    await browser.press(consent, 'consent-submit')
    const back = new URL(browser.url)
    expect([back.origin + back.pathname, back.searchParams.get('state')]).toEqual([
      CALLBACK,
      'pushed',
    ])
    expect(back.searchParams.has('code')).toBe(true)
  })

  test.each([0, 64, 128, 384])('state and nonce of %d characters come back whole', async (n) => {
    const value = 'x'.repeat(n)
    const edit = { state: value, nonce: value }
    const back = await authorize(house, await requestUri(house, edit))
    expect([back.has('code'), back.get('state') ?? '']).toEqual([true, value])
    const { json } = await house.send(await redeem(house, back.get('code')!, prover))
    const [, payload = ''] = String(json['id_token']).split('.')
    const claims: { nonce?: string } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(claims.nonce ?? '').toBe(value)
  })

  test('scopes in any order are the same scopes', async () => {
    for (const scope of ['openid read offline_access', 'read offline_access openid']) {
      const code = await codeFor(house, { scope })
      const { json } = await house.send(await redeem(house, code, prover))
      expect(Object.keys(json)).toEqual(
        expect.arrayContaining(['access_token', 'id_token', 'refresh_token']),
      )
    }
  })
})

async function uriOf(at: Parameters<typeof pushed>[0], client: string): Promise<string> {
  const { json } = await at.send(await pushed(at, {}, client))
  return String(json['request_uri'])
}

describe.each([
  ['/par', 201, () => pushed(house)],
  ['/token', 200, () => clientCredentials(house, prover)],
] as const)('a proof at %s', (path, success, honest) => {
  test.each<[what: string, claims: () => { [claim: string]: number }]>([
    ['10 s behind', () => ({ iat: now() - 10 })],
    ['10 s ahead', () => ({ iat: now() + 10 })],
    ['with fractions of a second', () => ({ iat: Date.now() / 1_000 })],
    ['with nbf and exp', () => ({ nbf: now() - 1, exp: now() + 60 })],
  ])('%s is accepted', async (_what, claims) => {
    const dpop = await prover.proof(house.issuer + path, claims())
    const answer = await house.send({ ...(await honest()), headers: { dpop } })
    expect(answer.status).toBe(success)
  })
})

describe('a code', () => {
  test('is bound to the key of the proof with which its request was pushed', async () => {
    const request = await pushed(house)
    const dpop = await prover.proof(request.url)
    const { json } = await house.send({ ...request, headers: { dpop } })
    const code = (await authorize(house, String(json['request_uri']))).get('code')!
    const other = await house.send(await redeem(house, code, await Prover.new()))
    expect(verdict(other)).toEqual([400, 'invalid_grant'])
    expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual(accepted)
  })

  test('is refused without client authentication, and is not burnt by that', async () => {
    const code = await codeFor(house)
    const { form = {}, ...request } = await redeem(house, code, prover)
    const { client_assertion: _, client_assertion_type: __, ...bare } = form
    expect(verdict(await house.send({ ...request, form: bare }))).toEqual([401, 'invalid_client'])
    expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual(accepted)
  })

  test('is refused without a proof, and is not burnt by that', async () => {
    const code = await codeFor(house)
    const { headers: _, ...proofless } = await redeem(house, code, prover)
    expect(verdict(await house.send(proofless))).toEqual([400, 'invalid_dpop_proof'])
    expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual(accepted)
  })
})

describe('a refresh token', () => {
  test('is refused without client authentication', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    const { form = {}, ...request } = await refresh(house, json['refresh_token'], prover)
    const { client_assertion: _, client_assertion_type: __, ...bare } = form
    expect(verdict(await house.send({ ...request, form: bare }))).toEqual([401, 'invalid_client'])
    const again = await house.send(await refresh(house, json['refresh_token'], prover))
    expect([again.status, again.headers['cache-control']]).toEqual([200, 'no-store'])
  })
})

describe('a client is not authenticated', () => {
  test('by an assertion without sub', async () => {
    const form = await assertion(house, 'web', { sub: undefined })
    const answer = await house.send(await clientCredentials(house, prover, form))
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  })

  test('by an assertion for the PAR endpoint', async () => {
    const form = await assertion(house, 'web', { aud: `${house.issuer}/par` })
    const request = await pushed(house)
    const answer = await house.send({ ...request, form: { ...request.form, ...form } })
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  })

  test('by a certificate alone: tls_client_auth says which client', async () => {
    const url = `${house.alias}/token`
    const { client: certificate } = house.certificates
    const dpop = await prover.proof(url)
    const form = { grant_type: 'client_credentials' }
    const answer = await house.send({ url, form, headers: { dpop }, certificate })
    expect(verdict(answer)).toEqual([400, 'invalid_request'])
  })

  test('by another method than it is registered with', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'web', client_secret: 'secret' }
    const dpop = await prover.proof(`${house.issuer}/token`)
    const answer = await house.send({ url: `${house.issuer}/token`, form, headers: { dpop } })
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  })
})

test('no client registers itself, or anything less than it is registered with', async () => {
  for (const method of ['POST', 'PUT'])
    expect((await house.send({ url: `${house.issuer}/register`, method })).status).toBe(404)
})

test('afterwards the honest request still works', async () => {
  expect(verdict(await house.send(await clientCredentials(house, prover)))).toEqual(accepted)
})
