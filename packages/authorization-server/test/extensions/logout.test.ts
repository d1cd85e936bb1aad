/** RP-initiated logout and back-channel logout, with a client that really receives. */
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../src/index.ts'
import { Browser } from '../stage/browser.ts'
import { makeCertificates } from '../stage/certificates.ts'
import { authorizationUrl, pushed, redeem, refresh, requestUri } from '../stage/flow.ts'
import { Prover, verdict } from '../stage/honest.ts'
import { CALLBACK, closed, listening, LOGGED_OUT, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import { sender } from '../stage/http.ts'
import type { Response } from '../stage/http.ts'

const { ca, server: tls } = makeCertificates()
const received: string[] = []
let answer = 200
const receiver = await listening(
  createServer(tls, (request, response) => {
    void text(request).then((body) => {
      received.push(new URLSearchParams(body).get('logout_token') ?? body)
      response.writeHead(answer).end()
    })
  }),
)
const warnings: string[] = []
const outcomes: Outcome[] = []
const options = {
  logoutAt: `${receiver.origin}/logout`,
  configuration: { notificationHosts: ['localhost'] },
  warn: (sentence: string) => warnings.push(sentence),
  audit: (outcome: Outcome) => outcomes.push(outcome),
  async fetch(url: string, request: RequestInit) {
    const sent = new Request(url, request)
    const headers = Object.fromEntries(sent.headers)
    const { method } = sent
    const { status } = await sender(ca)({ url, method, headers, body: await sent.text() })
    return new globalThis.Response(null, { status })
  },
}

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse(options)
  prover = await Prover.new()
})
afterAll(async () => {
  await house.stop()
  await closed(receiver.server)
})
beforeEach(() => {
  received.length = warnings.length = outcomes.length = 0
  answer = 200
})

const alice = { login: 'alice', password: 'correct horse' }

/** Signed in at the client; `idToken` and `refreshToken` are what it got. */
async function signedIn(client = 'web', browser = new Browser(house.send, house.issuer)) {
  const { json } = await house.send(await pushed(house, {}, client))
  let page = await browser.open(authorizationUrl(house, String(json['request_uri']), client))
  if (page.text.includes('login-submit')) page = await browser.press(page, 'login-submit', alice)
  await browser.press(page, 'consent-submit')
  const code = new URL(browser.url).searchParams.get('code') ?? ''
  const tokens = await house.send(await redeem(house, code, prover, client))
  const { id_token: idToken, refresh_token: refreshToken } = tokens.json
  return { browser, idToken: String(idToken), refreshToken }
}

const logoutUrl = (query: { [name: string]: string }) =>
  `${house.issuer}/logout?${new URLSearchParams(query).toString()}`

const back = (idToken: string, edit = {}) =>
  logoutUrl({
    id_token_hint: idToken,
    post_logout_redirect_uri: LOGGED_OUT,
    state: 'st4te',
    ...edit,
  })

/** Whether the browser's session still answers without a login. */
async function isSignedIn(browser: Browser): Promise<boolean> {
  const quiet = { scope: 'openid read', prompt: 'none' }
  await browser.open(authorizationUrl(house, await requestUri(house, quiet)))
  return new URL(browser.url).searchParams.has('code')
}

const confirm = (browser: Browser, page: Response) => {
  const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec(page.text) ?? []
  return browser.press(page, 'logout-submit', { xsrf, logout: 'yes' })
}

