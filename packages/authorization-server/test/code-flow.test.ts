import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Browser } from './stage/browser.ts'
import {
  authorizationUrl,
  authorize,
  codeFor,
  frontChannel,
  pushed,
  redeem,
  refresh,
  requestUri,
} from './stage/flow.ts'
import { assertion, pkce, Prover, verdict } from './stage/honest.ts'
import { ACCOUNTS, CALLBACK, CALLBACK_WITH_QUERY, startHouse } from './stage/house.ts'
import type { House } from './stage/house.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())
afterEach(() => {
  vi.useRealTimers()
})

/** The library, the store and the client read the same `Date`. */
const later = (seconds: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 })
}

test('the whole flow: push, log in, consent, redeem, refresh', async () => {
  const back = await authorize(house, await requestUri(house))
  expect(Object.fromEntries(back)).toEqual({
    code: expect.any(String),
    state: 'st4te',
    iss: house.issuer,
  })
  const tokens = await house.send(await redeem(house, back.get('code')!, prover))
  expect(tokens.status).toBe(200)
  expect(tokens.headers['cache-control']).toBe('no-store')
  expect(tokens.json).toMatchObject({ token_type: 'DPoP', expires_in: 300, scope: 'read' })
  expect(decodeJwt(String(tokens.json['access_token']))).toMatchObject({
    sub: 'sub-alice',
    aud: ACCOUNTS,
    client_id: 'web',
    cnf: { jkt: prover.jkt },
  })
  expect(decodeJwt(String(tokens.json['id_token']))).toMatchObject({
    sub: 'sub-alice',
    aud: 'web',
    nonce: 'n0nce',
    iss: house.issuer,
  })

  const other = await Prover.new() // a confidential client may change its key
  const again = await house.send(await refresh(house, tokens.json['refresh_token'], other))
  expect(again.status).toBe(200)
  expect(again.json['refresh_token']).toBe(tokens.json['refresh_token'])
  expect(decodeJwt(String(again.json['access_token']))['cnf']).toEqual({ jkt: other.jkt })
})

test('RFC6749-3.1.2: a redirect URI keeps its query, and is the same where the code is redeemed', async () => {
  const uri = await requestUri(house, { redirect_uri: CALLBACK_WITH_QUERY })
  const back = await authorize(house, uri)
  expect([back.get('dummy1'), back.get('dummy2'), back.get('state')]).toEqual([
    'lorem',
    'ipsum',
    'st4te',
  ])
  const elsewhere = await redeem(house, back.get('code')!, prover)
  expect(verdict(await house.send(elsewhere))).toEqual([400, 'invalid_grant'])
  const form = { ...elsewhere.form, redirect_uri: CALLBACK_WITH_QUERY }
  const { url } = elsewhere
  const again = { ...form, ...(await assertion(house, 'web')) }
  const proven = { url, headers: { dpop: await prover.proof(url) }, form: again }
  expect((await house.send(proven)).status).toBe(200)
})

test('without offline_access there is no refresh token, without openid no ID token', async () => {
  const code = await codeFor(house, { scope: 'read', nonce: '' })
  const { json } = await house.send(await redeem(house, code, prover))
  expect(json).not.toHaveProperty('refresh_token')
  expect(json).not.toHaveProperty('id_token')
})

