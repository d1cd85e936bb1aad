import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { authenticationRequest, begin, poll } from '../stage/backchannel.ts'
import { Browser } from '../stage/browser.ts'
import { assertion, now, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'

let house: House
beforeAll(async () => {
  house = await startHouse({
    profiles: ['fapi-ciba', 'ciba-dpop'],
    configuration: { notificationHosts: ['client.example'] },
  })
})
afterAll(() => house.stop())
afterEach(() => {
  vi.useRealTimers()
})

const later = (s: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + s * 1_000 })
}

const alice = { login: 'alice', password: 'correct horse' }

async function loggedIn(fields = alice): Promise<readonly [Browser, Response]> {
  const browser = new Browser(house.send, house.issuer)
  const page = await browser.open(`${house.issuer}/approvals`)
  return [browser, await browser.press(page, 'login-submit', fields)]
}

const buttonFor = (page: Response, message: string, decision: 'allow' | 'deny'): string => {
  const form = page.text.split('<form').find((part) => part.includes(`value="${message}"`)) ?? ''
  return new RegExp(`id="(${decision}-\\d+)"`).exec(form)?.[1] ?? 'none'
}

async function decide(message: string, decision: 'allow' | 'deny'): Promise<Response> {
  const [browser, page] = await loggedIn()
  return browser.press(page, buttonFor(page, message, decision), { decision })
}