describe('RP-initiated logout', () => {
  test('RPLOGOUT-2: the end-user is asked; then the session is over, and the way back leads to the client', async () => {
    const { browser, idToken } = await signedIn()
    const page = await browser.open(back(idToken))
    expect(page.text).toContain('Web &lt;b&gt;shop&lt;/b&gt;')
    expect(page.headers['cache-control']).toBe('no-store')
    expect(await isSignedIn(browser)).toBe(true)
    const again = await browser.open(back(idToken))
    await confirm(browser, again)
    expect(browser.url).toBe(`${LOGGED_OUT}?state=st4te`)
    expect(await isSignedIn(browser)).toBe(false)
    expect(outcomes.filter(({ endpoint }) => endpoint === 'logout')).toMatchObject([
      { outcome: 'accepted', subject: 'sub-alice', client: 'web' },
    ])
  })

  test('who stays signed in stays so, and nobody is told', async () => {
    const { browser, idToken } = await signedIn()
    const page = await browser.press(await browser.open(back(idToken)), 'stay')
    expect(page.text).toContain('You are still signed in')
    expect(await isSignedIn(browser)).toBe(true)
    expect(received).toEqual([])
  })

  test('by POST, as a client’s own page sends it, it is the same', async () => {
    const { browser, idToken } = await signedIn()
    const form = { id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT, state: 's' }
    const headers = { 'sec-fetch-site': 'cross-site' }
    const { status, headers: to } = await browser.raw({
      url: `${house.issuer}/logout`,
      form,
      headers,
    })
    expect(status).toBe(303)
    await confirm(browser, await browser.open(house.issuer + String(to.location)))
    expect(browser.url).toBe(`${LOGGED_OUT}?state=s`)
  })

  test('an ID token that has expired still says whose logout it is', async () => {
    const { browser, idToken } = await signedIn()
    const { exp = 0 } = decodeJwt(idToken)
    vi.useFakeTimers({ toFake: ['Date'], now: (exp + 60) * 1_000 })
    try {
      expect((await browser.open(back(idToken))).text).toContain('id="logout-submit"')
    } finally {
      vi.useRealTimers()
    }
  })

  test('without a client there is no way back, and a page says that it is done', async () => {
    const { browser } = await signedIn()
    const page = await browser.open(logoutUrl({ post_logout_redirect_uri: LOGGED_OUT }))
    expect((await confirm(browser, page)).text).toContain('You are signed out')
    expect(browser.url).toBe(`${house.issuer}/logout/success`)
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('who is not signed in is sent back all the same, without script', async () => {
    const browser = new Browser(house.send, house.issuer)
    const page = await browser.open(
      logoutUrl({ client_id: 'web', post_logout_redirect_uri: LOGGED_OUT }),
    )
    expect(page.text).not.toContain('<script')
    expect(page.text).toContain('You are not signed in')
    await confirm(browser, page)
    expect(browser.url).toBe(LOGGED_OUT)
  })

  test('it ends the session of our other pages, too', async () => {
    const { browser, idToken } = await signedIn()
    const login = await browser.open(`${house.issuer}/applications`)
    await browser.press(login, 'login-submit', alice)
    await confirm(browser, await browser.open(back(idToken)))
    const page = await browser.open(`${house.issuer}/applications`)
    expect(page.text).toContain('login-submit')
  })

  test('RFC6749-5.1: what was allowed offline is not withdrawn by it', async () => {
    const { browser, idToken, refreshToken } = await signedIn()
    await confirm(browser, await browser.open(back(idToken)))
    expect(verdict(await house.send(await refresh(house, refreshToken, prover)))).toEqual([
      200,
      undefined,
    ])
  })

  describe('RPLOGOUT-3: there is no open redirect', () => {
    test.each([
      'https://evil.example/',
      `${LOGGED_OUT}/`,
      `${LOGGED_OUT}?next=https://evil.example`,
      `${LOGGED_OUT}#x`,
      'https://client.example:8443/logged-out',
      'http://client.example/logged-out',
      'HTTPS://CLIENT.EXAMPLE/logged-out',
      CALLBACK, // of another list
      '//evil.example',
      'javascript:alert(1)',
    ])('%j', async (uri) => {
      const { browser, idToken } = await signedIn()
      for (const query of [{ id_token_hint: idToken }, { client_id: 'web' }]) {
        const page = await browser.open(logoutUrl({ ...query, post_logout_redirect_uri: uri }))
        expect(page.status).toBe(400)
        expect(page.text).toContain('id="error">invalid_request<')
        expect(page.headers).not.toHaveProperty('location')
      }
      expect(await isSignedIn(browser)).toBe(true)
    })

    test('another client’s', async () => {
      const browser = new Browser(house.send, house.issuer)
      const page = await browser.open(
        logoutUrl({ client_id: 'web2', post_logout_redirect_uri: LOGGED_OUT }),
      )
      expect(page.status).toBe(400)
    })
  })

  test.each([
    ['not a JWT', () => 'x.y', 'invalid_request'],
    ['signed by somebody else', (jwt: string) => `${jwt.slice(0, -8)}AAAAAAAA`, 'invalid_request'],
  ])('an id_token_hint that is %s is refused', async (_what, edit, error) => {
    const { browser, idToken } = await signedIn()
    const page = await browser.open(back(edit(idToken)))
    expect(page.status).toBe(400)
    expect(page.text).toContain(`id="error">${error}<`)
    expect(await isSignedIn(browser)).toBe(true)
  })

  test('an id_token_hint of another client than client_id is refused', async () => {
    const { browser, idToken } = await signedIn()
    const page = await browser.open(back(idToken, { client_id: 'web2' }))
    expect(page.status).toBe(400)
    expect(page.text).toContain('id="error">invalid_request<')
  })

  test('nobody else can confirm: not without the secret, not from another page', async () => {
    const { browser, idToken } = await signedIn()
    const page = await browser.open(back(idToken))
    const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec(page.text) ?? []
    const url = `${house.issuer}/logout/confirm`
    for (const request of [
      { url, form: { logout: 'yes' } },
      { url, form: { logout: 'yes', xsrf: 'x'.repeat(48) } },
      { url, form: { logout: 'yes', xsrf }, headers: { 'sec-fetch-site': 'same-site' } },
    ]) {
      const refused = await browser.raw(request)
      expect(refused.status).toBe(400)
      expect(refused.headers).not.toHaveProperty('location')
    }
    expect(await isSignedIn(browser)).toBe(true)
    expect(received).toEqual([])
  })
})

describe('back-channel logout', () => {
  const tokenOf = async (client: string) => {
    const jwks = createRemoteJWKSet(new URL(`${house.issuer}/jwks`), {
      [customFetch]: async (url) => new globalThis.Response((await house.send({ url })).text),
    })
    const mine = received.find((token) => decodeJwt(token).aud === client) ?? ''
    const expected = { issuer: house.issuer, audience: client, typ: 'logout+jwt' }
    return (await jwtVerify(mine, jwks, expected)).payload
  }

  test('BCLOGOUT-2.4: every client of the session is sent a logout token of its own', async () => {
    const { browser, idToken } = await signedIn('web')
    await signedIn('web2', browser)
    await confirm(browser, await browser.open(back(idToken)))
    expect(received).toHaveLength(2)
    const now = Date.now() / 1_000
    for (const client of ['web', 'web2']) {
      const claims = await tokenOf(client)
      expect(Object.keys(claims).toSorted()).toEqual(
        [
          'aud',
          'events',
          'exp',
          'iat',
          'iss',
          'jti',
          'sub',
          ...(client === 'web' ? ['sid'] : []),
        ].toSorted(),
      )
      expect(claims).toMatchObject({
        sub: 'sub-alice',
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      })
      expect(Number(claims.exp) - now).toBeGreaterThan(0)
      expect(Number(claims.exp) - now).toBeLessThan(300)
    }
    // By `sid` it names the session that the ID token named.
    expect((await tokenOf('web'))['sid']).toBe(decodeJwt(idToken)['sid'])
  })

  test('a client that does not take it is told of to whoever runs the server; the logout goes on', async () => {
    answer = 400
    const { browser, idToken } = await signedIn()
    await confirm(browser, await browser.open(back(idToken)))
    expect(browser.url).toBe(`${LOGGED_OUT}?state=st4te`)
    expect(warnings).toEqual([
      expect.stringMatching(/^client web could not be told of a logout: .*400/),
    ])
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('BCLOGOUT-2.2: a server that is not configured for its host does not start', async () => {
    const configuration = { notificationHosts: ['other.example'] }
    await expect(startHouse({ ...options, configuration })).rejects.toMatchObject({
      client: 'web',
      clause: 'BCLOGOUT-2.2',
    })
  })
})
