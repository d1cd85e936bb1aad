/** Each adapter is the same door: what it lets through, what it answers, line by line on the wire. */
import type { TraceEvent } from '@holdfast/trace'
import { Hono } from 'hono'
import { afterAll, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { jwtTokens, type ProtectedState, type ProtectOptions } from '../src/index.ts'
import { protect as protectOnHono } from '../src/adapters/hono.ts'
import { BEARER, bearer, DPOP, dpop } from './answers.ts'
import { x5t } from './certificates.ts'
import { FRAMEWORKS } from './frameworks.ts'
import { ISSUER, RESOURCE } from './mint.ts'
import { dpopFields, memorySince, raise, START } from './stage.ts'
import { certificates, wire } from './wire.ts'

const stage = await raise()
const { clock } = stage
const policy = { issuer: ISSUER, audience: RESOURCE, scopes: ['accounts'] }
const cors = { origins: ['https://app.example'] }
const tokens = jwtTokens({ issuer: ISSUER, fetch: stage.issuer.fetch, now: () => clock.now })
afterAll(() => stage.close())

const warning = vi.spyOn(process, 'emitWarning').mockReturnValue()
beforeEach(() => {
  clock.now = START
  warning.mockClear()
})

describe.each(Object.entries(FRAMEWORKS))('%s', (_framework, build) => {
  async function open(change: Partial<ProtectOptions> = {}) {
    const seen: unknown[] = []
    const protect = {
      ...policy,
      resource: RESOURCE,
      tokens,
      memory: memorySince(START - 60_000, clock),
      nonceSecret: new Uint8Array(32),
      now: () => clock.now,
      ...change,
    }
    const handle = (claims: Readonly<Record<string, unknown>>) => {
      seen.push(claims['sub'])
      return { sub: claims['sub'] }
    }
    const listener = await build({ protect, cors, metadata: { routes: [policy] }, handle })
    return { ...(await wire(listener)), seen }
  }

  test('lets the honest request through, with its token', async () => {
    const api = await open()
    const answer = await api.send(await stage.honest())
    expect([answer.status, answer.body]).toEqual([200, '{"sub":"alice"}'])
    expect(answer.lines('www-authenticate')).toEqual([])
    expect(api.seen).toEqual(['alice'])
    await api.close()
  })

  test('answers a request without credentials with one field line for each challenge', async () => {
    const api = await open()
    const answer = await api.send({})
    expect(answer.status).toBe(401)
    expect(answer.lines('www-authenticate')).toEqual([BEARER, DPOP])
    expect(answer.lines('cache-control')).toEqual(['no-store'])
    expect(answer.lines('content-type')).toEqual([
      expect.stringMatching(/^application\/json(; ?charset=utf-8)?$/),
    ])
    expect(JSON.parse(answer.body)).toEqual({
      error_description: 'The request presents an access token.',
    })
    expect(api.seen).toEqual([])
    await api.close()
  })

  test('refuses a second use, two Authorization fields, two proofs', async () => {
    const api = await open()
    const { fields = [] } = await stage.honest()
    expect((await api.send({ fields })).status).toBe(200)
    const replayed = await api.send({ fields })
    expect([replayed.status, JSON.parse(replayed.body).error]).toEqual([401, 'invalid_dpop_proof'])

    const fresh = (await stage.honest()).fields ?? []
    const twice = await api.send({ fields: [...fresh, ['Authorization', 'Bearer x']] })
    const sentence = 'There is at most one Authorization field, and it can be parsed.'
    expect(twice.status).toBe(400)
    expect(twice.lines('www-authenticate')).toEqual([
      bearer('invalid_request', sentence),
      dpop('invalid_request', sentence),
    ])

    const token = await stage.token()
    const proof = async () => stage.proof({ token })
    const two = await api.send({ fields: dpopFields(token, await proof(), await proof()) })
    expect(two.lines('www-authenticate')).toEqual([
      BEARER,
      dpop('invalid_dpop_proof', 'There is not more than one DPoP field.'),
    ])
    expect(api.seen).toEqual(['alice'])
    expect((await api.send(await stage.honest())).status).toBe(200)
    await api.close()
  })

  test('takes the certificate from the connection', async () => {
    const api = await open()
    const { alice, bob } = certificates
    const token = await stage.token({ cnf: { 'x5t#S256': x5t(alice) } })
    const fields = [['Authorization', `Bearer ${token}`]] as const
    const answers = [
      await api.send({ fields, certificate: alice }),
      await api.send({ fields, certificate: bob }),
      await api.send({ fields }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401])
    await api.close()
  })

  test('hands out a nonce, takes it, and hands out the next before it ends', async () => {
    const api = await open({ nonce: 'required', nonceLifetime: 60 })
    const challenged = await api.send(await stage.honest())
    expect(challenged.status).toBe(401)
    expect(challenged.lines('www-authenticate')).toHaveLength(2)
    const [nonce = ''] = challenged.lines('dpop-nonce')
    expect(nonce).not.toBe('')

    const again = async () => {
      const token = await stage.token()
      const proof = await stage.proof({ token, claims: { nonce } })
      return api.send({ fields: dpopFields(token, proof) })
    }
    const young = await again()
    expect([young.status, ...young.lines('dpop-nonce')]).toEqual([200])
    clock.now += 31_000
    const ageing = await again()
    expect([ageing.status, ageing.lines('dpop-nonce').length]).toEqual([200, 1])
    expect(ageing.lines('cache-control')).toEqual(['no-store'])
    await api.close()
  })

  test('htu names the route where it is mounted', async () => {
    const api = await open()
    const answer = await api.send(await stage.honest({ path: '/v1/accounts' }))
    expect([answer.status, answer.body]).toEqual([200, '{"sub":"alice"}'])
    const { fields = [] } = await stage.honest({ path: '/accounts' })
    expect((await api.send({ fields, path: '/v1/accounts' })).status).toBe(401)
    await api.close()
  })

  const SECRET = 'the password of the database is 1234'
  const broken = () => {
    throw new Error(SECRET)
  }
  test.each<readonly [string, Partial<ProtectOptions>]>([
    ['throws', { tokens: broken }],
    ['rejects', { tokens: async () => broken() }],
    ['throws in report', { report: broken }],
  ])('a part of the caller that %s opens nothing and tells nothing', async (_, change) => {
    const api = await open(change)
    const { fields = [] } = await stage.honest()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const answer = await api.send({ fields: [...fields, ['traceparent', traceparent]] })
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.body)).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The request could not be decided.',
    })
    expect(answer.lines('retry-after')).toEqual(['5'])
    expect(answer.lines('cache-control')).toEqual(['no-store'])
    expect(api.seen).toEqual([])
    expect(warning.mock.calls).toEqual([
      [
        'A request was refused because no decision could be made.',
        {
          type: 'HoldfastWarning',
          code: 'HOLDFAST_UNDECIDED',
          detail: expect.stringContaining(SECRET),
        },
      ],
    ])
    await api.close()
  })

  test('a preflight reaches neither the checks nor the handler', async () => {
    const asked: string[] = []
    const events: TraceEvent[] = []
    const api = await open({
      tokens: async (text) => {
        asked.push(text)
        return tokens(text)
      },
      report: (event) => events.push(event),
    })
    const answer = await api.send({
      method: 'OPTIONS',
      fields: [
        ...((await stage.honest()).fields ?? []),
        ['Origin', 'https://app.example'],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', 'authorization,dpop'],
        ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ],
    })
    expect([answer.status, answer.body]).toEqual([204, ''])
    expect(answer.lines('access-control-allow-origin')).toEqual(['https://app.example'])
    expect(answer.lines('access-control-allow-methods')).toEqual([
      'GET, HEAD, POST, PUT, PATCH, DELETE',
    ])
    expect(answer.lines('access-control-allow-headers')).toEqual([
      'Authorization, DPoP, Content-Type',
    ])
    expect(answer.lines('vary')).toEqual([
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    ])
    expect([asked, events, api.seen]).toEqual([[], [], []])

    const nowhere = await api.send({
      method: 'OPTIONS',
      path: '/there-is-no-such-route',
      fields: [
        ['Origin', 'https://app.example'],
        ['Access-Control-Request-Method', 'GET'],
      ],
    })
    expect([nowhere.status, nowhere.lines('access-control-max-age')]).toEqual([204, ['600']])
    await api.close()
  })

  test('OPTIONS that is no preflight is checked like any other', async () => {
    const api = await open()
    for (const fields of [[], [['Origin', 'https://app.example']]] as const)
      expect((await api.send({ method: 'OPTIONS', fields })).status).toBe(401)
    await api.close()
  })

  test('a browser sees challenge and nonce, of an origin that is listed only', async () => {
    const api = await open()
    const from = async (origin: string, given: readonly (readonly [string, string])[] = []) => {
      const { status, lines } = await api.send({ fields: [...given, ['Origin', origin]] })
      return [
        status,
        lines('access-control-allow-origin'),
        lines('access-control-expose-headers'),
        lines('vary'),
      ]
    }
    const seen = ['DPoP-Nonce, WWW-Authenticate']
    const listed = ['https://app.example']
    expect(await from('https://app.example')).toEqual([401, listed, seen, ['Origin']])
    const { fields } = await stage.honest()
    expect(await from('https://app.example', fields)).toEqual([200, listed, seen, ['Origin']])
    expect(await from('https://evil.example')).toEqual([401, [], [], ['Origin']])
    await api.close()
  })

  test('the metadata document needs no token, and every challenge names it', async () => {
    const api = await open({ resourceMetadata: true })
    const path = '/.well-known/oauth-protected-resource'
    const document = await api.send({ path })
    expect(document.status).toBe(200)
    expect(JSON.parse(document.body)).toMatchObject({ resource: RESOURCE })
    expect((await api.send({ path, method: 'HEAD' })).body).toBe('')
    const post = await api.send({ path, method: 'POST' })
    expect([post.status, post.lines('allow'), JSON.parse(post.body)]).toEqual([
      405,
      ['GET, HEAD'],
      { error: 'invalid_request', error_description: 'The metadata can be read, by GET.' },
    ])

    const place = `resource_metadata="${RESOURCE}${path}"`
    expect((await api.send({})).lines('www-authenticate')).toEqual([
      `${BEARER} ${place}`,
      `${DPOP}, ${place}`,
    ])
    await api.close()
  })
})

test('Hono without a connection refuses', async () => {
  const app = new Hono()
  const options = {
    ...policy,
    resource: RESOURCE,
    tokens,
    memory: memorySince(START - 60_000, clock),
    nonceSecret: new Uint8Array(32),
  }
  app.get('/accounts', protectOnHono(options), (c) => {
    expectTypeOf(c.get('token')).toEqualTypeOf<ProtectedState['token']>()
    return c.text('through')
  })
  app.onError((error, c) => c.text(error.name, 500))
  const answer = await app.request('/accounts')
  expect([answer.status, await answer.text()]).toEqual([500, 'TypeError'])
})
