/**
 * JWT access tokens end at the resource server within a second of what ends them: with two
 * authorization servers, so that the list comes from another node than the revocation reached.
 */
import { removeClient } from '@holdfast/authorization-server'
import {
  approve,
  connect,
  type FapiClient,
  openConnection,
  type Tokens,
  withdraw,
} from '@holdfast/client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTwoNodes, type TwoNodes } from '../two-nodes.ts'

let lab: TwoNodes
let client: FapiClient
/** Another client, to whom nothing of all this happens. */
let bystander: FapiClient
let theirs: Tokens

beforeAll(async () => {
  lab = await startTwoNodes()
  bystander = await connect(await lab.material('private-key-jwt-mtls'))
  theirs = await own(bystander)
})
afterAll(async () => {
  await bystander.close()
  await lab.close()
})
beforeEach(async () => {
  client = await connect(await lab.material('tls-client-auth-dpop'))
})
afterEach(() => client.close())

const own = (of = client) =>
  of.clientCredentials({ scope: 'accounts', resource: lab.addresses.resource })

const status = async (tokens: Tokens, of = client) =>
  (await of.call(tokens, 'GET', `${lab.addresses.resource}/accounts`)).status

async function expectRefusedSoon(...all: readonly Tokens[]): Promise<void> {
  // The second that is promised adds up from the times that the lists are believed and made again;
  // here it is only waited for, as long as a busy machine may take.
  for (const tokens of all)
    await expect.poll(() => status(tokens), { interval: 25, timeout: 5_000 }).toBe(401)
  const response = await client.call(all[0]!, 'GET', `${lab.addresses.resource}/accounts`)
  expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  expect(await response.text()).toContain('FAPI2SP-5.3.4-3')
}

const ALICE = { login: 'alice', password: 'doe' }

async function inBrowser<T>(use: (fetch: FapiClient['fetch']) => Promise<T>): Promise<T> {
  const { fetch, close } = openConnection({ trust: client.material.trust })
  try {
    return await use(fetch)
  } finally {
    await close()
  }
}

async function ofUser() {
  const { resource } = lab.addresses
  const authorization = await client.authorize({
    scope: 'openid accounts offline_access',
    resource,
    parameters: { prompt: 'consent' },
  })
  const { redirectUri } = client.material
  const back = await inBrowser((fetch) =>
    approve(authorization.url, { fetch, user: ALICE, redirectUri }),
  )
  const tokens = await authorization.callback(back)
  const refreshed = await client.refresh(tokens, { resource })
  for (const each of [tokens, refreshed]) expect(await status(each)).toBe(200)
  return { tokens, refreshed, again: () => authorization.callback(back) }
}

const revoke = async (token: string | undefined) =>
  client.fetch(client.endpoint('revocation_endpoint').href, {
    method: 'POST',
    body: new URLSearchParams({ client_id: client.material.clientId, token: token ?? '' }),
  })

test('RFC7009-2.1: a token that its client revokes', async () => {
  const [tokens, other] = [await own(), await own()]
  expect(await status(tokens)).toBe(200)
  expect((await revoke(tokens.access_token)).status).toBe(200)
  await expectRefusedSoon(tokens)
  expect(await status(other)).toBe(200)
})

test('RFC7009-2.1: the tokens of a grant, with its refresh token', async () => {
  const { tokens, refreshed } = await ofUser()
  expect((await revoke(tokens.refresh_token)).status).toBe(200)
  await expectRefusedSoon(tokens, refreshed)
})

test('RFC6749-4.1.2: the tokens of a code that is used twice', async () => {
  const { tokens, refreshed, again } = await ofUser()
  await expect(again()).rejects.toMatchObject({ error: 'invalid_grant' })
  await expectRefusedSoon(tokens, refreshed)
})

test('RFC6819-5.2.2.4: the tokens of a grant that the end-user withdraws', async () => {
  const { tokens, refreshed } = await ofUser()
  const { clientId } = client.material
  await inBrowser((fetch) =>
    withdraw(`${lab.addresses.issuer}/applications`, { fetch, user: ALICE, clientId }),
  )
  await expectRefusedSoon(tokens, refreshed)
  await expect(client.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' })
})

test('the tokens of a client that is removed', async () => {
  const [mine, { tokens, refreshed }] = [await own(), await ofUser()]
  await removeClient(lab.keyStore.records, client.material.clientId)
  await expectRefusedSoon(mine, tokens, refreshed)
  await expect(own()).rejects.toMatchObject({ error: 'invalid_client' })
})

test('nothing of this has touched another client’s token', async () => {
  expect(await status(theirs, bystander)).toBe(200)
})
