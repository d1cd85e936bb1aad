/** Step-up authentication (RFC 9470): a better login, or a newer one, as a request asks. */
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { authenticationRequest, begin, poll } from '../stage/backchannel.ts'
import { Browser } from '../stage/browser.ts'
import { askForTokens, enter, hiddenFields, start } from '../stage/device.ts'
import { authorizationUrl, codeFor, redeem, refresh, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'

const PWD = 'urn:holdfast:pwd'
const MFA = 'urn:holdfast:mfa'
const alice = { login: 'alice', password: 'correct horse' }

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse({
    profiles: ['fapi-ciba'],
    configuration: { notificationHosts: ['client.example'] },
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())
afterEach(() => {
  vi.useRealTimers()
})

type Form = { readonly [name: string]: string }

const later = (s: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + s * 1_000 })
}

/** Which page the end-user is on; `back` with the client's answer. */
function pageOf({ text, status }: Response): string {
  if (status === 0) return 'back'
  return /id="(login|second-factor|consent)-submit"/.exec(text)?.[1] ?? text
}

class Visit {
  readonly browser = new Browser(house.send, house.issuer)
  readonly pages: string[] = []

  /** One authorization, whatever pages it takes. */
  async authorize(edit: Form, at: House = house): Promise<URLSearchParams> {
    this.pages.length = 0
    const uri = await requestUri(at, edit)
    let page = await this.browser.open(authorizationUrl(at, uri))
    for (;;) {
      const name = pageOf(page)
      if (name === 'back') return new URL(this.browser.url).searchParams
      this.pages.push(name)
      page = await this.browser.press(page, `${name}-submit`, name === 'login' ? alice : {})
      if (this.pages.length > 5) throw new Error(this.pages.join())
    }
  }

  async tokens(edit: Form = {}) {
    const code = String(
      (await this.authorize({ prompt: '', scope: 'openid read', ...edit })).get('code'),
    )
    const { json } = await house.send(await redeem(house, code, prover))
    return {
      pages: [...this.pages],
      access: decodeJwt(String(json['access_token'])),
      id: decodeJwt(String(json['id_token'])),
    }
  }
}

describe('RFC9470-4: acr_values', () => {
  test('by password, where nothing is asked; acr and auth_time stand in token and ID token', async () => {
    const { pages, access, id } = await new Visit().tokens({ max_age: '60' })
    expect(pages).toEqual(['login', 'consent'])
    expect(access).toMatchObject({ acr: PWD, auth_time: expect.any(Number) })
    expect(Math.abs(Number(access['auth_time']) - now())).toBeLessThan(10)
    expect(id['auth_time']).toBe(access['auth_time'])
  })

  test('a second factor, where it is asked', async () => {
    const { pages, access, id } = await new Visit().tokens({ acr_values: MFA })
    expect(pages).toEqual(['login', 'second-factor', 'consent'])
    expect(access['acr']).toBe(MFA)
    expect(id).toMatchObject({ acr: MFA })
  })

  test('of several the least will do, and more than was asked as well', async () => {
    const visit = new Visit()
    expect(await visit.tokens({ acr_values: `${MFA} ${PWD}` })).toMatchObject({
      pages: ['login', 'consent'],
      access: { acr: PWD },
    })
    expect((await visit.tokens({ acr_values: `urn:other ${PWD}` })).pages).toEqual([])
    expect((await visit.tokens({ acr_values: MFA })).pages).toEqual(['second-factor'])
    const again = await visit.tokens({ acr_values: PWD })
    expect([again.pages, again.access['acr']]).toEqual([[], MFA])
    expect((await visit.tokens({ acr_values: MFA })).pages).toEqual([])
  })

  test('a second factor is no new login: auth_time stays', async () => {
    const visit = new Visit()
    const first = await visit.tokens()
    later(100)
    const next = await visit.tokens({ acr_values: MFA })
    expect(next.pages).toEqual(['second-factor'])
    expect(next.access).toMatchObject({ acr: MFA, auth_time: first.access['auth_time'] })
  })

  test('a refused second factor is a refused request, and gives nothing', async () => {
    const browser = new Browser(house.send, house.issuer)
    const uri = await requestUri(house, { acr_values: MFA })
    const login = await browser.open(authorizationUrl(house, uri))
    const second = await browser.press(login, 'login-submit', alice)
    expect(second.text).toContain('This is a laboratory.')
    await browser.press(second, 'abort')
    expect(new URL(browser.url).searchParams.get('error')).toBe('access_denied')
  })

  test('consent cannot be given in its place, nor it before the login', async () => {
    const browser = new Browser(house.send, house.issuer)
    const uri = await requestUri(house, { acr_values: MFA })
    const login = await browser.open(authorizationUrl(house, uri))
    const skip = async (step: string) => {
      const { url } = browser
      const { status, headers } = await browser.raw({ url: `${url}/${step}`, form: { a: 'b' } })
      expect([status, headers.location]).toEqual([303, new URL(url).pathname])
    }
    await skip('second-factor')
    await browser.press(login, 'login-submit', alice)
    await skip('consent')
    await skip('login')
  })
})

