/** Registering oneself (RFC 7591, RFC 7592), with a server that is honest or not. */
import { afterEach, beforeEach, expect, it } from 'vitest'

import { register, type Registration } from '../src/index.ts'
import { setUp } from './fixtures/mini-client.ts'

const { server, pki } = await setUp()

const registrations: Registration[] = []
const registered = async (statement = 'header.statement.signature') => {
  const one = await register({ issuer: server.issuer, trust: pki.root }, statement)
  registrations.push(one)
  return one
}
afterEach(() => Promise.all(registrations.splice(0).map(({ close }) => close())))

let tokens: number
const answer = (status: number, rest: object = {}) => ({
  status,
  body: {
    client_id: 'made',
    registration_client_uri: `${server.issuer}/register/made`,
    registration_access_token: `token-${++tokens}`,
    ...rest,
  },
})
const challenge = { 'www-authenticate': 'DPoP error="invalid_token"' }

beforeEach(() => {
  tokens = 0
  server.edits = {
    metadata: (honest) => ({ ...honest, registration_endpoint: `${server.issuer}/register` }),
    answers: {
      '/register': () => answer(201),
      '/register/made': ({ method, body }) =>
        method === 'DELETE'
          ? { status: 401, body: { error: 'invalid_token' }, headers: challenge }
          : body.includes('false')
            ? {
                status: 400,
                body: { error: 'invalid_client_metadata', error_description: 'weaker (X-1)' },
              }
            : answer(200, { ...(method === 'PUT' && { scope: 'accounts' }) }),
    },
  }
})

it('sends the statement with a proof, and manages with the token that came last', async () => {
  const one = await registered()
  expect(one.clientId).toBe('made')
  await one.read()
  expect(await one.update({ scope: 'accounts' })).toMatchObject({ scope: 'accounts' })
  await one.read()
  const [first] = server.to('/register')
  expect(JSON.parse(first?.body ?? '')).toEqual({
    software_statement: 'header.statement.signature',
  })
  const managed = server.to('/register/made')
  expect(managed.map(({ method, headers }) => [method, headers.authorization])).toEqual([
    ['GET', 'DPoP token-1'],
    ['PUT', 'DPoP token-2'],
    ['GET', 'DPoP token-3'],
  ])
  // One key for all; each proof names the token that it goes with.
  for (const { proof } of managed) expect(proof).toMatchObject({ ath: expect.any(String) })
  expect(JSON.parse(managed[1]?.body ?? '')).toEqual({ scope: 'accounts', client_id: 'made' })
})

it('answers a nonce once (RFC 9449 §8)', async () => {
  server.edits.nonce = { '/register': 'first' }
  const { answers } = server.edits
  const honest = answers?.['/register']
  let asked = 0
  server.edits.answers = {
    ...answers,
    '/register': (request) =>
      ++asked === 1
        ? { status: 400, body: { error: 'use_dpop_nonce' }, headers: { 'dpop-nonce': 'n-1' } }
        : (honest?.(request) ?? answer(500)),
  }
  await registered()
  expect(server.to('/register').map(({ proof }) => proof?.['nonce'])).toEqual([undefined, 'n-1'])
})

it.each([
  ['once', 1],
  ['and no third time', 2],
])('answers a nonce where it manages as well, %s', async (_, challenges) => {
  const one = await registered()
  const honest = server.edits.answers?.['/register/made']
  let asked = 0
  const challenged = () => ({
    status: 400,
    body: { error: 'use_dpop_nonce' },
    headers: { 'dpop-nonce': `n-${asked}` },
  })
  server.edits.answers = {
    ...server.edits.answers,
    '/register/made': (request) =>
      ++asked <= challenges ? challenged() : (honest?.(request) ?? answer(500)),
  }
  const read = one.read().then(
    () => 'read',
    ({ error }) => String(error),
  )
  expect(await read).toBe(challenges === 1 ? 'read' : 'use_dpop_nonce')
  const nonces = server.to('/register/made').map(({ proof }) => proof?.['nonce'])
  expect(nonces).toEqual([undefined, 'n-1'])
})

it('a refusal is an error that says what the server said', async () => {
  const one = await registered()
  await expect(one.update({ dpop_bound_access_tokens: false })).rejects.toMatchObject({
    name: 'ResponseBodyError',
    status: 400,
    error: 'invalid_client_metadata',
    error_description: 'weaker (X-1)',
  })
  await expect(one.remove()).rejects.toMatchObject({ status: 401, error: 'invalid_token' })
})

it('a refused statement is an error, and nothing is left open', async () => {
  server.edits.answers = {
    '/register': () => ({ status: 400, body: { error: 'invalid_software_statement' } }),
  }
  await expect(registered()).rejects.toMatchObject({ error: 'invalid_software_statement' })
})

it('sends its token to the server that it registered with, and nowhere else', async () => {
  const elsewhere = { registration_client_uri: `${server.alias}/register/made` }
  server.edits.answers = { ...server.edits.answers, '/register': () => answer(201, elsewhere) }
  const one = await registered()
  await expect(one.read()).rejects.toMatchObject({ code: 'HOLDFAST_ISSUER' })
  expect(server.to('/register/made')).toEqual([])
})
