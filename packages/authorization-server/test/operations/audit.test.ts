import { Writable } from 'node:stream'
import { aroundRecords } from '@holdfast/store'
import { pino } from 'pino'
import prometheus, { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/index.ts'
import { logOutcomes } from '../../src/operations/log.ts'
import { measureOutcomes, measureRecords } from '../../src/operations/metrics.ts'
import { begin } from '../stage/backchannel.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, codeFor, pushed, redeem, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover } from '../stage/honest.ts'
import { PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request, Response } from '../stage/http.ts'

const outcomes: Outcome[] = []
const registry = new Registry()
const measure = measureOutcomes(prometheus, registry)
/** Everything that could be presented somewhere, as it was sent and received. */
const secrets = new Set<string>(['correct horse', 'wrong horse', 'v'.repeat(43)])
const lines: string[] = []
const log = logOutcomes(
  pino(
    new Writable({
      write: (chunk, _, done) => {
        lines.push(String(chunk))
        done()
      },
    }),
  ),
)

let house: House
let prover: Prover
let failing = false
beforeAll(async () => {
  house = await startHouse({
    profiles: ['ciba-dpop'],
    audit: (outcome) => {
      outcomes.push(outcome)
      measure(outcome)
      log(outcome)
    },
    through: (records) => measureRecords(prometheus, registry, aroundRecords(records, broken)),
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())
beforeEach(() => {
  failing = false
  outcomes.length = 0
})

const broken = <T>(call: () => Promise<T>): Promise<T> =>
  failing ? Promise.reject(new Error('disk on fire')) : call()

/** Sends, and remembers what must not be told. */
async function send(request: Request): Promise<Response> {
  const answer = await house.send(request)
  const { client_assertion, code, token, refresh_token } = request.form ?? {}
  const { dpop } = request.headers ?? {}
  for (const secret of [client_assertion, code, token, refresh_token, dpop].flat())
    if (secret) for (const part of secret.split('.')) secrets.add(part)
  for (const name of ['access_token', 'refresh_token', 'id_token', 'code'])
    if (typeof answer.json[name] === 'string') secrets.add(answer.json[name])
  return answer
}

const nothing = {
  error: undefined,
  reason: undefined,
  clause: undefined,
  subject: undefined,
  grantType: undefined,
  grant: undefined,
  constraint: undefined,
  jkt: undefined,
  x5t: undefined,
  active: undefined,
}
const common = {
  address: expect.stringMatching(/127\.0\.0\.1$|^::1$/),
  milliseconds: expect.any(Number),
}

describe('the token endpoint', () => {
  test('a token by DPoP', async () => {
    await send(await clientCredentials(house, prover))
    expect(outcomes).toEqual([
      {
        ...nothing,
        ...common,
        endpoint: 'token',
        outcome: 'accepted',
        status: 200,
        client: 'web',
        grantType: 'client_credentials',
        constraint: 'dpop',
        jkt: prover.jkt,
      },
    ])
  })

  test('a token by certificate', async () => {
    const form = { ...(await assertion(house, 'bound')), grant_type: 'client_credentials' }
    const { client: certificate } = house.certificates
    await send({ url: `${house.alias}/token`, form, certificate })
    const x5t = expect.stringMatching(/^[\w-]{43}$/)
    expect(outcomes).toMatchObject([
      { outcome: 'accepted', client: 'bound', constraint: 'mtls', x5t, jkt: undefined },
    ])
  })

  test('a client that fails to authenticate, with the reason that it is not told', async () => {
    const form = await assertion(house, 'web', { aud: 'https://other.example' })
    const answer = await send(await clientCredentials(house, prover, form))
    expect(answer.json['error_description']).toBe('client authentication failed')
    expect(outcomes).toEqual([
      {
        ...nothing,
        ...common,
        endpoint: 'token',
        outcome: 'refused',
        status: 401,
        clause: 'RFC7523-3',
        error: 'invalid_client',
        reason: expect.stringMatching(/^client authentication failed: .*aud/),
        client: 'web',
        grantType: 'client_credentials',
        jkt: prover.jkt,
      },
    ])
  })

  test('a client that does not exist is cut short', async () => {
    const form = { ...(await assertion(house, 'web', { sub: 'x'.repeat(3_000) })) }
    await send(await clientCredentials(house, prover, { ...form, client_id: 'x'.repeat(3_000) }))
    expect(outcomes).toMatchObject([
      {
        error: 'invalid_client',
        client: 'x'.repeat(200),
        reason: expect.stringContaining('not found'),
      },
    ])
  })

  test('a grant that is refused', async () => {
    await send(await clientCredentials(house, prover, { grant_type: 'password' }))
    expect(outcomes).toMatchObject([
      { outcome: 'refused', error: 'unsupported_grant_type', grantType: 'password' },
    ])
  })

  test('a store that does not answer is nobody’s fault', async () => {
    const request = await clientCredentials(house, prover)
    failing = true
    await send(request)
    expect(outcomes).toMatchObject([
      {
        outcome: 'failed',
        status: 503,
        error: 'temporarily_unavailable',
        reason: expect.stringContaining('fire'),
      },
    ])
  })
})

describe('the authorization code flow', () => {
  test('is told step by step', async () => {
    const browser = new Browser(house.send, house.issuer)
    const uri = await requestUri(house)
    const page = await browser.open(authorizationUrl(house, uri))
    const wrong = await browser.press(page, 'login-submit', {
      login: 'alice',
      password: 'wrong horse',
    })
    const right = { login: 'alice', password: 'correct horse' }
    const consent = await browser.press(wrong, 'login-submit', right)
    await browser.press(consent, 'consent-submit')
    const code = new URL(browser.url).searchParams.get('code') ?? ''
    await send(await redeem(house, code, prover))
    await send(await redeem(house, code, prover))
    const [subject, client, grant] = ['sub-alice', 'web', expect.stringMatching(/^[\w-]{20,}$/)]
    expect(outcomes).toMatchObject([
      { endpoint: 'pushed_authorization_request', outcome: 'accepted', client, status: 201 },
      {
        endpoint: 'login',
        outcome: 'refused',
        error: 'access_denied',
        client,
        subject,
        status: 200,
      },
      { endpoint: 'login', outcome: 'accepted', error: undefined, client, subject, status: 303 },
      { endpoint: 'consent', outcome: 'accepted', client, subject, status: 303 },
      { endpoint: 'authorization', outcome: 'accepted', client, subject, grant, status: 303 },
      { endpoint: 'token', outcome: 'accepted', client, subject, grant, jkt: prover.jkt },
      {
        endpoint: 'token',
        outcome: 'refused',
        error: 'invalid_grant',
        client,
        reason: expect.any(String),
      },
    ])
  })

  test('a login that does not exist is not written down: it may be a password', async () => {
    const browser = new Browser(house.send, house.issuer)
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    await browser.press(page, 'login-submit', { login: 'correct horse', password: 'alice' })
    expect(outcomes.at(-1)).toMatchObject({ error: 'access_denied', subject: undefined })
    expect(JSON.stringify(outcomes)).not.toContain('horse')
  })

  test('a second factor', async () => {
    const browser = new Browser(house.send, house.issuer)
    const uri = await requestUri(house, { acr_values: 'urn:holdfast:mfa' })
    const page = await browser.open(authorizationUrl(house, uri))
    const right = { login: 'alice', password: 'correct horse' }
    await browser.press(await browser.press(page, 'login-submit', right), 'second-factor-submit')
    expect(outcomes.at(-1)).toEqual({
      ...nothing,
      ...common,
      endpoint: 'second-factor',
      outcome: 'accepted',
      status: 303,
      client: 'web',
      subject: 'sub-alice',
    })
  })

  test('what is refused at length is cut short', async () => {
    const detail = {
      type: 'account_information',
      accounts: [{ iban: 'NL00HOLD0000000001' }],
      locations: [`https://${'x'.repeat(3_000)}.example`],
    }
    await send(await pushed(house, { authorization_details: JSON.stringify([detail]) }))
    expect(outcomes).toMatchObject([{ error: 'invalid_authorization_details', client: 'web' }])
    expect(outcomes[0]?.reason).toHaveLength(500)
  })

  test('an end-user who refuses', async () => {
    const browser = new Browser(house.send, house.issuer)
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    await browser.press(page, 'abort')
    const error = 'access_denied'
    expect(outcomes.slice(1)).toMatchObject([
      { endpoint: 'abort', outcome: 'refused', error, client: 'web' },
      { endpoint: 'authorization', outcome: 'refused', error, client: 'web', status: 303 },
    ])
  })

  test('a pushed request and an authorization request that are refused', async () => {
    await send(await pushed(house, { redirect_uri: 'https://evil.example' }))
    await send({ url: authorizationUrl(house, 'urn:ietf:params:oauth:request_uri:unknown') })
    expect(outcomes).toMatchObject([
      { endpoint: 'pushed_authorization_request', error: 'invalid_request', client: 'web' },
      { endpoint: 'authorization', error: 'invalid_request_uri', client: 'web', status: 400 },
    ])
  })

  test('a form that nobody was given', async () => {
    await send({ url: `${house.issuer}/interaction/unknown/login`, form: { login: 'alice' } })
    expect(outcomes).toMatchObject([
      { endpoint: 'login', outcome: 'refused', error: 'invalid_request' },
    ])
  })
})

describe('a decision about a request of another device', () => {
  const [client, subject] = ['by-dpop', 'sub-alice']
  const grant = expect.stringMatching(/^[\w-]{20,}$/)

  test('by the end-user, who then signs out', async () => {
    const browser = new Browser(house.send, house.issuer)
    const right = { login: 'alice', password: 'correct horse' }
    await begin(house, {}, client)
    await begin(house, {}, client)
    const login = await browser.open(`${house.issuer}/approvals`)
    const page = await browser.press(login, 'login-submit', right)
    const next = await browser.press(page, 'allow-1', { decision: 'allow' })
    await browser.press(next, 'deny-1', { decision: 'deny' })
    await browser.press(next, 'sign-out')
    const approval = { endpoint: 'approval', status: 200, client, subject }
    expect(outcomes.slice(3)).toMatchObject([
      { ...approval, outcome: 'accepted', error: undefined, grant },
      { ...approval, outcome: 'refused', error: 'access_denied', grant: undefined },
      { endpoint: 'abort', outcome: 'accepted', subject },
    ])
  })

  test('in the place of the end-user', async () => {
    await house.server.decide(await begin(house, {}, client), 'allow')
    await house.server.decide(await begin(house, {}, client), 'deny')
    const reason = 'decided in the place of the end-user'
    const about = { ...nothing, endpoint: 'approval', status: 200, reason, client, subject }
    expect(outcomes.filter(({ endpoint }) => endpoint === 'approval')).toEqual([
      { ...about, ...common, address: undefined, outcome: 'accepted', grant },
      { ...about, ...common, address: undefined, outcome: 'refused', error: 'access_denied' },
    ])
  })
})

describe('what the library has no event for', () => {
  test('introspection, revocation and userinfo', async () => {
    const code = await codeFor(house, { resource: PAYMENTS, scope: 'openid offline_access pay' })
    const { json } = await send(await redeem(house, code, prover))
    const [token, refresh] = [String(json['access_token']), String(json['refresh_token'])]
    outcomes.length = 0
    const introspect = async (caller: string) =>
      send({
        url: `${house.issuer}/introspect`,
        form: { ...(await assertion(house, caller)), token },
      })
    await introspect('api')
    await introspect('stranger')
    await send({
      url: `${house.issuer}/revoke`,
      form: { ...(await assertion(house, 'web')), token: refresh },
    })
    await introspect('api')
    await send({ url: `${house.issuer}/userinfo`, headers: { authorization: `DPoP ${token}` } })
    const [subject, grant] = ['sub-alice', expect.any(String)]
    expect(outcomes).toMatchObject([
      {
        endpoint: 'introspection',
        outcome: 'accepted',
        client: 'api',
        active: true,
        subject,
        grant,
      },
      { endpoint: 'introspection', outcome: 'accepted', client: 'stranger', active: false },
      { endpoint: 'revocation', outcome: 'accepted', client: 'web', subject, grant },
      { endpoint: 'introspection', outcome: 'accepted', client: 'api', active: false },
      { endpoint: 'userinfo', outcome: 'refused', error: expect.stringMatching(/^invalid_/) },
    ])
  })

  test('documents that everybody may read are not told of', async () => {
    await send({ url: `${house.issuer}/jwks` })
    await send({ url: `${house.issuer}/status` })
    await send({ url: `${house.issuer}/.well-known/openid-configuration` })
    await send({ url: `${house.issuer}/nowhere` })
    expect(outcomes).toEqual([])
  })
})

test('nothing that can be presented is in the log', () => {
  expect(secrets.size).toBeGreaterThan(30)
  expect(lines.length).toBeGreaterThan(20)
  const text = lines.join('')
  // Shorter parts are headers such as {"alg":"ES256"}, which are no secrets.
  for (const secret of [...secrets].filter(({ length }) => length > 10))
    expect(text).not.toContain(secret)
})

test('the log says what came of it in its level and message', () => {
  const logged = lines.map((line): { level: number; msg: string } => JSON.parse(line))
  expect(logged[0]).toMatchObject({ level: 30, msg: 'token accepted', client: 'web' })
  expect(logged.find(({ msg }) => msg === 'login refused')).toMatchObject({ level: 40 })
  expect(logged.find(({ msg }) => msg === 'token failed')).toMatchObject({ level: 50, status: 503 })
})

test('the metrics count outcomes, tokens and the store', async () => {
  const text = await registry.metrics()
  expect(text).toContain('holdfast_as_outcomes_total{endpoint="token",error="invalid_client"} 2')
  expect(text).toContain('holdfast_as_outcomes_total{endpoint="login",error="access_denied"} 2')
  const tokens = 'holdfast_as_tokens_issued_total'
  expect(text).toContain(`${tokens}{grant_type="client_credentials",constraint="dpop"} 1`)
  expect(text).toContain(`${tokens}{grant_type="client_credentials",constraint="mtls"} 1`)
  expect(text).toContain(`${tokens}{grant_type="authorization_code",constraint="dpop"} 2`)
  expect(text).not.toContain('grant_type="password"')
  expect(text).toMatch(/holdfast_as_request_seconds_count\{endpoint="token",outcome="failed"\} 1/)
  expect(text).toMatch(/holdfast_store_seconds_count\{operation="find"\} \d\d/)
  expect(text).toMatch(/holdfast_store_failures_total\{operation="\w+"\} 1/)
})
