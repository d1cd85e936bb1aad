import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Browser } from '../stage/browser.ts'
import {
  approve,
  askForTokens,
  deviceRequest,
  enter,
  hiddenFields,
  start,
} from '../stage/device.ts'
import { assertion, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

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

const later = (s: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + s * 1_000 })
}

describe('RFC 8628: from the device to the token', () => {
  test('authorization_pending, then the end-user allows, then one token, bound to the key of the poll', async () => {
    const started = await house.send(await deviceRequest(house))
    expect([started.status, started.json]).toEqual([
      200,
      {
        device_code: expect.any(String),
        user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
        verification_uri: `${house.issuer}/device`,
        verification_uri_complete: `${house.issuer}/device?user_code=${String(started.json['user_code'])}`,
        expires_in: 300,
        interval: 5,
      },
    ])
    const code = String(started.json['device_code'])
    expect(verdict(await askForTokens(house, code, { prover }))).toEqual([
      400,
      'authorization_pending',
    ])
    const done = await approve(house, String(started.json['user_code']))
    expect([done.status, done.text.includes('id="device-done"')]).toEqual([200, true])
    const { status, json } = await askForTokens(house, code, { prover })
    expect([status, json['token_type']]).toEqual([200, 'DPoP'])
    expect(decodeJwt(String(json['access_token']))).toMatchObject({
      sub: 'sub-alice',
      client_id: 'tv',
      scope: 'read',
      cnf: { jkt: prover.jkt },
    })
    expect(decodeJwt(String(json['id_token']))).toMatchObject({ sub: 'sub-alice', aud: 'tv' })
    expect(json).toHaveProperty('refresh_token')
    // Once, and only once: whoever has it a second time ends what came of the first.
    expect(verdict(await askForTokens(house, code, { prover }))).toEqual([400, 'invalid_grant'])
    const form = { grant_type: 'refresh_token', refresh_token: String(json['refresh_token']) }
    const url = `${house.issuer}/token`
    const again = await house.send({
      url,
      headers: { dpop: await prover.proof(url) },
      form: { ...form, ...(await assertion(house, 'tv')) },
    })
    expect(verdict(again)).toEqual([400, 'invalid_grant'])
  })

  test('of 20 polls in parallel one gets tokens', async () => {
    const { deviceCode, userCode } = await start(house)
    await approve(house, userCode)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => askForTokens(house, deviceCode, { prover })),
    )
    const [won, ...more] = answers.filter(({ status }) => status === 200)
    expect([won?.status, more]).toEqual([200, []])
    const refused = answers.filter((answer) => answer !== won).map(verdict)
    expect(refused).toEqual(refused.map(() => [400, 'invalid_grant']))
  })

  test('access_denied where the end-user cancels, on the page of the code and on that of consent', async () => {
    const first = await start(house)
    const [browser, page] = await enter(house, first.userCode)
    const fields = { ...hiddenFields(page, 'device-abort'), abort: 'yes' }
    expect((await browser.press(page, 'device-abort', fields)).status).toBe(200)
    const second = await start(house)
    await approve(house, second.userCode, 'abort')
    for (const { deviceCode } of [first, second])
      expect(verdict(await askForTokens(house, deviceCode, { prover }))).toEqual([
        400,
        'access_denied',
      ])
  })

  test('RFC8628-3.5: slow_down before the interval is over, and not after it', async () => {
    const { deviceCode } = await start(house)
    const poll = async () => verdict(await askForTokens(house, deviceCode, { prover }))
    expect([await poll(), await poll()]).toEqual([
      [400, 'authorization_pending'],
      [400, 'slow_down'],
    ])
    later(5)
    expect(await poll()).toEqual([400, 'authorization_pending'])
  })

  test('RFC8628-3.5: expired_token when the end-user has taken too long; the code is dead then', async () => {
    const { deviceCode, userCode } = await start(house)
    later(299)
    const poll = async () => verdict(await askForTokens(house, deviceCode, { prover }))
    expect(await poll()).toEqual([400, 'authorization_pending'])
    later(20) // the library allows clocks 15 s
    expect(await poll()).toEqual([400, 'expired_token'])
    const [, page] = await enter(house, userCode)
    expect(page.text).toContain('id="message">the code has expired<')
  })

  test('RFC8628-3.3: at the alias a device with a certificate is sent to the issuer, too', async () => {
    const { status, json } = await house.send({
      url: `${house.alias}/device-authorization`,
      certificate: house.certificates.client,
      form: { client_id: 'tv-tls', scope: 'openid read' },
    })
    expect([status, json['verification_uri']]).toEqual([200, `${house.issuer}/device`])
  })
})

