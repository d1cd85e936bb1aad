import { formatTraceparent, newTrace } from '@holdfast/trace'
import type { TraceEvent } from '@holdfast/trace'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, authorize, pushed, redeem } from '../stage/flow.ts'
import { assertion, clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import { pushedObject } from '../stage/request-object.ts'

let house: House
let prover: Prover
const events: TraceEvent[] = []
beforeAll(async () => {
  house = await startHouse({
    profiles: ['fapi2-message-signing'],
    report: (event) => events.push(event),
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())

type Edit = Parameters<typeof pushedObject>[1]

const push = async (edit?: Edit) => house.send(await pushedObject(house, edit))

const issuerKeys = async () => {
  const { text } = await house.send({ url: `${house.issuer}/jwks` })
  return createLocalJWKSet(JSON.parse(text))
}

const uriOf = async (edit?: Edit): Promise<string> => String((await push(edit)).json['request_uri'])

describe('Message signing: a request object is accepted', () => {
  const accepted: [what: string, edit: () => Edit][] = [
    ['as the client makes it', () => ({})],
    ['8 s ahead', () => ({ claims: { nbf: now() + 8, iat: now() + 8 } })],
    ['nbf 59 minutes ago', () => ({ claims: { nbf: now() - 3_540, exp: now() + 30 } })],
    ['exp − nbf of 60 minutes', () => ({ claims: { nbf: now(), exp: now() + 3_600 } })],
    [
      'several audiences with the right one',
      () => ({ claims: { aud: ['https://a.example', house.issuer] } }),
    ],
    ['typ JWT', () => ({ header: { typ: 'JWT' } })],
  ]
  test.each(accepted)('%s', async (_what, edit) => {
    expect((await push(edit())).status).toBe(201)
  })
})

type Refused = [clause: string, what: string, edit: () => Edit]

describe('Message signing: a request object is refused, with the clause on the trace', () => {
  const refused: Refused[] = [
    ['FAPI2MS-5.3.1-3', 'no nbf', () => ({ claims: { nbf: undefined } })],
    [
      'FAPI2MS-5.3.1-3',
      'nbf 61 minutes ago',
      () => ({ claims: { nbf: now() - 3_660, exp: now() - 65 + 120 } }),
    ],
    ['FAPI2MS-5.3.1-4', 'no exp', () => ({ claims: { exp: undefined } })],
    [
      'FAPI2MS-5.3.1-4',
      'exp − nbf over 60 minutes',
      () => ({ claims: { nbf: now(), exp: now() + 3_660 } }),
    ],
    ['FAPI2SP-5.3.2.1-13', 'iat 70 s ahead', () => ({ claims: { iat: now() + 70 } })],
    ['RFC9101-10.8', 'a proof as request', () => ({ header: { typ: 'dpop+jwt' } })],
    ['RFC9101-10.8', 'sub as in an assertion', () => ({ claims: { sub: 'signing' } })],
    ['RFC7519-4.1.4', 'exp now', () => ({ claims: { nbf: now() - 60, exp: now() } })],
    ['RFC7519-4.1.4', 'exp 5 s ago', () => ({ claims: { nbf: now() - 60, exp: now() - 5 } })],
    ['RFC7797-7', 'b64 in crit', () => ({ header: { crit: ['b64'], b64: true } })],
  ]
  test.each(refused)('%s: %s', async (clause, _what, edit) => {
    events.length = 0
    const request = await pushedObject(house, edit())
    const headers = { traceparent: formatTraceparent(newTrace()) }
    expect(verdict(await house.send({ ...request, headers }))).toEqual([
      400,
      'invalid_request_object',
    ])
    expect(events).toMatchObject([{ refusal: { sentence: expect.stringContaining(clause) } }])
  })
})

describe('Message signing: a request object is refused', () => {
  const refused: Refused[] = [
    ['FAPI2MS-5.3.1-1', 'the key of another client', () => ({ by: 'web' })],
    ['FAPI2MS-5.3.1-1', 'another client', () => ({ by: 'web', claims: { iss: 'web' } })],
    ['FAPI2MS-5.3.1-2', 'another server', () => ({ claims: { aud: 'https://other.example' } })],
    ['FAPI2MS-5.3.1-2', 'no aud', () => ({ claims: { aud: undefined } })],
    ['FAPI2SP-5.3.2.1-13', 'nbf 70 s ahead', () => ({ claims: { nbf: now() + 70 } })],
    ['RFC7519-4.1.4', 'exp past', () => ({ claims: { nbf: now() - 600, exp: now() - 300 } })],
    ['RFC9101-6.3', 'client_id of another', () => ({ claims: { client_id: 'web' } })],
    ['RFC9101-4', 'a request in the request', () => ({ claims: { request: 'x' } })],
    [
      'RFC9101-4',
      'a state of which no text can be made',
      () => ({ claims: { state: { toString: 1 } } }),
    ],
    ['RFC9101-4', 'a request_uri likewise', () => ({ claims: { request_uri: { toString: [] } } })],
    ['RFC9101-4', 'a resource likewise', () => ({ claims: { resource: [{ toString: 1 }] } })],
  ]
  test.each(refused)('%s: %s', async (_clause, _what, edit) => {
    expect(verdict(await push(edit()))).toEqual([400, 'invalid_request_object'])
  })

  test('FAPI2MS-5.3.1-1: signed by nobody', async () => {
    const plain = await house.send(await pushed(house, {}, 'signing'))
    expect(verdict(plain)).toEqual([400, 'invalid_request'])
    const [, claims] = String((await pushedObject(house)).form?.['request']).split('.')
    const request = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`
    const form = { ...(await assertion(house, 'signing')), request }
    expect(verdict(await house.send({ url: `${house.issuer}/par`, form }))).toEqual([
      400,
      'invalid_request_object',
    ])
  })

  test('RFC9126-2.2: what is accepted shortly before its exp is good for that long', async () => {
    const { status, json } = await push({ claims: { exp: now() + 5 } })
    expect([status, json['expires_in']]).toEqual([
      201,
      expect.toSatisfy((seconds: number) => seconds > 0 && seconds <= 5),
    ])
  })

  test('RFC9101-6.3: from a client whose profile has none', async () => {
    const { form } = await pushedObject(house, {
      by: 'web',
      claims: { iss: 'web', client_id: 'web' },
    })
    const sent = { request: String(form?.['request']), ...(await assertion(house, 'web')) }
    const answer = await house.send({ url: `${house.issuer}/par`, form: sent })
    expect(verdict(answer)).toEqual([400, 'request_not_supported'])
  })
})

test('RFC9101-6.3: parameters beside the request object do not count', async () => {
  const request = await pushedObject(house, { claims: { state: 'signed' } })
  const form = { ...request.form, state: 'forged', redirect_uri: 'https://evil.example' }
  const { json } = await house.send({ ...request, form })
  const answer = await responseTo(String(json['request_uri']))
  expect(answer['state']).toBe('signed')
})

describe('Message signing: the authorization response', () => {
  test('FAPI2MS-5.4.1-1: is a JWT with iss, aud and exp, and its code is good', async () => {
    const answer = await responseTo(await uriOf())
    const in600 = now() + 600
    expect(answer).toEqual({
      iss: house.issuer,
      aud: 'signing',
      exp: expect.toSatisfy((exp: number) => exp > now() && exp <= in600),
      state: 'st4te',
      code: expect.any(String),
    })
    const tokens = await house.send(await redeem(house, String(answer['code']), prover, 'signing'))
    expect(tokens.json).toMatchObject({ token_type: 'DPoP', id_token: expect.any(String) })
  })

  test('is one too where the end-user refuses', async () => {
    const browser = new Browser(house.send, house.issuer)
    await browser.press(
      await browser.open(authorizationUrl(house, await uriOf(), 'signing')),
      'abort',
    )
    expect(await opened(new URL(browser.url).searchParams)).toMatchObject({
      error: 'access_denied',
      iss: house.issuer,
      aud: 'signing',
      state: 'st4te',
    })
  })

  test('FAPI2MS-5.4.1-1 refuses a request for one that is not signed', async () => {
    for (const response_mode of ['query', 'fragment', 'form_post', undefined])
      expect(verdict(await push({ claims: { response_mode } }))).toEqual([400, 'invalid_request'])
    expect((await push({ claims: { response_mode: 'query.jwt' } })).status).toBe(201)
  })
})

describe('Message signing: introspection responses', () => {
  const SIGNED = 'application/token-introspection+jwt'

  const introspect = async (token: string, accept: string, client = 'signing-api') =>
    house.send({
      url: `${house.issuer}/introspect`,
      headers: { accept },
      form: { token, ...(await assertion(house, client)) },
    })

  test('FAPI2MS-5.5.1-1: are signed with the algorithm of the resource server', async () => {
    const asked = { resource: PAYMENTS, scope: 'pay' }
    const { json } = await house.send(await clientCredentials(house, prover, asked))
    for (const [token, active] of [
      [String(json['access_token']), true] as const,
      ['nonsense', false] as const,
    ]) {
      const { headers, text } = await introspect(token, SIGNED)
      expect(headers['content-type']).toContain(SIGNED)
      expect(decodeProtectedHeader(text)).toMatchObject({
        typ: 'token-introspection+jwt',
        alg: 'ES256',
      })
      const { payload } = await jwtVerify(text, await issuerKeys(), {
        issuer: house.issuer,
        audience: 'signing-api',
      })
      expect(payload).toMatchObject({ iat: expect.any(Number), token_introspection: { active } })
    }
  })

  test('FAPI2MS-5.5.1-1 refuses to answer this resource server unsigned', async () => {
    expect(verdict(await introspect('nonsense', 'application/json'))).toEqual([
      400,
      'invalid_request',
    ])
    expect((await introspect('nonsense', 'application/json', 'api')).json).toEqual({
      active: false,
    })
  })
})

test('metadata says what is signed', async () => {
  const algorithms = ['PS256', 'ES256', 'EdDSA']
  const { json } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
  expect(json).toMatchObject({
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    request_object_signing_alg_values_supported: algorithms,
    authorization_signing_alg_values_supported: algorithms,
    introspection_signing_alg_values_supported: algorithms,
    response_modes_supported: expect.arrayContaining(['jwt', 'query.jwt']),
  })
  expect(json).not.toHaveProperty('require_signed_request_object')
})

async function responseTo(uri: string) {
  return opened(await authorize(house, uri, 'signing'))
}

async function opened(parameters: URLSearchParams) {
  expect([...parameters.keys()]).toEqual(['response'])
  const response = parameters.get('response') ?? ''
  return (await jwtVerify(response, await issuerKeys())).payload
}
