import { createPublicKey } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { introspectedTokens, PolicyError } from '../src/index.ts'
import { BEARER, bearer, DPOP, dpop, answerOf, refusal } from './answers.ts'
import { x5t } from './certificates.ts'
import { ISSUER, jkt, type Members } from './mint.ts'
import {
  INTROSPECTION_KEY,
  INTROSPECTION_SIGNER,
  type Outgoing,
  raise,
  type Stage,
} from './stage.ts'

const PATH = '/opaque/accounts'
const TOKEN = 'an~opaque+token/of.40_characters-or.more=='

async function set(response: Members = {}): Promise<Stage> {
  const stage = await raise()
  onTestFinished(() => stage.close())
  const time = stage.clock.now / 1000
  stage.issuer.tokens.set(TOKEN, {
    active: true,
    aud: 'https://rs.example/opaque',
    scope: 'accounts',
    exp: time + 60,
    cnf: { jkt: jkt(stage.client) },
    ...response,
  })
  return stage
}
const send = async (stage: Stage) => stage.send(await stage.honest({ token: TOKEN, path: PATH }))
const asBearer: Outgoing = { path: PATH, fields: [['Authorization', `Bearer ${TOKEN}`]] }

test('the honest request', async () => {
  const stage = await set()
  expect((await send(stage)).status).toBe(200)
})

test('every use asks again, and a revoked token is refused at once', async () => {
  const stage = await set()
  expect((await send(stage)).status).toBe(200)
  stage.issuer.tokens.delete(TOKEN)
  expect(answerOf(await send(stage))).toEqual(
    refusal({
      status: 401,
      challenges: [BEARER, dpop('invalid_token', 'The issuer says that the token is active.')],
      error: 'invalid_token',
    }),
  )
  expect(stage.issuer.introspected).toHaveLength(2)
})

test('what the issuer is sent: the token, and an assertion whose audience is the issuer, as text', async () => {
  const stage = await set()
  await send(stage)
  await send(stage)
  const [first, second] = stage.issuer.introspected
  expect([...first!.keys()].toSorted()).toEqual([
    'client_assertion',
    'client_assertion_type',
    'client_id',
    'token',
    'token_type_hint',
  ])
  expect(first!.get('token')).toBe(TOKEN)
  expect(first!.get('token_type_hint')).toBe('access_token')
  expect(first!.get('client_id')).toBe('the-api')
  expect(first!.get('client_assertion_type')).toBe(
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  )
  const key = createPublicKey(INTROSPECTION_SIGNER.privateKey)
  const currentDate = new Date(stage.clock.now)
  const read = async (form: URLSearchParams) =>
    jwtVerify(form.get('client_assertion') ?? '', key, { currentDate })
  const [one, other] = [await read(first!), await read(second!)]
  expect(one.protectedHeader).toEqual({ alg: 'ES256', kid: 'api-1' })
  expect(one.payload).toMatchObject({ iss: 'the-api', sub: 'the-api', aud: ISSUER })
  expect(one.payload.iat).toBe(stage.clock.now / 1000)
  expect(one.payload.exp! - one.payload.iat!).toBe(60)
  expect(one.payload.jti).not.toBe(other.payload.jti)
})

test('a key without kid signs without one', async () => {
  const stage = await set()
  const { kid: _, ...key } = INTROSPECTION_KEY
  const { fetch } = stage.issuer
  const read = introspectedTokens({ issuer: ISSUER, clientId: 'the-api', key, fetch })
  expect(await read(TOKEN)).toMatchObject({ form: 'opaque', claims: { active: true } })
  const [form] = stage.issuer.introspected
  expect(decodeProtectedHeader(form!.get('client_assertion') ?? '')).toEqual({ alg: 'ES256' })
})

test('a key without alg is refused before anybody is asked, and is not in the message', () => {
  const { alg: _, ...key } = INTROSPECTION_KEY
  const make = () => introspectedTokens({ issuer: ISSUER, clientId: 'the-api', key })
  expect(make).toThrow(PolicyError)
  expect(make).toThrow('protect: key.alg is null; allowed: ES256')
})

