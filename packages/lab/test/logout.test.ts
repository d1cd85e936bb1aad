/** Logout at the lab: a client of one's own is told of it, over TLS with a certificate of the lab. */
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { openAuthority } from '@holdfast/ca'
import { approve, connect, openConnection, readMaterial } from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { addClient } from '../src/clients/registration.ts'
import { decodeJwt } from '../src/tell/jwt.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
})
afterAll(() => lab.close())

const LOGGED_OUT = 'https://localhost:1/logged-out'

async function startReceiver() {
  const authority = await openAuthority(lab.folders.certs)
  const { chain: cert, key } = await authority.server('receiver', { dns: ['localhost'], ip: [] })
  const bodies: string[] = []
  const server = createServer({ cert, key }, (request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { bodies, url: `https://localhost:${port}/logout`, close: () => server.close() }
}

test('BCLOGOUT-2.5: a client that registered for it receives a logout token', async () => {
  const receiver = await startReceiver()
  const { folder } = await addClient(lab, {
    id: 'told-of-logout',
    authentication: 'private_key_jwt',
    binding: 'dpop',
    postLogoutRedirectUris: [LOGGED_OUT],
    backchannelLogoutUri: receiver.url,
  })
  const client = await connect(await readMaterial(folder))
  const browser = openConnection({ trust: client.material.trust })
  const { redirectUri } = client.material
  try {
    const authorization = await client.authorize({ scope: 'openid' })
    const user = { login: 'alice', password: 'doe' }
    const cookies = new Map<string, string>()
    const fetch = keepingCookies(browser.fetch, cookies)
    const back = await approve(authorization.url, { fetch, user, redirectUri })
    const { id_token: hint = '' } = await authorization.callback(back)
    const query = new URLSearchParams({
      id_token_hint: hint,
      post_logout_redirect_uri: LOGGED_OUT,
    }).toString()
    const logout = client.endpoint('end_session_endpoint').href
    const page = await (await fetch(`${logout}?${query}`)).text()
    const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec(page) ?? []
    const done = await fetch(`${logout}/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    })
    expect([done.status, done.headers.get('location')]).toEqual([303, LOGGED_OUT])
    expect(receiver.bodies).toHaveLength(1)
    const token = new URLSearchParams(receiver.bodies[0]).get('logout_token') ?? ''
    expect(decodeJwt(token)).toMatchObject({
      header: { typ: 'logout+jwt' },
      claims: { sub: 'alice', aud: 'told-of-logout', sid: decodeJwt(hint)?.claims['sid'] },
    })
  } finally {
    await client.close()
    await browser.close()
    receiver.close()
  }
})

type Fetch = ReturnType<typeof openConnection>['fetch']

/** The part of a browser that `approve` keeps for itself: here the session outlives it. */
const keepingCookies =
  (fetch: Fetch, cookies: Map<string, string>): Fetch =>
  async (url, request = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...request, headers: { ...request.headers, cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return response
  }
