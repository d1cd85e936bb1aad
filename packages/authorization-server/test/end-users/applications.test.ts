import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { begin } from '../stage/backchannel.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, codeFor, redeem, refresh, requestUri } from '../stage/flow.ts'
import { assertion, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Outcome } from '../../src/index.ts'
import type { Response } from '../stage/http.ts'
import { isRevokedIn } from '../stage/status.ts'
import { over } from '../stage/stores.ts'

let house: House
let prover: Prover
const outcomes: Outcome[] = []
/** Kinds of which every record was read. */
const listed: string[] = []
beforeAll(async () => {
  house = await startHouse({
    profiles: ['ciba-dpop'],
    audit: (outcome) => outcomes.push(outcome),
    through: (records) => ({
      ...over(records),
      async list(kind) {
        listed.push(kind)
        return records.list(kind)
      },
    }),
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())
beforeEach(async () => {
  for (const { id } of await house.records.list('Grant')) await house.records.remove('Grant', id)
})

const alice = { login: 'alice', password: 'correct horse' }
const bob = { login: 'bob', password: 'battery staple' }

async function signedIn(fields = alice): Promise<readonly [Browser, Response]> {
  const browser = new Browser(house.send, house.issuer)
  const login = await browser.open(`${house.issuer}/applications`)
  return [browser, await browser.press(login, 'login-submit', fields)]
}

const withdrawFirst = async ([browser, page]: readonly [Browser, Response]) =>
  browser.press(page, 'withdraw-1', { client_id: 'web' })

const tokensOf = async (edit = {}) =>
  (await house.send(await redeem(house, await codeFor(house, edit), prover))).json

const refreshed = async (token: unknown) =>
  verdict(await house.send(await refresh(house, token, prover)))

test('who has nothing granted is told so', async () => {
  const [, page] = await signedIn()
  expect(page.text).toContain('id="nothing"')
})

test('RFC6819-5.2.2.4: the page names client, scopes, resource, and since when', async () => {
  const before = Math.floor(Date.now() / 1_000)
  await tokensOf()
  const [, page] = await signedIn()
  for (const piece of ['Web &lt;b&gt;shop&lt;/b&gt;', 'offline_access', ACCOUNTS, '>read<'])
    expect(page.text).toContain(piece)
  const [, since = ''] = /datetime="([^"]+)"/.exec(page.text) ?? []
  expect(Date.parse(since) / 1_000).toBeGreaterThanOrEqual(before)
  expect(Date.parse(since)).toBeLessThanOrEqual(Date.now())
  expect(page.headers['cache-control']).toBe('no-store')
})

test('several grants of one application are one entry', async () => {
  await tokensOf()
  await tokensOf({ scope: 'openid pay', resource: PAYMENTS })
  const [, page] = await signedIn()
  for (const piece of [ACCOUNTS, '>read<', PAYMENTS, '>pay<']) expect(page.text).toContain(piece)
  expect(page.text).toContain('id="withdraw-1"')
  expect(page.text).not.toContain('id="withdraw-2"')
})

test('withdrawal ends every grant: code, refresh token, JWT and opaque access tokens', async () => {
  const jwt = await tokensOf()
  const opaque = await tokensOf({ scope: 'openid pay', resource: PAYMENTS })
  const code = await codeFor(house)
  const introspect = async () => {
    const form = { token: String(opaque['access_token']), ...(await assertion(house, 'api')) }
    return (await house.send({ url: `${house.issuer}/introspect`, form })).json['active']
  }
  expect([await introspect(), await refreshed(jwt['refresh_token'])]).toEqual([
    true,
    [200, undefined],
  ])
  const page = await withdrawFirst(await signedIn())
  expect(page.text).toContain('id="nothing"')
  expect(page.text).toContain('role="status"')
  expect(await refreshed(jwt['refresh_token'])).toEqual([400, 'invalid_grant'])
  expect(await introspect()).toBe(false)
  expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual([
    400,
    'invalid_grant',
  ])
  await expect
    .poll(() => isRevokedIn(house.send, jwt['access_token']), { timeout: 5_000 })
    .toBe(true)
  expect(outcomes.filter(({ endpoint }) => endpoint === 'withdrawal')).toMatchObject([
    { outcome: 'accepted', subject: 'sub-alice', client: 'web' },
  ])
})

test('afterwards the end-user is asked again, in the same browser too', async () => {
  const browser = new Browser(house.send, house.issuer)
  const ask = async (edit: { [name: string]: string }) =>
    browser.open(authorizationUrl(house, await requestUri(house, edit)))
  const login = await ask({ scope: 'openid read', prompt: 'login' })
  const consent = await browser.press(login, 'login-submit', alice)
  await browser.press(consent, 'consent-submit')
  const quiet = { scope: 'openid read', prompt: 'none' }
  await ask(quiet)
  expect(new URL(browser.url).searchParams.get('code')).not.toBeNull()
  await withdrawFirst(await signedIn())
  await ask(quiet)
  expect(new URL(browser.url).searchParams.get('error')).toBe('consent_required')
})

test('who looks at a page of their own does not have everybody’s records read', async () => {
  await tokensOf()
  await begin(house, {}, 'by-dpop')
  const [browser, page] = await signedIn()
  listed.length = 0
  const approvals = await browser.open(`${house.issuer}/approvals`)
  expect(approvals.text).toContain('id="allow-1"')
  await browser.press(approvals, 'deny-1', { decision: 'deny' })
  await withdrawFirst([browser, page])
  // The keys and what was revoked are looked at every second, whoever is there.
  expect(listed.filter((kind) => !['KeySet', 'Revocation'].includes(kind))).toEqual([])
})

describe('nobody withdraws for another', () => {
  test('another end-user neither sees the application nor ends its access', async () => {
    const { refresh_token: token } = await tokensOf()
    const [browser, page] = await signedIn(bob)
    expect(page.text).toContain('id="nothing"')
    const url = `${house.issuer}/applications/withdrawal`
    const answer = await browser.raw({ url, form: { client_id: 'web' } })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('id="error">invalid_request<')
    expect(await refreshed(token)).toEqual([200, undefined])
  })

  test('a form without the cookie, or from another port, does nothing', async () => {
    const { refresh_token: token } = await tokensOf()
    const url = `${house.issuer}/applications/withdrawal`
    const form = { client_id: 'web' }
    const bare = await house.send({ url, form })
    expect([bare.status, bare.headers.location]).toEqual([303, '/applications'])
    const [browser] = await signedIn()
    for (const site of ['cross-site', 'same-site']) {
      const answer = await browser.raw({ url, form, headers: { 'sec-fetch-site': site } })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('this form was not sent from its own page')
    }
    expect(await refreshed(token)).toEqual([200, undefined])
  })

  test('signing out ends the session', async () => {
    const [browser, page] = await signedIn()
    expect((await browser.press(page, 'sign-out')).text).toContain('id="login-submit"')
    const again = await browser.open(`${house.issuer}/applications`)
    expect(again.text).toContain('id="login-submit"')
  })
})
