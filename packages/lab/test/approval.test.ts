/** The decision for automation, on the management port of a private lab. */
import { once } from 'node:events'
import { get } from 'node:http'
import { connect, type FapiClient } from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let client: FapiClient

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  client = await connect(await lab.material('ciba'))
})
afterAll(async () => {
  await client.close()
  await lab.close()
})

const ask = () =>
  client.authenticate({ scope: 'openid accounts', loginHint: 'bob', bindingMessage: 'Till 1' })

async function decide(authReqId: string, action: string, request: RequestInit = {}) {
  const query = new URLSearchParams({ auth_req_id: authReqId, action }).toString()
  const { authorizationServerManagement: base } = lab.addresses
  const response = await fetch(`${base}/backchannel-authentication?${query}`, request)
  return [response.status, await response.json()]
}

test('CIBA: allow gives tokens, deny gives access_denied', async () => {
  const [allowed, denied] = [await ask(), await ask()]
  expect(await decide(allowed.authReqId, 'allow')).toEqual([200, { action: 'allow' }])
  expect(await decide(denied.authReqId, 'deny', { method: 'POST' })).toEqual([
    200,
    { action: 'deny' },
  ])
  expect(await allowed.tokens()).toMatchObject({
    token_type: 'bearer',
    id_token_claims: { sub: 'bob' },
  })
  await expect(denied.tokens()).rejects.toMatchObject({ error: 'access_denied' })
})

test.each<[what: string, status: number, refused: (id: string) => ReturnType<typeof decide>]>([
  ['an unknown request', 400, () => decide('unknown', 'allow')],
  ['another action', 400, (id) => decide(id, 'maybe')],
  ['another method', 405, (id) => decide(id, 'allow', { method: 'PUT' })],
  ['a browser', 403, (id) => decide(id, 'allow', { headers: { origin: 'http://localhost:9080' } })],
  ['a browser', 403, (id) => decide(id, 'allow', { headers: { 'sec-fetch-site': 'cross-site' } })],
])('%s is refused with %i, and nothing is decided', async (_what, status, refused) => {
  const { authReqId } = await ask()
  const answer = await refused(authReqId)
  expect(answer).toEqual([
    status,
    { error: 'invalid_request', error_description: expect.any(String) },
  ])
  expect(await decide(authReqId, 'deny')).toEqual([200, { action: 'deny' }])
})

test('a page whose name was rebound to this machine decides nothing', async () => {
  const { authReqId } = await ask()
  const { port } = new URL(lab.addresses.authorizationServerManagement)
  const path = `/backchannel-authentication?auth_req_id=${authReqId}&action=allow`
  const headers = { host: `evil.example:${port}` } // all that tells its browser's request from a program's
  const [answer] = await once(get({ port, path, headers }), 'response')
  expect(answer.resume().statusCode).toBe(421)
  expect(await decide(authReqId, 'deny')).toEqual([200, { action: 'deny' }])
})

test('it is on no listener of the authorization server', async () => {
  const { authReqId } = await ask()
  for (const base of [lab.addresses.issuer, lab.addresses.mtlsAlias]) {
    const url = `${base}/backchannel-authentication?auth_req_id=${authReqId}&action=allow`
    expect((await client.fetch(url)).status).toBe(404)
  }
})