describe('CIBA: from the request to the token', () => {
  test('authorization_pending, then the end-user allows, then one token, bound to the certificate', async () => {
    const message = 'Till 1'
    const request = await authenticationRequest(house, { binding_message: message })
    const started = await house.send(request)
    expect([started.status, started.json]).toEqual([
      200,
      { auth_req_id: expect.any(String), expires_in: 300, interval: 5 },
    ])
    const id = String(started.json['auth_req_id'])
    expect(verdict(await poll(house, id))).toEqual([400, 'authorization_pending'])
    expect((await decide(message, 'allow')).text).toContain('id="message">Allowed.<')
    const { status, json } = await poll(house, id)
    expect([status, json['token_type']]).toEqual([200, 'Bearer'])
    expect(decodeJwt(String(json['access_token']))).toMatchObject({
      sub: 'sub-alice',
      client_id: 'poller',
      scope: 'read',
      cnf: { 'x5t#S256': expect.any(String) },
    })
    expect(decodeJwt(String(json['id_token']))).toMatchObject({ sub: 'sub-alice', aud: 'poller' })
    expect(json).toHaveProperty('refresh_token')
    // Once, and only once.
    expect(verdict(await poll(house, id))).toEqual([400, 'invalid_grant'])
  })

  test('of 20 polls in parallel one gets tokens, and they are dead: a second use ends the grant', async () => {
    const id = await begin(house)
    await house.server.decide(id, 'allow')
    const answers = await Promise.all(Array.from({ length: 20 }, () => poll(house, id)))
    const [winner, ...others] = answers.filter(({ status }) => status === 200)
    expect(others).toEqual([])
    const refused = answers.filter((answer) => answer !== winner)
    expect(new Set(refused.map((answer) => answer.json['error']))).toEqual(
      new Set(['invalid_grant']),
    )
    const form = {
      grant_type: 'refresh_token',
      refresh_token: String(winner?.json['refresh_token']),
      ...(await assertion(house, 'poller')),
    }
    const url = `${house.alias}/token`
    const certificate = house.certificates.other
    expect(verdict(await house.send({ url, form, certificate }))).toEqual([400, 'invalid_grant'])
  })

  test('access_denied where the end-user refuses', async () => {
    const message = 'Till 2'
    const id = await begin(house, { binding_message: message })
    expect((await decide(message, 'deny')).text).toContain('id="message">Denied.<')
    expect(verdict(await poll(house, id))).toEqual([400, 'access_denied'])
  })

  test('CIBA-11: slow_down before the interval is over, and not after it', async () => {
    const id = await begin(house)
    expect(verdict(await poll(house, id))).toEqual([400, 'authorization_pending'])
    expect(verdict(await poll(house, id))).toEqual([400, 'slow_down'])
    later(5)
    expect(verdict(await poll(house, id))).toEqual([400, 'authorization_pending'])
  })

  test('CIBA-11: another client does not slow this one down, and gets nothing', async () => {
    const id = await begin(house)
    expect(verdict(await poll(house, id, 'poller2'))).toEqual([400, 'invalid_grant'])
    expect(verdict(await poll(house, id))).toEqual([400, 'authorization_pending'])
  })

  test('CIBA-11: expired_token when the end-user has taken too long; they cannot allow it then', async () => {
    const message = 'Till 3'
    const id = await begin(house, { binding_message: message })
    later(301)
    expect(verdict(await poll(house, id))).toEqual([400, 'expired_token'])
    const [, page] = await loggedIn()
    expect(page.text).not.toContain(message)
    later(120)
    expect(verdict(await poll(house, id))).toEqual([400, 'expired_token'])
  })

  test('CIBA-7.1: an assertion may name either endpoint as audience, as a string', async () => {
    const { issuer, alias } = house
    const begun = async (aud: string | string[]) => {
      const asked = await authenticationRequest(house)
      const form = { ...asked.form, ...(await assertion(house, 'poller', { aud })) }
      return house.send({ ...asked, form })
    }
    const urls = (origin: string) => ['/token', '/backchannel'].map((path) => origin + path)
    for (const aud of [issuer, ...urls(issuer)])
      expect([aud, (await begun(aud)).status]).toEqual([aud, 200])
    const id = await begin(house)
    // At the alias both names of an endpoint do.
    for (const aud of [issuer, ...urls(issuer), ...urls(alias)]) {
      const { status } = await poll(house, id, 'poller', { aud })
      expect([aud, status]).toEqual([aud, 400])
    }
    for (const aud of [[issuer], alias, ...urls(alias), `${issuer}/par`, 'https://other.example'])
      expect(verdict(await begun(aud))).toEqual([401, 'invalid_client'])
  })

  test('RFC7521-4.2: client_id may be left out beside an assertion, which says it', async () => {
    const without = (form: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(form).filter(([name]) => name !== 'client_id'))
    const asked = await authenticationRequest(house, { binding_message: 'Till 9' })
    const { json } = await house.send({ ...asked, form: without(asked.form ?? {}) })
    const id = String(json['auth_req_id'])
    await decide('Till 9', 'allow')
    const { other: certificate } = house.certificates
    const form = {
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: id,
      ...without(await assertion(house, 'poller')),
    }
    const { status } = await house.send({ url: `${house.alias}/token`, certificate, form })
    expect(status).toBe(200)
  })

  test('FAPICIBA-5.2.2-8: acr_values that can be met are in the ID token, others end the request', async () => {
    const acr_values = 'urn:holdfast:pwd'
    const id = await begin(house, { acr_values, binding_message: 'Till 8' })
    await decide('Till 8', 'allow')
    const { json } = await poll(house, id)
    expect(decodeJwt(String(json['id_token']))).toMatchObject({ acr: acr_values })
    const beyond = await authenticationRequest(house, { acr_values: 'urn:holdfast:mfa' })
    expect(verdict(await house.send(beyond))).toEqual([400, 'unmet_authentication_requirements'])
  })

  test('requested_expiry shortens the time, and does not lengthen it', async () => {
    for (const [requested_expiry, expires_in] of [
      [30, 30],
      ['30', 30],
      [100_000, 300],
    ] as const) {
      const { json } = await house.send(await authenticationRequest(house, { requested_expiry }))
      expect(json['expires_in']).toBe(expires_in)
    }
  })

  test('a poll without the certificate is refused, and costs nothing', async () => {
    const message = 'Till 5'
    const id = await begin(house, { binding_message: message })
    await decide(message, 'allow')
    const bare = await poll(house, id, 'poller', { certificate: undefined })
    expect(verdict(bare)).toEqual([400, 'invalid_request'])
    expect((await poll(house, id)).status).toBe(200)
  })

  test('by DPoP it works too, outside of FAPI-CIBA', async () => {
    const message = 'Till 6'
    const prover = await Prover.new()
    const id = await begin(house, { binding_message: message }, 'by-dpop')
    await decide(message, 'allow')
    const url = `${house.issuer}/token`
    const without = await poll(house, id, 'by-dpop', { url, certificate: undefined })
    expect(verdict(without)).toEqual([400, 'invalid_dpop_proof'])
    const headers = { dpop: await prover.proof(url) }
    const { json } = await poll(house, id, 'by-dpop', { url, certificate: undefined, headers })
    expect(json['token_type']).toBe('DPoP')
    expect(decodeJwt(String(json['access_token']))['cnf']).toEqual({ jkt: prover.jkt })
  })
})

