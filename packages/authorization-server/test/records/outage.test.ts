/**
 * A store that is cut off in the middle: every endpoint and page refuses with 503 and says when to come
 * back, whatever it was about to do; and what was begun before goes on afterwards.
 */
import { hash } from 'node:crypto'
import { aroundRecords } from '@holdfast/store'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { authenticationRequest, begin, poll } from '../stage/backchannel.ts'
import { Browser } from '../stage/browser.ts'
import { deviceRequest, hiddenFields, start } from '../stage/device.ts'
import { authorizationUrl, codeFor, pushed, redeem, refresh, requestUri } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request, Response } from '../stage/http.ts'

let house: House
let prover: Prover
let isCutOff = false
const few = { most: 3, within: 300 }

beforeAll(async () => {
  house = await startHouse({
    profiles: ['fapi-ciba'],
    configuration: {
      notificationHosts: ['client.example'],
      failures: { login: few, userCodes: few }, // the others are those of a machine of many
    },
    through: (records) =>
      aroundRecords(records, async (call) => {
        if (isCutOff) throw new Error('no such host: db.internal')
        return call()
      }),
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())
beforeEach(() => {
  isCutOff = false
})

async function whileCutOff<T>(ask: () => Promise<T>): Promise<T> {
  isCutOff = true
  try {
    return await ask()
  } finally {
    isCutOff = false
  }
}

const alice = { login: 'alice', password: 'correct horse' }
const isRefused = ({ status, headers, text }: Response) => ({
  status,
  retryAfter: headers['retry-after'],
  tells: text.includes('temporarily_unavailable'),
  leaks: text.includes('db.internal'),
})
const refused = { status: 503, retryAfter: '5', tells: true, leaks: false }

async function tokens(form: { [name: string]: string } = {}) {
  return (await house.send(await redeem(house, await codeFor(house, form), prover))).json
}

async function userinfo(): Promise<Request> {
  const token = String((await tokens({ scope: 'openid profile' }))['access_token'])
  const url = `${house.issuer}/userinfo`
  const ath = hash('sha256', token, 'base64url')
  const dpop = await prover.proof(url, { htm: 'GET', ath })
  return { url, headers: { authorization: `DPoP ${token}`, dpop } }
}

async function opaque(): Promise<string> {
  const asked = { resource: PAYMENTS, scope: 'pay' }
  return String(
    (await house.send(await clientCredentials(house, prover, asked))).json['access_token'],
  )
}

async function jwt(): Promise<string> {
  const asked = await clientCredentials(house, prover, { resource: ACCOUNTS })
  return String((await house.send(asked)).json['access_token'])
}

const presented = async (path: string, client: string, token: string): Promise<Request> => ({
  url: house.issuer + path,
  form: { ...(await assertion(house, client)), token },
})

/** What programs ask for: the request, and what it is answered when the store is there. */
const REQUESTS: { readonly [what: string]: readonly [success: number, () => Promise<Request>] } = {
  'a token by client credentials': [200, () => clientCredentials(house, prover)],
  'a code': [200, async () => redeem(house, await codeFor(house), prover)],
  'a refresh': [200, async () => refresh(house, (await tokens())['refresh_token'], prover)],
  'a pushed request': [201, () => pushed(house)],
  introspection: [200, async () => presented('/introspect', 'api', await opaque())],
  'introspection of a JWT': [
    200,
    async () => presented('/introspect', 'accounts-api', await jwt()),
  ],
  revocation: [200, async () => presented('/revoke', 'web', await opaque())],
  'revocation of a JWT': [200, async () => presented('/revoke', 'web', await jwt())],
  userinfo: [200, userinfo],
  'a status list': [200, async () => ({ url: `${house.issuer}/status/0` })],
  'device authorization': [200, () => deviceRequest(house)],
  'backchannel authentication': [200, () => authenticationRequest(house)],
}

test.each(Object.entries(REQUESTS))('%s', async (_what, [success, make]) => {
  const request = await make()
  const during = await whileCutOff(() => house.send(request))
  expect(isRefused(during)).toEqual(refused)
  // Nothing of it was used: an assertion that could not be remembered was not accepted either.
  const { headers, url } = request
  const dpop = headers?.['dpop']
  const { htm, ath } = dpop === undefined ? {} : claimsOf(String(dpop))
  const again = dpop === undefined ? {} : { dpop: await prover.proof(url, { htm, ath }) }
  const after = await house.send({ ...request, headers: { ...headers, ...again } })
  expect(after.status).toBe(success)
})

function claimsOf(proof: string): { readonly [claim: string]: unknown } {
  const [, payload = ''] = proof.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}

test('a poll of CIBA', async () => {
  const id = await begin(house)
  await house.server.decide(id, 'allow')
  expect(isRefused(await whileCutOff(() => poll(house, id)))).toEqual(refused)
  expect(verdict(await poll(house, id))).toEqual([200, undefined])
})

/** Pages: where the browser stands before, and what its user then does. */
const PAGES: {
  readonly [what: string]: (browser: Browser) => Promise<() => Promise<Response>>
} = {
  'an authorization request': async (browser) => {
    const url = authorizationUrl(house, await requestUri(house))
    return () => browser.open(url)
  },
  'the login page, shown': async (browser) => {
    await browser.open(authorizationUrl(house, await requestUri(house)))
    const { url } = browser
    return () => browser.open(url)
  },
  'a login, submitted': async (browser) => {
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    return () => browser.press(page, 'login-submit', alice)
  },
  'the consent, submitted': async (browser) => {
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    const consent = await browser.press(page, 'login-submit', alice)
    return () => browser.press(consent, 'consent-submit')
  },
  'a refusal, submitted': async (browser) => {
    const page = await browser.open(authorizationUrl(house, await requestUri(house)))
    return () => browser.press(page, 'abort')
  },
  'the code of a device, entered': async (browser) => {
    const { userCode } = await start(house)
    const page = await browser.open(`${house.issuer}/device`)
    const fields = { ...hiddenFields(page, 'user-code-submit'), user_code: userCode }
    return () => browser.press(page, 'user-code-submit', fields)
  },
  'the applications': async (browser) => {
    const login = await browser.open(`${house.issuer}/applications`)
    await browser.press(login, 'login-submit', alice)
    return () => browser.open(`${house.issuer}/applications`)
  },
  'a login at one’s applications': async (browser) => {
    const login = await browser.open(`${house.issuer}/applications`)
    return () => browser.press(login, 'login-submit', alice)
  },
  'the approvals': async (browser) => {
    const login = await browser.open(`${house.issuer}/approvals`)
    await browser.press(login, 'login-submit', alice)
    return () => browser.open(`${house.issuer}/approvals`)
  },
  logout: async (browser) => {
    const login = await browser.open(authorizationUrl(house, await requestUri(house)))
    await browser.press(login, 'login-submit', alice)
    return () => browser.open(`${house.issuer}/logout`)
  },
}

test.each(Object.entries(PAGES))('%s', async (_what, prepare) => {
  const browser = new Browser(house.send, house.issuer)
  const act = await prepare(browser)
  const during = await whileCutOff(act)
  expect(isRefused(during)).toEqual(refused)
  expect(during.text).toContain('id="error">temporarily_unavailable<')
  // The same once more, with the same cookies: nothing of what was begun is lost.
  expect((await act()).status).toBeLessThan(400)
})

test('who could not be looked at has not failed: nobody is locked out by an outage', async () => {
  const browser = new Browser(house.send, house.issuer)
  const login = await browser.open(`${house.issuer}/applications`)
  const { userCode } = await start(house)
  const device = await browser.open(`${house.issuer}/device`)
  const code = { ...hiddenFields(device, 'user-code-submit'), user_code: userCode }
  const submit = async () => [
    (await browser.press(login, 'login-submit', alice)).status,
    (await browser.press(device, 'user-code-submit', code)).status,
  ]
  for (let time = 0; time <= few.most; time += 1)
    expect(await whileCutOff(submit)).toEqual([503, 503])
  expect(await submit()).toEqual([200, 200])
})

test('what needs no store is served: metadata, keys; and the server says that it is not ready', async () => {
  for (const path of ['/.well-known/openid-configuration', '/jwks'])
    expect((await whileCutOff(() => house.send({ url: house.issuer + path }))).status).toBe(200)
  await expect(whileCutOff(() => house.server.ready())).rejects.toThrow('db.internal')
  await expect(house.server.ready()).resolves.toBeUndefined()
})