const TOKEN_TYPE = 'token_type in the introspection response fits cnf.'
const CONSTRAINED = 'The token is constrained by a method in force here.'

test.for([
  ['no cnf', { cnf: undefined }, CONSTRAINED],
  ['a cnf that is malformed', { cnf: [] }, 'cnf is an object.'],
  ['token_type Bearer beside jkt', { token_type: 'Bearer' }, TOKEN_TYPE],
  ['another audience', { aud: 'https://rs.example' }, 'The token is for us.'],
  ['no audience', { aud: undefined }, 'The token is for us.'],
  ['another issuer', { iss: 'https://evil.example' }, 'The token is of our issuer.'],
  ['an exp that has passed', { exp: 1 }, 'The token has not expired.'],
  ['an active that is text', { active: 'true' }, 'The issuer says that the token is active.'],
] as const)('%s', async ([, response, description]) => {
  const stage = await set(response)
  expect(answerOf(await send(stage))).toEqual(
    refusal({
      status: 401,
      challenges: [BEARER, dpop('invalid_token', description)],
      error: 'invalid_token',
    }),
  )
})

test.for([
  ['token_type in any case', { token_type: 'dpop' }],
  ['iss and exp left out', { iss: undefined, exp: undefined }],
  ['members that we do not know', { username: 'alice', x: { y: 1 } }],
] as const)('%s is accepted', async ([, response]) => {
  expect((await send(await set(response))).status).toBe(200)
})

test('a certificate-bound token', async () => {
  const stage = await set()
  const { alice } = stage.certificates
  const token = stage.issuer.tokens.get(TOKEN)
  const cnf = { 'x5t#S256': x5t(alice) }
  stage.issuer.tokens.set(TOKEN, { ...token, cnf, token_type: 'Bearer' })
  expect((await stage.send({ ...asBearer, certificate: alice })).status).toBe(200)
  stage.issuer.tokens.set(TOKEN, { ...token, cnf, token_type: 'DPoP' })
  expect(answerOf(await stage.send({ ...asBearer, certificate: alice }))).toEqual(
    refusal({
      status: 401,
      challenges: [bearer('invalid_token', TOKEN_TYPE), DPOP],
      error: 'invalid_token',
    }),
  )
})

test.for([
  ['out of reach', (stage: Stage) => stage.issuer.close()],
  [
    'refusing us',
    async (stage: Stage) => {
      stage.issuer.broken = 401
    },
  ],
  [
    'of another name',
    async (stage: Stage) => {
      stage.issuer.metadata = { issuer: 'https://evil.example' }
    },
  ],
  [
    'without an introspection endpoint',
    async (stage: Stage) => {
      stage.issuer.metadata = { introspection_endpoint: undefined }
    },
  ],
] as const)('an issuer %s: 503', async ([, spoil]) => {
  const stage = await set()
  await spoil(stage)
  expect(answerOf(await send(stage))).toEqual(
    refusal({
      status: 503,
      challenges: [],
      error: 'temporarily_unavailable',
      retryAfter: '5',
    }),
  )
})

test('an issuer that learns introspection later is believed', async () => {
  const stage = await set()
  stage.issuer.metadata = { introspection_endpoint: undefined }
  expect((await send(stage)).status).toBe(503)
  stage.issuer.metadata = {}
  expect((await send(stage)).status).toBe(503)
  stage.clock.now += 250
  expect((await send(stage)).status).toBe(200)
})