describe('a device code', () => {
  test('RFC8628-5.2: is another client’s affair: it gets nothing and slows nobody down', async () => {
    const { deviceCode, userCode } = await start(house)
    const stolen = () => askForTokens(house, deviceCode, { prover, client: 'tv2' })
    expect(verdict(await stolen())).toEqual([400, 'invalid_grant'])
    expect(verdict(await askForTokens(house, deviceCode, { prover }))).toEqual([
      400,
      'authorization_pending',
    ])
    await approve(house, userCode)
    expect(verdict(await stolen())).toEqual([400, 'invalid_grant'])
    expect((await askForTokens(house, deviceCode, { prover })).status).toBe(200)
  })

  test('is good for no token without a proof, and is not used up by the attempt', async () => {
    const { deviceCode, userCode } = await start(house)
    await approve(house, userCode)
    expect(verdict(await askForTokens(house, deviceCode, {}))).toEqual([400, 'invalid_dpop_proof'])
    expect((await askForTokens(house, deviceCode, { prover })).status).toBe(200)
  })

  test('of a certificate-bound client is good for no token without its certificate', async () => {
    const { deviceCode, userCode } = await start(house, {}, 'tv-bound')
    await approve(house, userCode)
    const url = `${house.alias}/token`
    const certificate = house.certificates.other
    const poll = (edit: { certificate?: typeof certificate }) =>
      askForTokens(house, deviceCode, { client: 'tv-bound', url, ...edit })
    expect(verdict(await poll({}))).toEqual([400, 'invalid_request'])
    const { status, json } = await poll({ certificate })
    expect([status, json['token_type']]).toEqual([200, 'Bearer'])
    expect(decodeJwt(String(json['access_token']))['cnf']).toEqual({
      'x5t#S256': expect.any(String),
    })
  })

  test('is not given to a client without authentication, or without the grant', async () => {
    const { url, form } = await deviceRequest(house)
    const { client_assertion: _, ...bare } = form ?? {}
    const forged = await assertion(house, 'tv', { aud: `${house.issuer}/device-authorization` })
    for (const [client, expected] of [
      [bare, [401, 'invalid_client']],
      [{ client_id: 'tv', scope: 'openid' }, [401, 'invalid_client']],
      [{ ...form, ...forged }, [401, 'invalid_client']],
      [{ ...form, ...(await assertion(house, 'web')) }, [400, 'unauthorized_client']],
    ] as const)
      expect(verdict(await house.send({ url, form: client }))).toEqual(expected)
    // An assertion is good once, here as everywhere.
    const request = await deviceRequest(house)
    expect((await house.send(request)).status).toBe(200)
    expect(verdict(await house.send(request))).toEqual([401, 'invalid_client'])
    expect((await house.send({ url, method: 'GET' })).status).toBe(405)
  })
})

