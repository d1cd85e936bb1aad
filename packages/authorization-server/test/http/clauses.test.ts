/** The clause of what the library refuses: on the trace and in the audit, and for the client where that is wanted. */
import { formatTraceparent, newTrace } from '@holdfast/trace'
import type { TraceEvent } from '@holdfast/trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Outcome } from '../../src/index.ts'
import { authenticationRequest } from '../stage/backchannel.ts'
import { codeFor, pushed, redeem } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request } from '../stage/http.ts'
import { pushedObject } from '../stage/request-object.ts'

let house: House
let silent: House
let prover: Prover
const events: TraceEvent[] = []
const outcomes: Outcome[] = []
beforeAll(async () => {
  const observed = {
    report: (event: TraceEvent) => events.push(event),
    audit: (outcome: Outcome) => outcomes.push(outcome),
  }
  house = await startHouse({ ...observed, explain: true })
  silent = await startHouse()
  prover = await Prover.new()
})
afterAll(async () => {
  await house.stop()
  await silent.stop()
})

type Form = { readonly [name: string]: string }

const token = (form: Form) => clientCredentials(house, prover, form)
const refresh = (refresh_token: string) => ({ grant_type: 'refresh_token', refresh_token })

const REFUSED: { readonly [clause: string]: readonly [() => Promise<Request>, number, string] } = {
  'RFC7523-3': [
    async () => token(await assertion(house, 'web', { aud: 'https://other.example' })),
    401,
    'invalid_client',
  ],
  'RFC8705-2.1': [
    async () => ({
      url: `${house.alias}/token`,
      form: { grant_type: 'client_credentials', client_id: 'tls-dpop' },
    }),
    401,
    'invalid_client',
  ],
  'RFC6749-3.2.1': [
    async () => ({ url: `${house.issuer}/token`, form: { client_id: 'nobody' } }),
    401,
    'invalid_client',
  ],
  'FAPI2SP-5.3.2.1-2': [() => token({ grant_type: 'password' }), 400, 'unsupported_grant_type'],
  'FAPI2SP-5.3.2.2-1': [
    () => pushed(house, { response_type: 'token' }),
    400,
    'unsupported_response_type',
  ],
  'FAPI2SP-5.3.2.2-5': [
    () => pushed(house, { code_challenge_method: 'plain' }),
    400,
    'invalid_request',
  ],
  'FAPI2SP-5.3.2.2-6': [() => pushed(house, { redirect_uri: '' }), 400, 'invalid_request'],
  'RFC6749-3.1.2.3': [
    () => pushed(house, { redirect_uri: 'https://other.example/callback' }),
    400,
    'invalid_request',
  ],
  'RFC9126-2.1': [
    () => pushed(house, { request_uri: 'urn:example:1' }),
    400,
    'request_uri_not_supported',
  ],
  'RFC7009-2.1': [
    async () => {
      const { json } = await house.send(await token({}))
      const form = { token: String(json['access_token']), ...(await assertion(house, 'stranger')) }
      return { url: `${house.issuer}/revoke`, form }
    },
    400,
    'invalid_request',
  ],
  'RFC9449-5': [async () => ({ ...(await token({})), headers: {} }), 400, 'invalid_dpop_proof'],
  'RFC9449-10.1': [
    async () => ({
      ...(await pushed(house, { dpop_jkt: (await Prover.new()).jkt })),
      headers: { dpop: await prover.proof(`${house.issuer}/par`) },
    }),
    400,
    'invalid_dpop_proof',
  ],
  'RFC6749-4.1.3': [
    async () => {
      const honest = await redeem(house, await codeFor(house), prover)
      return { ...honest, form: { ...honest.form, code_verifier: 'w'.repeat(43) } }
    },
    400,
    'invalid_grant',
  ],
  'RFC6749-6': [() => token(refresh('nonsense')), 400, 'invalid_grant'],
  'RFC8707-2': [() => token({ resource: 'https://other.example' }), 400, 'invalid_target'],
}

test.each(Object.entries(REFUSED))('%s', async (clause, [request, status, error]) => {
  const made = await request()
  events.length = 0
  outcomes.length = 0
  const headers = { ...made.headers, traceparent: formatTraceparent(newTrace()) }
  const answer = await house.send({ ...made, headers })
  expect(verdict(answer)).toEqual([status, error])
  expect(String(answer.json['error_description'])).toMatch(new RegExp(`^${clause}: \\w`))
  expect(events).toMatchObject([{ refusal: { clause } }])
  expect(outcomes).toMatchObject([{ clause }])
})

test('what is signed is not said to be unsigned, whatever else is wrong with it', async () => {
  const own = await startHouse({
    profiles: ['fapi2-message-signing', 'ciba-dpop'],
    audit: (outcome) => outcomes.push(outcome),
  })
  outcomes.length = 0
  await own.send(await pushedObject(own, { claims: { response_mode: 'query' } }))
  await own.send(await authenticationRequest(own, { requested_expiry: -1 }, 'by-dpop'))
  await own.send(await pushed(own, {}, 'signing'))
  expect(outcomes.map(({ error, clause }) => [error, clause])).toEqual([
    ['invalid_request', undefined],
    ['invalid_request', undefined],
    ['invalid_request', 'RFC9101-6.3'],
  ])
  await own.stop()
})

test('a client that is not to be told is told the sentence alone', async () => {
  const answer = await silent.send(await clientCredentials(silent, prover, refresh('nonsense')))
  expect(answer.json).toEqual({
    error: 'invalid_grant',
    error_description: 'grant request is invalid',
  })
})