describe('a pushed request is refused', () => {
  test.each<[clause: string, edit: { [name: string]: string }, error: string]>([
    ['FAPI2SP-5.3.2.2-1', { response_type: 'token' }, 'unsupported_response_type'],
    ['FAPI2SP-5.3.2.2-1', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['FAPI2SP-5.3.2.2-5', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['FAPI2SP-5.3.2.2-5', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['FAPI2SP-5.3.2.2-6', { redirect_uri: '' }, 'invalid_request'],
    ['FAPI2SP-5.3.2.2-6', { redirect_uri: `${CALLBACK}/other` }, 'invalid_request'],
    [
      'RFC9126-2.1',
      { request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      'request_uri_not_supported',
    ],
    ['RFC8707-2', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['RFC9449-10', { dpop_jkt: 'key' }, 'invalid_request'],
  ])('%s %j', async (_clause, edit, error) => {
    expect(verdict(await house.send(await pushed(house, edit)))).toEqual([400, error])
  })

  test('RFC9449-10.1: dpop_jkt is not of the key of the proof', async () => {
    const request = await pushed(house, { dpop_jkt: (await Prover.new()).jkt })
    const dpop = await prover.proof(request.url)
    const answer = await house.send({ ...request, headers: { dpop } })
    expect(verdict(answer)).toEqual([400, 'invalid_dpop_proof'])
  })

  test('FAPI2SP-5.3.2.2-4 without client authentication', async () => {
    const form = { client_id: 'web', response_type: 'code', redirect_uri: CALLBACK, ...pkce('v') }
    const answer = await house.send({ url: `${house.issuer}/par`, form })
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  })

  test('the honest one is still accepted', async () => {
    const { status, json } = await house.send(await pushed(house))
    expect([status, json['expires_in']]).toEqual([201, 60])
  })
})

describe('the authorization endpoint', () => {
  test('FAPI2SP-5.3.2.2-3 refuses a request that was not pushed', async () => {
    const browser = new Browser(house.send, house.issuer)
    const { form = {} } = await pushed(house, { state: 's' })
    await browser.open(frontChannel(house, form)) // complete but for having been pushed
    const back = new URL(browser.url)
    expect(back.origin + back.pathname).toBe(CALLBACK)
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: 'invalid_request',
      state: 's',
      iss: house.issuer,
    })
  })

  test('FAPI2SP-5.3.2.1-7: an unknown redirect URI gets a page, not a redirect', async () => {
    const browser = new Browser(house.send, house.issuer)
    const query = { client_id: 'web', redirect_uri: 'https://evil.example', response_type: 'code' }
    const page = await browser.open(frontChannel(house, query))
    expect(page.status).toBe(400)
    expect(page.text).toContain('id="error">invalid_redirect_uri<')
  })

  test('RFC9126-4: a request_uri of another client, or used up, gets a page', async () => {
    const uri = await requestUri(house)
    const browser = new Browser(house.send, house.issuer)
    const stolen = authorizationUrl(house, uri, 'web2')
    expect((await browser.open(stolen)).status).toBe(400)
    await authorize(house, uri)
    const page = await browser.open(authorizationUrl(house, uri))
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('invalid_request_uri')])
  })

  test('RFC9126-7.3: a request opened twice is completed once, however slowly', async () => {
    const uri = await requestUri(house)
    const [one, two] = [
      new Browser(house.send, house.issuer),
      new Browser(house.send, house.issuer),
    ]
    const pages = [
      await one.open(authorizationUrl(house, uri)),
      await two.open(authorizationUrl(house, uri)),
    ]
    later(900)
    const back = []
    for (const [i, browser] of [one, two].entries()) {
      const fields = { login: 'alice', password: 'correct horse' }
      const consent = await browser.press(pages[i]!, 'login-submit', fields)
      await browser.press(consent, 'consent-submit')
      back.push(new URL(browser.url).searchParams)
    }
    expect(back.map((params) => params.get('error'))).toEqual([null, 'invalid_request_uri'])
  })

  test('RFC9126-2.2: a request_uri is not opened after 60 s', async () => {
    const url = authorizationUrl(house, await requestUri(house))
    later(62)
    const page = await new Browser(house.send, house.issuer).open(url)
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('invalid_request_uri')])
  })

  test('the end-user who refuses sends access_denied back', async () => {
    const browser = new Browser(house.send, house.issuer)
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    await browser.press(page, 'abort')
    expect(new URL(browser.url).searchParams.get('error')).toBe('access_denied')
  })

  test('RFC6749-3.1.2.3: no code goes to a redirect URI that was taken from the client meanwhile', async () => {
    const browser = new Browser(house.send, house.issuer)
    const login = await browser.open(authorizationUrl(house, await requestUri(house)))
    const fields = { login: 'alice', password: 'correct horse' }
    const consent = await browser.press(login, 'login-submit', fields)
    const { payload } = (await house.records.find('Client', 'web'))!
    const redirect_uris = [`${CALLBACK}/new`]
    await house.records.upsert({
      kind: 'Client',
      id: 'web',
      payload: { ...payload, redirect_uris },
    })
    const page = await browser.press(consent, 'consent-submit')
    await house.records.upsert({ kind: 'Client', id: 'web', payload })
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('invalid_redirect_uri')])
    expect(new URL(browser.url).origin).toBe(house.issuer)
  })

  test('RFC9126-7.3: what was refused is not opened again, nor completed in another browser', async () => {
    const url = authorizationUrl(house, await requestUri(house))
    const [one, two] = [
      new Browser(house.send, house.issuer),
      new Browser(house.send, house.issuer),
    ]
    const elsewhere = await two.open(url)
    await one.press(await one.open(url), 'abort')
    const again = await new Browser(house.send, house.issuer).open(url)
    expect([again.status, again.text]).toEqual([
      400,
      expect.stringContaining('invalid_request_uri'),
    ])
    const fields = { login: 'alice', password: 'correct horse' }
    await two.press(await two.press(elsewhere, 'login-submit', fields), 'consent-submit')
    const { searchParams } = new URL(two.url)
    expect([searchParams.get('error'), searchParams.has('code')]).toEqual([
      'invalid_request_uri',
      false,
    ])
  })
})