describe('the page of the code', () => {
  test('says who asks for what, escaped, before anything is decided', async () => {
    const { userCode } = await start(house)
    const [, page] = await enter(house, userCode.toLowerCase().replace('-', ' '))
    expect(page.text).toContain('<strong>Living &lt;i&gt;room&lt;/i&gt;</strong>')
    expect(page.text).toContain(`<code id="shown-code">${userCode}</code>`)
    expect(page.text).toContain('<code>read</code>')
    expect(page.text).not.toContain('<script')
  })

  test('RFC8628-3.3.1: has the code of verification_uri_complete filled in, and works without script', async () => {
    const { complete, userCode } = await start(house)
    const browser = new Browser(house.send, house.issuer)
    const page = await browser.open(complete)
    expect(page.text).toContain(`value="${userCode}"`)
    expect(page.text).not.toContain('<script')
    expect(page.headers['content-security-policy']).toContain(`script-src 'none'`)
    const evil = await browser.open(
      `${house.issuer}/device?user_code=${encodeURIComponent('"><b>')}`,
    )
    expect(evil.text).toContain('value="&quot;&gt;&lt;b&gt;"')
  })

  test('tells a wrong code, and one that was used', async () => {
    const [, wrong] = await enter(house, 'BBBB-BBBB')
    expect(wrong.text).toContain('id="message">the code was not found<')
    const { userCode } = await start(house)
    await approve(house, userCode)
    const [, used] = await enter(house, userCode)
    expect(used.text).toContain('id="message">code has already been used<')
  })

  test('takes no form from elsewhere: without the secret of the session it decides nothing', async () => {
    const { deviceCode, userCode } = await start(house)
    const [browser, page] = await enter(house, userCode)
    const forms = [
      { user_code: userCode, confirm: 'yes' },
      { user_code: userCode, confirm: 'yes', xsrf: 'f'.repeat(48) },
    ]
    for (const form of forms) {
      const forged = await browser.raw({ url: `${house.issuer}/device`, form })
      expect([forged.status, forged.text.includes('xsrf token invalid')]).toEqual([400, true])
    }
    expect(page.status).toBe(200)
    expect(verdict(await askForTokens(house, deviceCode, { prover }))).toEqual([
      400,
      'authorization_pending',
    ])
  })

  test.each([{}, { cookie: '__Host-session=x; __Host-session.sig=x' }, { cookie: 'x' }])(
    'who has no session begins anew, wherever they are: %j',
    async (headers) => {
      const form = { user_code: 'BCDF-GHJK', xsrf: 'f'.repeat(48) }
      const url = `${house.issuer}/device`
      for (const request of [{ url, form }, { url, form: {} }, { url: `${url}/unknown` }]) {
        const answer = await house.send({ ...request, headers })
        expect([answer.status, answer.headers.location]).toEqual([303, '/device'])
      }
    },
  )

  test('whose session is over is given a form that works', async () => {
    const { userCode } = await start(house)
    const [browser, page] = await enter(house, userCode)
    for (const { id } of await house.records.list('Session'))
      await house.records.remove('Session', id)
    const confirmed = { ...hiddenFields(page, 'device-confirm'), confirm: 'yes' }
    const late = await browser.press(page, 'device-confirm', confirmed)
    expect(late.status).toBe(400)
    const fields = { ...hiddenFields(late, 'user-code-submit'), user_code: userCode }
    expect((await browser.press(late, 'user-code-submit', fields)).text).toContain('device-confirm')
  })
})

describe('RFC8628-5.1: wrong codes are throttled', () => {
  test('after as many as configured none is looked up, right or wrong, until time has passed', async () => {
    const strict = await startHouse({
      configuration: { failures: { userCodes: { most: 3, within: 300 } } },
    })
    try {
      const { userCode } = await start(strict)
      const right = async () => (await enter(strict, userCode))[1]
      for (const code of ['BBBB-BBBB', 'CCCC-CCCC']) await enter(strict, code)
      // Right ones count for nothing.
      expect([(await right()).status, (await right()).status]).toEqual([200, 200])
      await enter(strict, 'DDDD-DDDD')
      const refused = await right()
      expect([refused.status, refused.headers['retry-after']]).toEqual([
        429,
        expect.stringMatching(/^(300|299|298)$/),
      ])
      expect(refused.text).not.toContain('device-confirm')
      later(301)
      const fresh = await start(strict)
      expect((await enter(strict, fresh.userCode))[1].text).toContain('id="device-confirm"')
    } finally {
      await strict.stop()
    }
  })

  test('parallel guesses are counted before they are looked up', async () => {
    const strict = await startHouse({
      configuration: { failures: { userCodes: { most: 3, within: 300 } } },
    })
    try {
      const letters = 'BCDFGHJKLM'.split('')
      const answers = await Promise.all(letters.map((letter) => enter(strict, letter.repeat(8))))
      expect(answers.filter(([, { status }]) => status === 429)).toHaveLength(7)
    } finally {
      await strict.stop()
    }
  })
})