describe('a client that authenticates by its certificate', () => {
  const read = (stage: Stage) =>
    introspectedTokens({
      issuer: ISSUER,
      clientId: 'the-api',
      key: 'mtls',
      fetch: stage.issuer.fetch,
      now: () => stage.clock.now,
    })

  test('sends its name only', async () => {
    const stage = await set()
    expect(await read(stage)(TOKEN)).toMatchObject({ claims: { active: true } })
    const [form] = stage.issuer.introspected
    expect(Object.fromEntries(form!)).toEqual({
      token: TOKEN,
      token_type_hint: 'access_token',
      client_id: 'the-api',
    })
  })

  test('RFC8705-5: asks the alias of the endpoint, where there is one', async () => {
    const stage = await set()
    const alias = `${ISSUER}/mtls/introspect`
    stage.issuer.metadata = { mtls_endpoint_aliases: { introspection_endpoint: alias } }
    const body = JSON.stringify({ active: true })
    stage.issuer.answers.set('/mtls/introspect', () => ({ body }))
    expect(await read(stage)(TOKEN)).toMatchObject({ claims: { active: true } })
    expect(stage.issuer.asked.at(-1)).toBe('/mtls/introspect')
    expect((await send(stage)).status).toBe(200)
    expect(stage.issuer.asked.at(-1)).toBe('/introspect')
  })

  test.for([[{}], [null], [{ introspection_endpoint: undefined, token_endpoint: 'x' }]])(
    'and the endpoint itself, where the aliases are %j',
    async ([aliases]) => {
      const stage = await set()
      stage.issuer.metadata = { mtls_endpoint_aliases: aliases }
      expect(await read(stage)(TOKEN)).toMatchObject({ claims: { active: true } })
    },
  )
})

describe('after failures', () => {
  test('the endpoint is looked up again, at most every five seconds', async () => {
    const stage = await set()
    const { issuer, clock } = stage
    expect((await send(stage)).status).toBe(200)
    issuer.answers.set('/introspect', () => ({ status: 404 }))
    issuer.metadata = { introspection_endpoint: `${ISSUER}/elsewhere` }
    issuer.answers.set('/elsewhere', () => ({ body: JSON.stringify(issuer.tokens.get(TOKEN)) }))
    clock.now += 5_000
    expect((await send(stage)).status).toBe(503)
    expect((await send(stage)).status).toBe(503)
    clock.now += 1
    expect((await send(stage)).status).toBe(200)
    expect((await send(stage)).status).toBe(200)
    clock.now += 5_001
    expect((await send(stage)).status).toBe(200)
    expect(issuer.asked.filter((path) => path.startsWith('/.well-known'))).toHaveLength(2)
  })

  test('requests that wait for the metadata share them', async () => {
    const stage = await set()
    const [one, other] = await Promise.all([
      stage.honest({ path: PATH, token: 'a' }),
      stage.honest({ path: PATH, token: 'b' }),
    ])
    await Promise.all([stage.send(one), stage.send(other)])
    expect(stage.issuer.asked.toSorted()).toEqual([
      '/.well-known/oauth-authorization-server',
      '/introspect',
      '/introspect',
    ])
  })

  test('one token’s bad answer does not keep another from being asked about', async () => {
    const stage = await set()
    stage.issuer.answers.set('/introspect', () => ({ status: 500 }))
    expect((await send(stage)).status).toBe(503)
    stage.issuer.answers.clear()
    expect((await send(stage)).status).toBe(200)
  })

  test('an issuer out of reach is asked again after 250 ms', async () => {
    const stage = await set()
    const { issuer, clock } = stage
    let attempts = 0
    let broken = true
    const read = introspectedTokens({
      issuer: ISSUER,
      clientId: 'the-api',
      key: INTROSPECTION_KEY,
      now: () => clock.now,
      fetch: async (url, init) => {
        attempts += 1
        if (broken && url.endsWith('/introspect')) throw new TypeError('fetch failed')
        return issuer.fetch(url, init)
      },
    })
    expect(await read(TOKEN)).toMatchObject({ form: 'unavailable' })
    expect(attempts).toBe(2)
    broken = false
    clock.now += 249
    expect(await read('another')).toMatchObject({ form: 'unavailable' })
    expect(attempts).toBe(2)
    clock.now += 1
    expect(await read(TOKEN)).toMatchObject({ form: 'opaque', issuer: ISSUER })
    expect(attempts).toBe(3)
  })
})

test('an answer that is no JSON object: 503', async () => {
  const stage = await set()
  stage.issuer.answers.set('/introspect', () => ({ body: '[]' }))
  expect((await send(stage)).status).toBe(503)
})
