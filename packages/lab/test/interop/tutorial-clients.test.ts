/** The clients that published tutorials have, by their names: what works there works here, as FAPI allows it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Attached, startPrivate } from '../../src/attach.ts'
import { TUTORIAL_CLIENTS } from '../../src/clients/clients.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { runFlow } from '../../src/flows/flows.ts'

let lab: Attached

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
})
afterAll(() => lab.close())

test('they are called as in the tutorials', () => {
  expect(TUTORIAL_CLIENTS.map(({ id }) => id)).toEqual([
    'service',
    'cert-bound',
    'client-tls-auth',
    'client-dpop-auth',
  ])
})

test.for(TUTORIAL_CLIENTS)('$id reaches the API by client_credentials', async (client) => {
  const result = await runFlow(lab, { grant: 'client_credentials', client, form: 'jwt' })
  expect(result).toMatchObject({ ok: true, status: 200 })
})

test.for(TUTORIAL_CLIENTS.slice(1))('$id reaches the API with a user', async (client) => {
  const result = await runFlow(lab, { grant: 'refresh_token', client, form: 'jwt' })
  expect(result).toMatchObject({ ok: true, status: 200 })
})

test('service has no users: it may push no authorization request', async () => {
  const [service] = TUTORIAL_CLIENTS
  await expect(
    runFlow(lab, { grant: 'authorization_code', client: service!, form: 'jwt' }),
  ).rejects.toMatchObject({
    error: 'invalid_request',
    error_description: expect.stringContaining('response_type'),
  })
})

test('client-tls-auth is known by the subject of its certificate', async () => {
  const record = await lab.records.find('Client', 'client-tls-auth')
  expect(record?.payload['tls_client_auth_subject_dn']).toBe('CN=JohnDoe,OU=IT')
})