describe('RFC9470-4: max_age', () => {
  test('a login of 100 s ago does for 101 s, and not for 99', async () => {
    const visit = new Visit()
    const first = await visit.tokens()
    later(100)
    const enough = await visit.tokens({ max_age: '101' })
    expect(enough.pages).toEqual([])
    expect(enough.id['auth_time']).toBe(first.access['auth_time'])
    const again = await visit.tokens({ max_age: '99' })
    expect(again.pages).toEqual(['login'])
    expect(Number(again.access['auth_time'])).toBeGreaterThanOrEqual(
      Number(first.access['auth_time']) + 100,
    )
  })

  test('0 asks each time', async () => {
    const visit = new Visit()
    await visit.tokens()
    expect((await visit.tokens({ max_age: '0' })).pages).toEqual(['login'])
    expect((await visit.tokens({ max_age: '0' })).pages).toEqual(['login'])
  })

  test('with acr_values: the password again, then the second factor again', async () => {
    const visit = new Visit()
    await visit.tokens({ acr_values: MFA })
    later(100)
    const { pages, access } = await visit.tokens({ acr_values: MFA, max_age: '99' })
    expect([pages, access['acr']]).toEqual([['login', 'second-factor'], MFA])
    expect(Math.abs(Number(access['auth_time']) - now())).toBeLessThan(10)
  })
})

describe('RFC9470-5: what cannot be met is refused', () => {
  test('another acr', async () => {
    const visit = new Visit()
    const answer = await visit.authorize({ acr_values: 'urn:example:retina' })
    expect([answer.get('error'), answer.get('state'), answer.get('iss')]).toEqual([
      'unmet_authentication_requirements',
      'st4te',
      house.issuer,
    ])
    expect(visit.pages).toEqual([])
    expect((await visit.authorize({})).get('code')).toBeTruthy()
  })

  test('without a page, where prompt is none', async () => {
    const visit = new Visit()
    await visit.tokens()
    const edit = { prompt: 'none', scope: 'openid read' }
    expect((await visit.authorize(edit)).get('code')).toBeTruthy()
    const answer = await visit.authorize({ ...edit, acr_values: MFA })
    expect(answer.get('error')).toBe('unmet_authentication_requirements')
  })

  test('on another device, where there is no second factor either', async () => {
    const push = async (acr_values: string) =>
      verdict(await house.send(await authenticationRequest(house, { acr_values })))
    expect(await push(MFA)).toEqual([400, 'unmet_authentication_requirements'])
    expect(await push(`${MFA} ${PWD}`)).toEqual([200, undefined])
  })

  test('where the server has no second factor', async () => {
    const plain = await startHouse({ configuration: { secondFactor: 'off' } })
    const browser = new Browser(plain.send, plain.issuer)
    const uri = await requestUri(plain, { acr_values: MFA })
    await browser.open(authorizationUrl(plain, uri))
    expect(new URL(browser.url).searchParams.get('error')).toBe('unmet_authentication_requirements')
    const { json } = await plain.send({ url: `${plain.issuer}/.well-known/openid-configuration` })
    expect(json['acr_values_supported']).toEqual([PWD])
    await plain.stop()
  })
})

describe('RFC9470-6: what a resource server is told', () => {
  test('by introspection', async () => {
    const visit = new Visit()
    const edit = { acr_values: MFA, scope: 'openid pay', resource: PAYMENTS, prompt: '' }
    const code = String((await visit.authorize(edit)).get('code'))
    const { json } = await house.send(await redeem(house, code, prover))
    const token = String(json['access_token'])
    const form = { token, ...(await assertion(house, 'api')) }
    const answer = await house.send({ url: `${house.issuer}/introspect`, form })
    expect(answer.json).toMatchObject({ active: true, acr: MFA, auth_time: expect.any(Number) })
  })

  test('after a refresh, the same: nobody has logged in', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    const before = decodeJwt(String(json['access_token']))
    later(100)
    const again = await house.send(await refresh(house, json['refresh_token'], prover))
    const { acr, auth_time } = decodeJwt(String(again.json['access_token']))
    expect([acr, auth_time]).toEqual([PWD, before['auth_time']])
  })

  test('nothing of a client that acts for itself', async () => {
    const { json } = await house.send(await clientCredentials(house, prover))
    const claims = decodeJwt(String(json['access_token']))
    expect(claims).not.toHaveProperty('acr')
    expect(claims).not.toHaveProperty('auth_time')
  })

  test('of a device: as it asked', async () => {
    const { deviceCode, userCode } = await start(house, { acr_values: MFA })
    const [browser, page] = await enter(house, userCode)
    const fields = { ...hiddenFields(page, 'device-confirm'), confirm: 'yes' }
    const login = await browser.press(page, 'device-confirm', fields)
    const second = await browser.press(login, 'login-submit', alice)
    await browser.press(await browser.press(second, 'second-factor-submit'), 'consent-submit')
    const { json } = await askForTokens(house, deviceCode, { prover })
    expect(decodeJwt(String(json['access_token']))).toMatchObject({ acr: MFA })
  })

  test('of a decision on another device: a password', async () => {
    const id = await begin(house)
    await house.server.decide(id, 'allow')
    const { json } = await poll(house, id)
    expect(decodeJwt(String(json['access_token']))).toMatchObject({ acr: PWD })
  })
})

test('RFC9470-7: discovery says what there is', async () => {
  const { json } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
  expect(json['acr_values_supported']).toEqual([PWD, MFA])
})
