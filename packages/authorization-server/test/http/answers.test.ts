import { aroundRecords, RecordsInProcess } from '@holdfast/store'
import type { Records } from '@holdfast/store'
import { newTrace, formatTraceparent } from '@holdfast/trace'
import type { TraceEvent } from '@holdfast/trace'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkConfiguration, createAuthorizationServer } from '../../src/index.ts'
import { ACCESS_TOKEN, exchange, ownToken } from '../stage/exchange.ts'
import { authorizationUrl, pushed, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { judge, settledMemory, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
let prover: Prover
let failing: (() => Promise<never>) | undefined
const events: TraceEvent[] = []

beforeAll(async () => {
  house = await startHouse({
    through: (records) => breakable(records),
    report: (event) => events.push(event),
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())
beforeEach(() => {
  failing = undefined
  events.length = 0
})

describe('where the store fails', () => {
  const broken = () => Promise.reject(new Error('disk on fire at /var/lib/store'))

  test('a token request is 503 with Retry-After, and tells nothing', async () => {
    const request = await clientCredentials(house, prover)
    failing = broken
    const answer = await house.send(request)
    expect(verdict(answer)).toEqual([503, 'temporarily_unavailable'])
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.text).not.toContain('fire')
  })

  test('a page is 503 too', async () => {
    const url = authorizationUrl(house, await requestUri(house))
    failing = broken
    const page = await house.send({ url, headers: { accept: 'text/html' } })
    expect(page.status).toBe(503)
    expect(page.text).toContain('id="error">temporarily_unavailable<')
  })

  test('the server is not ready, and is again when the store is back', async () => {
    failing = broken
    await expect(house.server.ready()).rejects.toThrow('disk on fire')
    failing = undefined
    await house.server.ready()
    expect((await house.send(await clientCredentials(house, prover))).status).toBe(200)
  })
})

test('an exception nobody expected is 500 server_error without detail', async () => {
  const broken = {
    validate() {
      throw new TypeError('undefined is not a function at judge.ts')
    },
  }
  const traced: TraceEvent[] = []
  const odd = await startHouse({ judge: broken, report: (event) => traced.push(event) })
  const answer = await odd.send({
    url: `${odd.alias}/token`,
    headers: { traceparent: formatTraceparent(newTrace()) },
    form: { grant_type: 'client_credentials', client_id: 'tls-dpop' },
    certificate: odd.certificates.client,
  })
  expect(verdict(answer)).toEqual([500, 'server_error'])
  expect(answer.text).not.toContain('judge')
  expect(traced).toMatchObject([
    { refusal: { error: 'server_error', sentence: expect.stringContaining('judge.ts') } },
  ])
  await odd.stop()
})

test('RFC6749-5.2: errors are JSON even to a client that prefers HTML', async () => {
  const request = await clientCredentials(house, prover, { grant_type: 'password' })
  const headers = { ...request.headers, accept: 'text/html' }
  expect(verdict(await house.send({ ...request, headers }))).toEqual([
    400,
    'unsupported_grant_type',
  ])
})

test('RFC6749-5.2: a description keeps to its characters, whatever was sent and however we write', async () => {
  const actor = await ownToken(house, { client: 'thief', prover })
  const own = await ownToken(house, { prover })
  const edit = { actor_token: actor, actor_token_type: ACCESS_TOKEN }
  const detail = { type: 'account_information', accounts: [{ iban: 'NL00HOLD0000000001' }] }
  const details = JSON.stringify([{ ...detail, locations: ['\u00fc"\\'] }])
  for (const answer of [
    await exchange(house, { prover }, own, edit),
    await house.send(await pushed(house, { authorization_details: details })),
  ]) {
    expect(answer.status).toBe(400)
    expect(answer.json['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  }
})

test('a page gets nothing where no origin is listed', async () => {
  const request = await clientCredentials(house, prover)
  const headers = { ...request.headers, origin: 'https://evil.example' }
  const answer = await house.send({ ...request, headers })
  expect(verdict(answer)).toEqual([400, 'invalid_request'])
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
})

describe('the trace', () => {
  const context = newTrace()
  const traced = { traceparent: formatTraceparent(context) }

  test('says what was refused and why, and the client is told less', async () => {
    const form = await assertion(house, 'web', { aud: 'https://other.example' })
    const request = await clientCredentials(house, prover, form)
    const answer = await house.send({ ...request, headers: { ...request.headers, ...traced } })
    expect(answer.json['error_description']).toBe('client authentication failed')
    expect(events).toEqual([
      {
        type: 'decision',
        by: 'authorization-server',
        ...context,
        at: expect.any(Number),
        rows: expect.toSatisfy((rows) => rows.length > 0 && rows.every(isHeld)),
        refusal: {
          clause: 'RFC7523-3',
          error: 'invalid_client',
          sentence: expect.stringMatching(/^client authentication failed: .*aud/),
        },
      },
    ])
    expect(JSON.stringify(events)).not.toContain(form.client_assertion)
  })

  test('says why the store failed', async () => {
    const request = await clientCredentials(house, prover)
    failing = () => Promise.reject(new Error('disk on fire'))
    await house.send({ ...request, headers: { ...request.headers, ...traced } })
    expect(events).toMatchObject([
      { refusal: { error: 'temporarily_unavailable', sentence: expect.stringContaining('fire') } },
    ])
  })

  test('says which clauses held for what is accepted', async () => {
    const request = await clientCredentials(house, prover)
    await house.send({ ...request, headers: { ...request.headers, ...traced } })
    expect(events).toEqual([
      {
        type: 'decision',
        by: 'authorization-server',
        ...context,
        at: expect.any(Number),
        rows: expect.toSatisfy((rows) => rows.length > 0 && rows.every(isHeld)),
      },
    ])
  })

  test('names the clause of a refused proof, and what was expected', async () => {
    const request = await clientCredentials(house, prover)
    const dpop = await prover.proof(`${house.issuer}/token`, { htm: 'GET' })
    await house.send({ ...request, headers: { dpop, ...traced } })
    expect(events).toMatchObject([
      {
        refusal: {
          clause: 'RFC9449-4.3-8',
          error: 'invalid_dpop_proof',
          sentence: 'htm is the method of this request.',
          expected: 'POST',
          actual: '"GET"',
        },
      },
    ])
  })

  test('is silent for what is not traced, and where nothing was decided', async () => {
    const refused = await clientCredentials(house, prover, { grant_type: 'password' })
    await house.send(refused)
    await house.send({ ...refused, headers: { traceparent: 'nonsense' } })
    await house.send({ url: `${house.issuer}/jwks`, headers: traced })
    expect(events).toEqual([])
  })
})

const isHeld = ({ outcome }: { outcome: string }): boolean => outcome === 'held'

test('a store that was not provisioned is refused at start', async () => {
  const configuration = checkConfiguration({
    issuer: 'https://as.example',
    mtlsOrigin: 'https://mtls.as.example',
    resources: [{ indicator: 'https://api.example', scopes: ['read'], format: 'jwt', ttl: 300 }],
  })
  const records = new RecordsInProcess()
  const memory = settledMemory()
  await expect(
    createAuthorizationServer({ configuration, records, memory, certificates: judge }),
  ).rejects.toThrow('provision it first')
})

/** The same records, until `failing` says otherwise. */
const breakable = (records: Records): Records =>
  aroundRecords(records, (call) => (failing ? failing() : call()))
