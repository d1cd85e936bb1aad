import { afterAll, beforeAll, expect, test } from 'vitest'
import { html } from '../../src/pages/html.ts'
import { applicationsPage } from '../../src/pages/applications.ts'
import { consentPage } from '../../src/pages/consent.ts'
import { errorPage } from '../../src/pages/error.ts'
import { loginPage } from '../../src/pages/login.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, requestUri } from '../stage/flow.ts'
import { ACCOUNTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
beforeAll(async () => {
  house = await startHouse({ profiles: ['ciba-dpop'] })
})
afterAll(() => house.stop())

const loginOf = async (browser: Browser, edit: { [name: string]: string } = {}) =>
  browser.open(authorizationUrl(house, await requestUri(house, edit)))

test('everything is escaped', () => {
  const nasty = `<script>"'&`
  const account = { iban: nasty }
  const payment = {
    type: 'payment_initiation',
    instructedAmount: { currency: nasty, amount: nasty },
    creditorName: nasty,
    creditorAccount: account,
    remittanceInformationUnstructured: nasty,
  } as const
  const escaped = '&lt;script&gt;&quot;&#39;&amp;'
  expect(html`<p title="${nasty}">${nasty}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`)
  const request = {
    oidc: [nasty],
    resources: [{ indicator: nasty, scopes: [nasty] }],
    details: [payment],
  }
  for (const page of [
    loginPage({ path: '/interaction/1', client: nasty, login: nasty, message: nasty }),
    consentPage({ path: '/interaction/1', client: nasty, user: nasty, request, relaxation: nasty }),
    applicationsPage([{ id: nasty, client: nasty, since: 0, request }], {
      user: nasty,
      message: nasty,
    }),
    errorPage({ error: nasty, error_description: nasty }),
  ]) {
    expect(page).not.toContain('<script')
    expect(page).toContain(escaped)
  }
})

test('the login page works without script and is neither cached nor framed', async () => {
  const page = await loginOf(new Browser(house.send, house.issuer), { login_hint: 'al"ice' })
  expect(page.status).toBe(200)
  expect(page.headers['cache-control']).toBe('no-store')
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe-inline')
  for (const piece of ['name="login"', 'name="password"', 'id="login-submit"', 'id="abort"'])
    expect(page.text).toContain(piece)
  expect(page.text).toContain('Web &lt;b&gt;shop&lt;/b&gt;')
  expect(page.text).toContain('al&quot;ice')
})

test('the stylesheet is the one that the policy names', async () => {
  const page = await loginOf(new Browser(house.send, house.issuer))
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(page.text) ?? []
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(style))
  const hash = Buffer.from(digest).toString('base64')
  expect(page.headers['content-security-policy']).toContain(`'sha256-${hash}'`)
})

test('a wrong password and an unknown login get the page again, with one message', async () => {
  const browser = new Browser(house.send, house.issuer)
  let page = await loginOf(browser)
  for (const login of ['alice', 'nobody']) {
    page = await browser.press(page, 'login-submit', { login, password: 'wrong' })
    expect(page.status).toBe(200)
    expect(page.text).toContain('Login or password is wrong.')
    expect(page.text).toContain(`value="${login}"`)
  }
  const fields = { login: 'alice', password: 'correct horse' }
  expect((await browser.press(page, 'login-submit', fields)).text).toContain('consent-submit')
})

test('FAPI2SP-5.3.2.2-13: the consent page names client, scopes and resource', async () => {
  const browser = new Browser(house.send, house.issuer)
  const fields = { login: 'alice', password: 'correct horse' }
  const page = await browser.press(await loginOf(browser), 'login-submit', fields)
  for (const piece of ['Web &lt;b&gt;shop&lt;/b&gt;', 'openid', 'offline_access', ACCOUNTS, 'read'])
    expect(page.text).toContain(piece)
  expect(page.text).not.toContain('write')
})

test('pages on which something is decided say in whose name: several may use one browser', async () => {
  const isOf = (login: string) => expect.stringMatching(`id="signed-in-as">[^]*<strong>${login}<`)
  const browser = new Browser(house.send, house.issuer)
  const bob = { login: 'bob', password: 'battery staple' }
  const consent = await browser.press(await loginOf(browser), 'login-submit', bob)
  expect(consent.text).toEqual(isOf('bob'))
  const alice = { login: 'alice', password: 'correct horse' }
  const login = await browser.open(`${house.issuer}/applications`)
  expect((await browser.press(login, 'login-submit', alice)).text).toEqual(isOf('alice'))
  expect((await browser.open(`${house.issuer}/approvals`)).text).toEqual(isOf('alice'))
})

test('another browser does not get into an interaction', async () => {
  const browser = new Browser(house.send, house.issuer)
  await loginOf(browser)
  for (const request of [
    { url: browser.url },
    { url: `${browser.url}/login`, form: { login: 'alice', password: 'correct horse' } },
    { url: `${browser.url}/consent`, form: { a: 'b' } },
    { url: `${browser.url}/abort`, form: { a: 'b' } },
  ]) {
    const page = await house.send(request)
    expect(page.status).toBe(400)
    expect(page.text).toContain('id="error">invalid_request<')
    expect(page.text).not.toMatch(/at .*\.(ts|js)/)
  }
})

test('a form that is too long is refused', async () => {
  const browser = new Browser(house.send, house.issuer)
  const page = await browser.press(await loginOf(browser), 'login-submit', {
    login: 'a'.repeat(10_000),
  })
  expect(page.status).toBe(400)
})

test('the steps cannot be taken in another order', async () => {
  const browser = new Browser(house.send, house.issuer)
  const page = await loginOf(browser)
  const skipped = { ...page, text: page.text.replaceAll('/login"', '/consent"') }
  const { url } = browser
  const { status, headers } = await browser.raw({ url: `${url}/consent`, form: { a: 'b' } })
  expect([status, headers.location]).toEqual([303, new URL(url).pathname]) // FAPI2SP-5.3.2.2-11
  expect((await browser.press(skipped, 'login-submit')).text).toContain('id="login-submit"')
})
