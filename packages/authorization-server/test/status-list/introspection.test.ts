import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, codeFor, redeem, refresh, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())

const payment = async () => {
  const asked = { resource: PAYMENTS, scope: 'pay' }
  const { json } = await house.send(await clientCredentials(house, prover, asked))
  return String(json['access_token'])
}

const introspect = async (token: string, client: string) =>
  house.send({
    url: `${house.issuer}/introspect`,
    form: { token, ...(await assertion(house, client)) },
  })

test('RFC7662-2.2 holds for the resource server: what the token is, with cnf', async () => {
  const { status, json } = await introspect(await payment(), 'api')
  expect(status).toBe(200)
  expect(json).toMatchObject({
    active: true,
    iss: house.issuer,
    aud: PAYMENTS,
    client_id: 'web',
    scope: 'pay',
    token_type: 'DPoP',
    cnf: { jkt: prover.jkt },
  })
})

test('RFC7662-2.2: inactive for a client outside the audience, the issuing client included', async () => {
  const token = await payment()
  for (const client of ['stranger', 'web']) {
    const { status, json } = await introspect(token, client)
    expect([status, json]).toEqual([200, { active: false }])
  }
})

test('RFC7662-2.1 refuses an unauthenticated caller', async () => {
  const form = { token: await payment(), client_id: 'api' }
  const answer = await house.send({ url: `${house.issuer}/introspect`, form })
  expect(verdict(answer)).toEqual([401, 'invalid_client'])
})

test('inactive for what is no token, no access token, or for somebody else', async () => {
  const { json } = await house.send(await redeem(house, await codeFor(house), prover))
  for (const token of ['nonsense', String(json['refresh_token'])])
    expect((await introspect(token, 'api')).json).toEqual({ active: false })
})

test('RFC7009-2.1: inactive after revocation', async () => {
  const token = await payment()
  const form = { token, ...(await assertion(house, 'web')) }
  expect((await house.send({ url: `${house.issuer}/revoke`, form })).status).toBe(200)
  expect((await introspect(token, 'api')).json).toEqual({ active: false })
})

test('RFC7662-2.2: the jti of a JWT is no secret, and no token', async () => {
  const asked = { resource: ACCOUNTS, scope: 'read' }
  const { json } = await house.send(await clientCredentials(house, prover, asked))
  const jwt = String(json['access_token'])
  const { jti } = decodeJwt(jwt)
  for (const name of [String(jti), `jwt.${jti}`])
    expect((await introspect(name, 'accounts-api')).json).toEqual({ active: false })
  const form = { token: String(jti), ...(await assertion(house, 'web')) }
  expect((await house.send({ url: `${house.issuer}/revoke`, form })).status).toBe(200)
  expect((await introspect(jwt, 'accounts-api')).json).toMatchObject({ active: true })
})

test('inactive as soon as its client is being removed, whoever it was for', async () => {
  const own = await startHouse()
  const asked = { resource: PAYMENTS, scope: 'pay' }
  const code = await codeFor(own, { ...asked, scope: 'openid pay' })
  const tokens = [await clientCredentials(own, prover, asked), await redeem(own, code, prover)]
  const answers = []
  for (const request of tokens) answers.push(await own.send(request))
  await own.records.remove('Client', 'web') // the first step of it, and no other yet
  for (const { json } of answers) {
    const form = { token: String(json['access_token']), ...(await assertion(own, 'api')) }
    const answer = await own.send({ url: `${own.issuer}/introspect`, form })
    expect([answer.status, answer.json]).toEqual([200, { active: false }])
  }
  await own.stop()
})

test('RFC6749-5.1: a token outlives the refresh token that came with it, where that is short', async () => {
  const own = await startHouse({ configuration: { lifetimes: { refreshToken: 10 } } })
  const code = await codeFor(own, { resource: PAYMENTS, scope: 'openid offline_access pay' })
  const { json } = await own.send(await redeem(own, code, prover))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  try {
    expect(verdict(await own.send(await refresh(own, json['refresh_token'], prover)))).toEqual([
      400,
      'invalid_grant',
    ])
    const form = { token: String(json['access_token']), ...(await assertion(own, 'api')) }
    const answer = await own.send({ url: `${own.issuer}/introspect`, form })
    expect(answer.json).toMatchObject({ active: true, sub: 'sub-alice' })
  } finally {
    vi.useRealTimers()
    await own.stop()
  }
})

test('RFC6749-5.1: nor does it end with a grant that its session already had', async () => {
  const lifetimes = { refreshToken: 10, session: 1_000 }
  const own = await startHouse({ configuration: { lifetimes } })
  const browser = new Browser(own.send, own.issuer)
  const began = Date.now()
  const after = (seconds: number) =>
    vi.useFakeTimers({ toFake: ['Date'], now: began + seconds * 1_000 })
  const open = async () => {
    const edit = { resource: PAYMENTS, scope: 'openid pay', prompt: '' }
    return browser.open(authorizationUrl(own, await requestUri(own, edit)))
  }
  try {
    const fields = { login: 'alice', password: 'correct horse' }
    const consent = await browser.press(await open(), 'login-submit', fields)
    await browser.press(consent, 'consent-submit')
    after(900)
    await open() // nobody is asked
    const code = new URL(browser.url).searchParams.get('code') ?? ''
    const { json } = await own.send(await redeem(own, code, prover))
    after(900 + 110)
    const form = { token: String(json['access_token']), ...(await assertion(own, 'api')) }
    const answer = await own.send({ url: `${own.issuer}/introspect`, form })
    expect(answer.json).toMatchObject({ active: true })
    // The grant would not outlive another token: alice is asked again.
    expect((await open()).text).toContain('id="consent-submit"')
  } finally {
    vi.useRealTimers()
    await own.stop()
  }
})