describe('CIBA: an authentication request is refused', () => {
  const cases: [clause: string, what: string, edit: () => object, error: string][] = [
    [
      'FAPICIBA-5.2.2-2',
      'no binding message',
      () => ({ binding_message: undefined }),
      'invalid_request',
    ],
    [
      'FAPICIBA-5.2.2-2',
      'a long one',
      () => ({ binding_message: 'x'.repeat(65) }),
      'invalid_binding_message',
    ],
    [
      'FAPICIBA-5.2.2-2',
      'one with a control',
      () => ({ binding_message: 'a\u202Eb' }),
      'invalid_binding_message',
    ],
    ['FAPICIBA-5.2.2-9', 'no nbf', () => ({ nbf: undefined }), 'invalid_request'],
    [
      'FAPICIBA-5.2.2-9',
      'nbf 61 minutes ago',
      () => ({ nbf: now() - 3_660, exp: now() - 61 + 120 }),
      'invalid_request',
    ],
    ['FAPICIBA-5.2.2-9', 'no exp', () => ({ exp: undefined }), 'invalid_request'],
    [
      'FAPICIBA-5.2.2-9',
      'exp 61 minutes after nbf',
      () => ({ exp: now() + 3_660 }),
      'invalid_request',
    ],
    ['CIBA-7.1.1', 'no iat', () => ({ iat: undefined }), 'invalid_request'],
    ['CIBA-7.1.1', 'no jti', () => ({ jti: undefined }), 'invalid_request'],
    ['CIBA-7.1.1', 'another audience', () => ({ aud: 'https://other.example' }), 'invalid_request'],
    ['CIBA-7.1.1', 'another issuer', () => ({ iss: 'poller2' }), 'invalid_request'],
    ['CIBA-7.1.1', 'expired', () => ({ nbf: now() - 600, exp: now() - 60 }), 'invalid_request'],
    ['FAPI2SP-5.3.2.1-13', '70 s ahead', () => ({ iat: now() + 70 }), 'invalid_request'],
    ['CIBA-7.1', 'nobody named', () => ({ login_hint: undefined }), 'invalid_request'],
    ['CIBA-7.1', 'two hints', () => ({ id_token_hint: 'x' }), 'invalid_request'],
    ['CIBA-13', 'an unknown end-user', () => ({ login_hint: 'nobody' }), 'unknown_user_id'],
    ['CIBA-13', 'a user code', () => ({ user_code: '1234' }), 'invalid_user_code'],
    ['CIBA-7.1', 'no openid', () => ({ scope: 'read' }), 'invalid_request'],
    [
      'CIBA-13',
      'a resource of no text',
      () => ({ resource: [{ toString: 1 }] }),
      'invalid_request',
    ],
  ]
  test.each(cases)('%s: %s', async (_clause, _what, edit, error) => {
    const answer = await house.send(await authenticationRequest(house, { ...edit() }))
    expect(verdict(answer)).toEqual([400, error])
  })

  test('FAPICIBA-5.2.2-6: one that nobody signed', async () => {
    const form = {
      ...(await assertion(house, 'poller')),
      scope: 'openid',
      login_hint: 'alice',
      binding_message: 'Till 7',
    }
    const answer = await house.send({ url: `${house.issuer}/backchannel`, form })
    expect(verdict(answer)).toEqual([400, 'invalid_request'])
  })

  test('one of a client that has no CIBA', async () => {
    const { form } = await authenticationRequest(house)
    const sent = { request: String(form?.['request']), ...(await assertion(house, 'web')) }
    const answer = await house.send({ url: `${house.issuer}/backchannel`, form: sent })
    expect(verdict(answer)).toEqual([400, 'unauthorized_client'])
  })

  test('by another method than POST', async () => {
    const answer = await house.send({ url: `${house.issuer}/backchannel`, method: 'GET' })
    expect(verdict(answer)).toEqual([405, 'invalid_request'])
  })

  test('RFC9101-10.8: one about the client itself might be its assertion', async () => {
    for (const edit of [{ sub: 'poller' }, { sub: 'poller', client_id: undefined }])
      expect(verdict(await house.send(await authenticationRequest(house, edit)))).toEqual([
        400,
        'invalid_request',
      ])
  })

  test('CIBA-7.1.1: without client_id, which iss says, it is accepted', async () => {
    const edit = { client_id: undefined, sub: undefined }
    expect((await house.send(await authenticationRequest(house, edit))).status).toBe(200)
  })

  test('8 s ahead it is accepted', async () => {
    const edit = { iat: now() + 8, nbf: now() + 8 }
    expect((await house.send(await authenticationRequest(house, edit))).status).toBe(200)
  })
})