describe('a code is refused with invalid_grant', () => {
  const attempt = async (edit: { [name: string]: string }, client = 'web') => {
    const honest = await redeem(house, await codeFor(house), prover)
    const form = { ...honest.form, ...(await assertion(house, client)), ...edit }
    return verdict(await house.send({ ...honest, form }))
  }

  test('FAPI2SP-5.3.2.2-5: missing or wrong verifier', async () => {
    expect(await attempt({ code_verifier: 'w'.repeat(43) })).toEqual([400, 'invalid_grant'])
    expect(await attempt({ code_verifier: '' })).toEqual([400, 'invalid_grant'])
  })

  test('RFC6749-4.1.3: another client, another redirect URI', async () => {
    expect(await attempt({}, 'web2')).toEqual([400, 'invalid_grant'])
    expect(await attempt({ redirect_uri: `${CALLBACK}?a=b` })).toEqual([400, 'invalid_grant'])
    expect(await attempt({ redirect_uri: '' })).toEqual([400, 'invalid_request'])
  })

  test('RFC9449-10: another key than dpop_jkt says', async () => {
    const code = await codeFor(house, { dpop_jkt: (await Prover.new()).jkt })
    const answer = await house.send(await redeem(house, code, prover))
    expect(verdict(answer)).toEqual([400, 'invalid_grant'])
    const bound = await codeFor(house, { dpop_jkt: prover.jkt })
    const { headers: _, ...proofless } = await redeem(house, bound, prover)
    expect(verdict(await house.send(proofless))).toEqual([400, 'invalid_dpop_proof'])
    expect((await house.send(await redeem(house, bound, prover))).status).toBe(200)
  })

  test('RFC6749-4.1.2: a wrong key and a wrong verifier do not burn it', async () => {
    const code = await codeFor(house, { dpop_jkt: prover.jkt })
    const byAnotherKey = await redeem(house, code, await Prover.new())
    const guess = await redeem(house, code, prover)
    const withGuess = { ...guess, form: { ...guess.form, code_verifier: 'w'.repeat(43) } }
    for (const attempted of [byAnotherKey, withGuess])
      expect(verdict(await house.send(attempted))).toEqual([400, 'invalid_grant'])
    expect((await house.send(await redeem(house, code, prover))).status).toBe(200)
  })

  test('FAPI2SP-5.3.2.1-11: older than 60 s; at 58 s it is accepted', async () => {
    for (const [age, expected] of [
      [58, [200, undefined]],
      [62, [400, 'invalid_grant']],
    ] as const) {
      const code = await codeFor(house)
      later(age)
      expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual(expected)
      vi.useRealTimers()
    }
  })

  test('RFC6749-4.1.2: used before, and the tokens of the first use end', async () => {
    const code = await codeFor(house)
    const first = await house.send(await redeem(house, code, prover))
    expect(first.status).toBe(200)
    expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual([
      400,
      'invalid_grant',
    ])
    const after = await house.send(await refresh(house, first.json['refresh_token'], prover))
    expect(verdict(after)).toEqual([400, 'invalid_grant'])
  })
})

