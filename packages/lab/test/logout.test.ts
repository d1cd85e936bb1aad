/** Logout at the lab: a client of one's own is told of it, over TLS with a certificate of the lab. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import {
  approve,
  connect,
  cookieJar,
  type EndedSession,
  logoutEndpoint,
  openConnection,
  readMaterial,
  signOut,
} from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { addClient } from '../src/clients/registration.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
})
afterAll(() => lab.close())

const LOGGED_OUT = 'https://localhost:1/logged-out'

test('BCLOGOUT-2.5: a client that registered for it receives a logout token', async () => {
  const server = createServer()
  await once(server.listen(0, 'localhost'), 'listening')
  const address = server.address()
  const uri = `https://localhost:${typeof address === 'object' ? address?.port : ''}/logout`
  const { folder } = await addClient(lab, {
    id: 'told-of-logout',
    authentication: 'private_key_jwt',
    binding: 'dpop',
    postLogoutRedirectUris: [LOGGED_OUT],
    backchannelLogoutUri: uri,
  })
  const material = await readMaterial(folder)
  const { redirectUri, backchannelLogout, trust } = material
  expect(backchannelLogout?.uri).toBe(uri)
  server.setSecureContext({ cert: backchannelLogout?.chain, key: backchannelLogout?.key })
  const client = await connect(material)
  const told: EndedSession[] = []
  server.on(
    'request',
    logoutEndpoint(client, (session) => void told.push(session)),
  )
  const browser = openConnection({ trust })
  const cookies = cookieJar()
  try {
    const authorization = await client.authorize({ scope: 'openid' })
    const user = { login: 'alice', password: 'doe' }
    const visit = { fetch: browser.fetch, cookies, user }
    const back = await approve(authorization.url, { ...visit, redirectUri })
    const tokens = await authorization.callback(back)
    const url = client.logoutUrl(tokens, LOGGED_OUT)
    const left = await signOut(url, { ...visit, redirectUri: LOGGED_OUT })
    expect(left.href).toBe(LOGGED_OUT)
    expect(told).toEqual([{ sub: 'alice', sid: tokens.id_token_claims?.['sid'] }])
  } finally {
    await client.close()
    await browser.close()
    server.close()
  }
})