describe('CIBA: the page of the end-user', () => {
  test('shows who asks, the binding message and the scopes, escaped, and not the auth_req_id', async () => {
    const id = await begin(house, { binding_message: 'Till <8> & "co"' })
    const [, page] = await loggedIn()
    expect(page.headers['cache-control']).toBe('no-store')
    expect(page.text).toContain('Pay &lt;i&gt;desk&lt;/i&gt;')
    expect(page.text).toContain('Till &lt;8&gt; &amp; &quot;co&quot;')
    for (const piece of ['openid', 'offline_access', 'read']) expect(page.text).toContain(piece)
    expect(page.text).not.toContain(id)
    expect(page.text).not.toContain('<script')
  })

  test('shows nothing of others, and lets nobody decide for them', async () => {
    const message = 'Till 9'
    const id = await begin(house, { binding_message: message })
    const [browser, page] = await loggedIn({ login: 'bob', password: 'battery staple' })
    expect(page.text).toContain('id="nothing"')
    const [, alices] = await loggedIn()
    const button = buttonFor(alices, message, 'allow')
    const answer = await browser.press(alices, button, { decision: 'allow' })
    expect(answer.status).toBe(400)
    const nobody = new Browser(house.send, house.issuer)
    expect((await nobody.press(alices, button, { decision: 'allow' })).text).toContain(
      'login-submit',
    )
    expect(verdict(await poll(house, id))).toEqual([400, 'authorization_pending'])
  })

  test('a request is decided once: a second decision does not make a redeemed one good again', async () => {
    const message = 'Till 10'
    const id = await begin(house, { binding_message: message })
    const [browser, page] = await loggedIn()
    const button = buttonFor(page, message, 'allow')
    const both = await Promise.all(
      ['allow', 'deny'].map((decision) => browser.press(page, button, { decision })),
    )
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 400]))
    await poll(house, id)
    expect((await browser.press(page, button, { decision: 'allow' })).status).toBe(400)
    expect(verdict(await poll(house, id))).toEqual([
      400,
      expect.stringMatching(/^(invalid_grant|access_denied)$/),
    ])
  })

  test('a wrong password and a form of another page are refused', async () => {
    const wrong = await loggedIn({ login: 'alice', password: 'wrong' })
    expect(wrong[1].text).toContain('Login or password is wrong.')
    const foreign = await house.send({
      url: `${house.issuer}/approvals/login`,
      headers: { 'sec-fetch-site': 'same-site' },
      form: alice,
    })
    expect(foreign.status).toBe(400)
    expect(foreign.headers).not.toHaveProperty('set-cookie')
  })

  test('its cookie is for this host alone, out of reach of scripts and other sites, and ends', async () => {
    const { headers } = await house.send({ url: `${house.issuer}/approvals/login`, form: alice })
    const [cookie = ''] = headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^__Host-pages=[\w-]{43};/)
    for (const part of ['path=/', 'secure', 'httponly', 'samesite=strict'])
      expect(cookie.toLowerCase()).toContain(part)
    later(301)
    const page = await house.send({
      url: `${house.issuer}/approvals`,
      headers: { cookie: cookie.split(';', 1)[0] ?? '' },
    })
    expect(page.text).toContain('login-submit')
  })

  test('leaving ends it', async () => {
    const [browser, page] = await loggedIn()
    expect(page.text).not.toContain('login-submit')
    await browser.press(page, 'sign-out')
    expect((await browser.open(`${house.issuer}/approvals`)).text).toContain('login-submit')
  })
})

