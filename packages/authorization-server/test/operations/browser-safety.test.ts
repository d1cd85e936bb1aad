import { hash } from 'node:crypto'
import { createServer } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkConfiguration, createAuthorizationServer } from '../../src/index.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, frontChannel, pushed, requestUri } from '../stage/flow.ts'
import { clientCredentials, pkce, Prover, verdict } from '../stage/honest.ts'
import { CALLBACK, judge, listening, settledMemory, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())

const opened = async (browser = new Browser(house.send, house.issuer), edit = {}) => ({
  browser,
  page: await browser.open(authorizationUrl(house, await requestUri(house, edit))),
})
const alice = { login: 'alice', password: 'correct horse' }

describe('security headers', () => {
  test.each([
    ['/.well-known/openid-configuration', false],
    ['/jwks', false],
    ['/token', true],
    ['/par', true],
    ['/userinfo', true],
    ['/authorize', true],
    ['/logout', true],
    ['/logout/success', true],
    ['/interaction/unknown', true],
    ['/nowhere', true],
  ])('%s', async (path, personal) => {
    for (const origin of [house.issuer, house.alias]) {
      const { headers } = await house.send({ url: origin + path, headers: { accept: 'text/html' } })
      const policy = String(headers['content-security-policy'])
      for (const directive of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
        expect(policy.split(/; ?/)).toContain(directive)
      expect(policy).toMatch(
        /form-action 'self' https: http:\/\/localhost:\* http:\/\/127.0.0.1:\*/,
      )
      expect(policy).not.toContain('unsafe')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['referrer-policy']).toBe('no-referrer')
      expect(headers).not.toHaveProperty('strict-transport-security')
      const cached = personal || origin === house.alias ? 'no-store' : undefined
      expect(headers['cache-control']).toBe(cached)
    }
  })

  test('RFC6797-6.1: an issuer that is not on loopback keeps browsers to https', async () => {
    const configuration = checkConfiguration({
      issuer: 'https://as.example',
      mtlsOrigin: 'https://mtls.as.example',
      resources: [{ indicator: 'https://api.example', scopes: ['read'], format: 'jwt', ttl: 300 }],
    })
    const { publicListener, mtlsListener } = await createAuthorizationServer({
      configuration,
      records: house.records,
      memory: settledMemory(),
      certificates: judge,
    })
    for (const listener of [publicListener, mtlsListener]) {
      const { server, origin } = await listening(createServer(house.certificates.server, listener))
      const { headers } = await house.send({ url: `${origin}/token` })
      expect(headers['strict-transport-security']).toBe('max-age=63072000')
      server.close()
    }
  })

  test('the one script of response_mode=form_post is named by its hash', async () => {
    const { browser, page } = await opened(undefined, { response_mode: 'form_post' })
    const consent = await browser.press(page, 'login-submit', alice)
    const { text, headers, status } = await browser.press(consent, 'consent-submit')
    const [, script = ''] = /<script>([^]*?)<\/script>/.exec(text) ?? []
    expect(status).toBe(200)
    expect(script).toContain('submit()')
    expect(headers['content-security-policy']).toContain(
      `'sha256-${hash('sha256', script, 'base64')}'`,
    )
    expect(text).toContain(`action="${CALLBACK}"`)
  })
})

describe('an endpoint has one spelling', () => {
  test.each(['/TOKEN', '/token/', '/Par', '/par/', '/INTROSPECT', '/revoke/'])(
    '%s is none',
    async (path) => {
      const request = await clientCredentials(house, prover)
      const answer = await house.send({ ...request, url: house.issuer, target: path })
      expect(verdict(answer)).toEqual([404, 'not_found'])
    },
  )

  test.each(['/userinfo/', '/USERINFO'])('%s takes no token in a form', async (path) => {
    const form = { access_token: 'x' }
    const answer = await house.send({ url: house.issuer + path, form })
    expect(verdict(answer)).toEqual([404, 'not_found'])
  })
})

describe('there is no open redirect', () => {
  const hostile = [
    'https://evil.example/callback',
    'https://client.example.evil.example/callback',
    'https://client.example@evil.example/callback',
    'https://client.example/callback/',
    'https://client.example/callback/../../evil',
    'https://client.example/callback?next=https://evil.example',
    'https://client.example/callback#fragment',
    'https://client.example:8443/callback',
    'http://client.example/callback',
    'HTTPS://CLIENT.EXAMPLE/callback',
    '//evil.example',
    '\\\\evil.example',
    '/\\evil.example',
    'javascript:alert(1)//https://client.example/callback',
    'data:text/html,<script>alert(1)</script>',
    ' https://client.example/callback',
    'https://client.example/callback\t',
    '',
  ]

  test.each(hostile)('redirect_uri %j', async (redirect_uri) => {
    const par = await house.send(await pushed(house, { redirect_uri }))
    expect(par.status).toBe(400)
    expect(par.json['error']).toMatch(/^invalid_re(quest|direct_uri)$/)
    const query = { client_id: 'web', response_type: 'code', scope: 'openid', redirect_uri }
    for (const extra of [{}, { request_uri: 'urn:ietf:params:oauth:request_uri:x' }]) {
      const url = frontChannel(house, { ...query, ...extra, state: 's', ...pkce('v') })
      const { status, headers } = await house.send({ url })
      expect(status).toBe(400)
      expect(headers).not.toHaveProperty('location')
    }
  })

  test('the way back from a form stays here, whatever Host and query say', async () => {
    const { browser } = await opened()
    for (const query of ['?returnTo=https://evil.example', '?redirect_uri=//evil.example']) {
      const { headers } = await browser.raw({
        url: `${browser.url}/abort${query}`,
        form: { returnTo: 'https://evil.example', redirect_uri: 'https://evil.example' },
        headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      })
      expect(headers.location).toMatch(new RegExp(`^${house.issuer}/authorize/[\\w-]+$`))
    }
  })
})