describe('a refresh token', () => {
  test('is refused to another client, without proof, after revocation', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    const token = String(json['refresh_token'])
    const request = await refresh(house, token, prover)
    const stolen = { ...request.form, ...(await assertion(house, 'web2')) }
    expect(verdict(await house.send({ ...request, form: stolen }))).toEqual([400, 'invalid_grant'])
    const { headers: _, ...proofless } = await refresh(house, token, prover)
    expect(verdict(await house.send(proofless))).toEqual([400, 'invalid_request'])
    expect((await house.send(await refresh(house, token, prover))).status).toBe(200)

    const url = `${house.issuer}/revoke`
    const byOther = { ...(await assertion(house, 'web2')), token }
    expect(verdict(await house.send({ url, form: byOther }))).toEqual([400, 'invalid_request'])
    const form = { ...(await assertion(house, 'web')), token }
    expect((await house.send({ url, form })).status).toBe(200)
    expect(verdict(await house.send(await refresh(house, token, prover)))).toEqual([
      400,
      'invalid_grant',
    ])
  })

  test('outlives the login session', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    for (const { id } of await house.records.list('Session'))
      await house.records.remove('Session', id)
    const again = await house.send(await refresh(house, json['refresh_token'], prover))
    expect(again.status).toBe(200)
  })

  test('FAPI2SP-5.3.2.1-9: 20 refreshes in parallel are 20 successes', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    const requests = await Promise.all(
      Array.from({ length: 20 }, () => refresh(house, json['refresh_token'], prover)),
    )
    const answers = await Promise.all(requests.map((request) => house.send(request)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  })
})

describe('userinfo', () => {
  const url = () => `${house.issuer}/userinfo`
  const ask = async (token: string) => ({
    authorization: `DPoP ${token}`,
    dpop: await prover.proof(url(), { htm: 'GET', ath: await hash(token) }),
  })
  const token = async () => {
    const code = await codeFor(house, { scope: 'openid profile' })
    const { json } = await house.send(await redeem(house, code, prover))
    return String(json['access_token'])
  }

  test('tells the claims of the scopes to a proven token', async () => {
    const answer = await house.send({ url: url(), headers: await ask(await token()) })
    expect([answer.status, answer.json]).toEqual([200, { sub: 'sub-alice', name: 'Alice <A>' }])
  })

  test('RFC9449-7.1 refuses the token as Bearer, with another key, with a used proof', async () => {
    const value = await token()
    const bearer = { authorization: `Bearer ${value}` }
    expect(verdict(await house.send({ url: url(), headers: bearer }))).toEqual([
      401,
      'invalid_token',
    ])
    const headers = await ask(value)
    expect((await house.send({ url: url(), headers })).status).toBe(200)
    expect(verdict(await house.send({ url: url(), headers }))).toEqual([401, 'invalid_dpop_proof'])
  })

  test('RFC6750-2.2: a token in a form is no token', async () => {
    const form = { access_token: await token() }
    const answer = await house.send({ url: url(), form })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      expect.not.stringContaining('error='),
    ])
  })
})

async function hash(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(token))
  return Buffer.from(digest).toString('base64url')
}
