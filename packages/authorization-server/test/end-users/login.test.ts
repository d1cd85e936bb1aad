/** Who has logged in stays so for as long as the password is theirs, and they are somebody. */
import { GRACE } from '@holdfast/store'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { provision } from '../../src/index.ts'
import { Browser } from '../stage/browser.ts'
import { enter, hiddenFields, start } from '../stage/device.ts'
import { authorizationUrl, codeFor, redeem, refresh, requestUri } from '../stage/flow.ts'
import { Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

const OLD = { login: 'alice', password: 'correct horse' }
const NEW = { login: 'alice', password: 'staple battery' }

let house: House
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  house = await startHouse()
})
afterAll(async () => {
  vi.useRealTimers()
  await house.stop()
})
beforeEach(() => become(OLD))

/** Its password is another from now on; a second later the next can happen. */
async function become(user: { readonly login: string; readonly password: string }) {
  later()
  await provision(house.records, { clients: [], users: [{ ...user, sub: 'sub-alice' }] })
  later()
}
const later = () => vi.setSystemTime(Date.now() + 1_000)

const ask = async (browser: Browser, edit: { readonly [name: string]: string }) =>
  browser.open(authorizationUrl(house, await requestUri(house, edit)))

async function loggedIn(): Promise<Browser> {
  const browser = new Browser(house.send, house.issuer)
  const consent = await browser.press(await ask(browser, {}), 'login-submit', OLD)
  await browser.press(consent, 'consent-submit')
  return browser
}

/** Without a page: what the login is worth. */
async function silently(browser: Browser) {
  await ask(browser, { prompt: 'none' })
  const { searchParams } = new URL(browser.url)
  return searchParams.get('error') ?? (searchParams.has('code') && 'code')
}

describe('a new password', () => {
  test('ends the logins by the old; the new one begins another', async () => {
    const browser = await loggedIn()
    expect(await silently(browser)).toBe('code')
    await become(NEW)
    expect(await silently(browser)).toBe('login_required')
    const login = await ask(browser, {})
    expect((await browser.press(login, 'login-submit', OLD)).text).toContain('is wrong')
    expect((await browser.press(login, 'login-submit', NEW)).text).toContain('consent-submit')
    expect(await silently(browser)).toBe('code')
  })

  test('that is the same as before ends none', async () => {
    const browser = await loggedIn()
    await become(OLD)
    expect(await silently(browser)).toBe('code')
  })

  test('ends a login that nothing was made of yet', async () => {
    const browser = new Browser(house.send, house.issuer)
    const consent = await browser.press(await ask(browser, {}), 'login-submit', OLD)
    await become(NEW)
    expect((await browser.press(consent, 'consent-submit')).text).toContain('login-submit')
  })

  test('ends those at the pages of the end-user, and of devices', async () => {
    const browser = await loggedIn()
    const { userCode } = await start(house)
    const url = `${house.issuer}/applications`
    const pages = new Browser(house.send, house.issuer)
    const own = await pages.press(await pages.open(url), 'login-submit', OLD)
    expect(own.text).toContain('id="sign-out"')
    await become(NEW)
    expect((await pages.open(url)).text).toContain('login-submit')
    const [, device] = await enter(house, userCode, browser)
    const confirmed = { ...hiddenFields(device, 'device-confirm'), confirm: 'yes' }
    expect((await browser.press(device, 'device-confirm', confirmed)).text).toContain(
      'login-submit',
    )
  })

  test('ends no token: that is for the end-user to withdraw', async () => {
    const prover = await Prover.new()
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    await become(NEW)
    const refreshed = await house.send(await refresh(house, json['refresh_token'], prover))
    expect(verdict(refreshed)).toEqual([200, undefined])
  })
})

test('an end-user who is gone is not logged in, and the next one may be', async () => {
  const browser = await loggedIn()
  const url = `${house.issuer}/applications`
  const pages = new Browser(house.send, house.issuer)
  await pages.press(await pages.open(url), 'login-submit', OLD)
  await house.records.remove('User', 'sub-alice')
  expect((await pages.open(url)).text).toContain('login-submit')
  expect(await silently(browser)).toBe('login_required')
  const login = await ask(browser, {})
  expect(login.status).toBe(200)
  expect((await browser.press(login, 'login-submit', OLD)).text).toContain('is wrong')
})

test('a session in which nobody has logged in is kept for as long as a form, not longer', async () => {
  const sessions = async () => (await house.records.list('Session')).length
  const before = await sessions()
  const browser = await loggedIn()
  for (const path of ['/device', '/logout']) await house.send({ url: house.issuer + path })
  expect(await sessions()).toBe(before + 3)
  vi.setSystemTime(Date.now() + 600_000 + GRACE)
  expect(await sessions()).toBeLessThanOrEqual(before + 1)
  expect(await silently(browser)).toBe('code')
})