describe('forms are safe from other sites', () => {
  const actions = ['login', 'consent', 'abort'] as const

  test('cookies are Secure, HttpOnly and SameSite=Lax', async () => {
    const { headers } = await house.send({
      url: authorizationUrl(house, await requestUri(house)),
    })
    const cookies = headers['set-cookie'] ?? []
    expect(cookies.length).toBeGreaterThanOrEqual(4)
    for (const cookie of cookies)
      expect(cookie.toLowerCase()).toMatch(/(?=.*; secure)(?=.*; httponly)(?=.*; samesite=lax)/)
  })

  test.each(actions)(
    '%s without the cookie, as a browser sends it from elsewhere',
    async (action) => {
      const { browser } = await opened()
      const answer = await house.send({ url: `${browser.url}/${action}`, form: alice })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('id="error">invalid_request<')
    },
  )

  test.each(actions)('%s with the cookie, from another port of this host', async (action) => {
    const { browser, page } = await opened()
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site }
      const answer = await browser.raw({ url: `${browser.url}/${action}`, form: alice, headers })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('this form was not sent from its own page')
    }
    expect((await browser.press(page, 'login-submit', alice)).text).toContain('consent-submit')
  })

  test.each(actions)('%s for another interaction of the same browser', async (action) => {
    const { browser: other } = await opened()
    const { browser } = await opened()
    const answer = await browser.raw({ url: `${other.url}/${action}`, form: alice })
    expect(answer.status).toBe(400)
  })

  test.each(actions)('%s of an interaction that is over', async (action) => {
    const { browser, page } = await opened()
    const { url } = browser
    await browser.press(page, 'abort')
    expect(new URL(browser.url).searchParams.get('error')).toBe('access_denied')
    const answer = await browser.raw({ url: `${url}/${action}`, form: alice })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('id="error">invalid_request<')
  })
})

describe('no page shows what was sent without escaping it', () => {
  const PAYLOADS = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    `'onmouseover='alert(1)`,
    '</title><svg onload=alert(1)>',
    '{{constructor.constructor("alert(1)")()}}<b>',
    '\u2028<script>\u2029',
  ]
  // oxfmt-ignore
  const PARAMETERS = [
    'client_id', 'request_uri', 'request', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state',
    'nonce', 'prompt', 'max_age', 'ui_locales', 'claims', 'acr_values', 'login_hint', 'id_token_hint', 'resource',
    'code_challenge', 'code_challenge_method', 'dpop_jkt', 'authorization_details', 'display', 'iss', 'error', 'x',
  ]
  const html = (answer: Response) => String(answer.headers['content-type']).includes('html')

  function isSafe(answer: Response, payload: string): void {
    expect(answer.status).toBeLessThan(500)
    // A program's answer may repeat it; no browser takes JSON for a page.
    const type = answer.headers['content-type'] ?? 'nothing'
    expect(type).toMatch(/^(application\/json|text\/html|nothing)/)
    expect(html(answer) && answer.text.includes(payload)).toBe(false)
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  }

  test.each(PAYLOADS)('%s', async (payload) => {
    const honest = {
      client_id: 'web',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: 's',
      ...pkce('v'.repeat(43)),
    }
    const headers = { accept: 'text/html' }
    let pages = 0
    for (const name of PARAMETERS) {
      const edits = [
        { url: frontChannel(house, { ...honest, [name]: payload }), headers },
        { url: `${house.issuer}/authorize`, form: { ...honest, [name]: payload }, headers },
        { url: frontChannel(house, { ...honest, [payload]: payload }), headers },
      ]
      for (const edited of edits) {
        const answer = await house.send(edited)
        isSafe(answer, payload)
        if (html(answer)) pages += 1
      }
      isSafe(await house.send({ ...(await pushed(house, { [name]: payload })), headers }), payload)
    }
    expect(pages).toBeGreaterThan(PARAMETERS.length)
    for (const path of ['interaction', 'authorize', 'nowhere', 'interaction/x/login'])
      isSafe(
        await house.send({
          url: `${house.issuer}/${path}/${encodeURIComponent(payload)}`,
          headers,
        }),
        payload,
      )
    const { browser, page } = await opened(undefined, { login_hint: payload })
    isSafe(page, payload)
    const again = await browser.press(page, 'login-submit', { login: payload, password: payload })
    isSafe(again, payload)
    expect(again.text).toContain('Login or password is wrong.')
  })
})