test('CIBA for automation: a decision in the place of the end-user, once, and on no listener', async () => {
  const id = await begin(house)
  await house.server.decide(id, 'allow')
  await expect(house.server.decide(id, 'deny')).rejects.toMatchObject({ error: 'invalid_request' })
  await expect(house.server.decide('unknown', 'allow')).rejects.toThrow('invalid_request')
  expect((await poll(house, id)).status).toBe(200)
})

test('CIBA in the metadata; the alias is at top level too', async () => {
  const { json } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
  expect(json).toMatchObject({
    backchannel_authentication_endpoint: `${house.issuer}/backchannel`,
    backchannel_token_delivery_modes_supported: ['poll', 'ping'],
    backchannel_authentication_request_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA'],
    backchannel_user_code_parameter_supported: false,
    mtls_endpoint_aliases: { backchannel_authentication_endpoint: `${house.alias}/backchannel` },
  })
})

test('without the profile there is no endpoint and no page', async () => {
  const plain = await startHouse()
  for (const path of ['/backchannel', '/approvals/login'])
    expect((await plain.send({ url: plain.issuer + path, form: {} })).status).toBe(404)
  await plain.stop()
})

describe('CIBA ping', () => {
  interface Ping {
    readonly url: string
    readonly authorization: string | null
    readonly body: string
  }

  async function pinged(answer: number, hosts = ['localhost']) {
    const pings: Ping[] = []
    const warnings: string[] = []
    const notified = await startHouse({
      profiles: ['fapi-ciba'],
      configuration: { notificationHosts: hosts },
      notifyAt: 'https://localhost:9/ping',
      warn: (sentence) => warnings.push(sentence),
      fetch: async (url, request) => {
        const sent = new Request(url, request)
        pings.push({
          url: sent.url,
          authorization: sent.headers.get('authorization'),
          body: await sent.text(),
        })
        return new globalThis.Response(null, { status: answer })
      },
    })
    return { house: notified, pings, warnings }
  }

  const token = { client_notification_token: 'notification-token' }

  test('CIBA-10.2: the client is notified with its token, and then redeems', async () => {
    const { house: notified, pings } = await pinged(204)
    const id = await begin(notified, token, 'pinged')
    await notified.server.decide(id, 'allow')
    expect(pings).toEqual([
      {
        url: 'https://localhost:9/ping',
        authorization: 'Bearer notification-token',
        body: JSON.stringify({ auth_req_id: id }),
      },
    ])
    expect((await poll(notified, id, 'pinged')).status).toBe(200)
    await notified.stop()
  })

  test('CIBA-7.1 refuses a request without a notification token', async () => {
    const { house: notified } = await pinged(204)
    expect(
      verdict(await notified.send(await authenticationRequest(notified, {}, 'pinged'))),
    ).toEqual([400, 'invalid_request'])
    await notified.stop()
  })

  test('a client that does not answer is told of to whoever runs the server, and may poll', async () => {
    const { house: notified, warnings } = await pinged(503)
    const id = await begin(notified, token, 'pinged')
    await notified.server.decide(id, 'deny')
    expect(warnings).toEqual([expect.stringMatching(/^client pinged could not be notified: .*503/)])
    expect(verdict(await poll(notified, id, 'pinged'))).toEqual([400, 'access_denied'])
    await notified.stop()
  })

  test('FAPICIBA-5.2.2-5: a server that is not configured for its host does not start', async () => {
    await expect(pinged(204, ['other.example'])).rejects.toMatchObject({
      client: 'pinged',
      clause: 'FAPICIBA-5.2.2-5',
    })
  })
})
