/**
 * What a careful configuration of oidc-provider leaves open, each shown twice by one and the same
 * attack: on a stock server, where it succeeds, and on ours, where it does not.
 */
import { exportJWK, FlattenedSign, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Browser } from './stage/browser.ts'
import { authorizationUrl, pushed, redeem, requestUri } from './stage/flow.ts'
import { assertion, clientCredentials, now, Prover, verdict } from './stage/honest.ts'
import { ACCOUNTS, CALLBACK, PAYMENTS, settledMemory, startHouse } from './stage/house.ts'
import type { House, Server } from './stage/house.ts'
import type { Request, Response } from './stage/http.ts'
import { isRevokedIn } from './stage/status.ts'
import { slow, switching } from './stage/stores.ts'
import { startStock } from './stage/stock.ts'
import type { Stock } from './stage/stock.ts'

interface Target extends Server {
  /** Logs in and consents, from the login page on. */
  readonly approve: (browser: Browser, login: Response) => Promise<unknown>
  /** Loses what is not promised to outlive a restart. */
  readonly restart: () => void
  readonly register: (client: Metadata) => unknown
  /** What to ask for, to be given an opaque token. */
  readonly opaque: { readonly [name: string]: string }
}

type Metadata = Parameters<Stock['register']>[0]

const stockTarget = (stock: Stock): Target => ({
  ...stock,
  opaque: {},
  approve: async (browser, login) => {
    const fields = { prompt: 'login', login: 'alice', password: 'any' }
    await browser.fill(await browser.fill(login, fields), { prompt: 'consent' })
  },
})

const ourTarget = (house: House, restart: () => void): Target => ({
  ...house,
  restart,
  opaque: { resource: PAYMENTS, scope: 'pay' },
  approve: async (browser, login) => {
    const fields = { login: 'alice', password: 'correct horse' }
    await browser.press(await browser.press(login, 'login-submit', fields), 'consent-submit')
  },
  // Past `provision`, which would refuse it.
  register: (client) =>
    house.records.upsert({ kind: 'Client', id: client.client_id, payload: { ...client } }),
})

/** A pair of servers, of which one is stock. */
interface Pair {
  readonly stock: Target
  readonly ours: Target
  readonly stop: () => Promise<unknown>
}

async function startPair(options: { slow?: boolean; nonce?: boolean } = {}): Promise<Pair> {
  const { memory, restart } = switching(settledMemory(), settledMemory())
  const house = await startHouse({
    memory,
    ...(options.slow === true && { through: slow }),
    ...(options.nonce === true && { configuration: { dpopNonce: 'required' } }),
  })
  const nonce = options.nonce === true
  // The library's own store is one for the whole process: no restart empties it.
  const store = nonce || options.slow === true ? 'slow' : 'library'
  const stock = await startStock({ store, nonce })
  return {
    stock: stockTarget(stock),
    ours: ourTarget(house, restart),
    stop: () => Promise.all([house.stop(), stock.stop()]),
  }
}

let usual: Pair
let racing: Pair
let nonces: Pair
let prover: Prover
beforeAll(async () => {
  for (const level of ['info', 'warn'] as const) vi.spyOn(console, level).mockReturnValue()
  usual = await startPair()
  racing = await startPair({ slow: true })
  nonces = await startPair({ nonce: true })
  prover = await Prover.new()
})
afterAll(async () => {
  for (const pair of [usual, racing, nonces]) await pair.stop()
})
afterEach(() => {
  vi.useRealTimers()
})

type Claims = { readonly [claim: string]: unknown }

/** Asks for a token by client credentials, with a proof and an assertion edited. */
async function ask(at: Target, edit: { proof?: Claims; assertion?: Claims } = {}) {
  return at.send(await request(at, edit))
}

async function request(at: Target, edit: { proof?: Claims; assertion?: Claims }) {
  const form = await assertion(at, 'web', edit.assertion)
  const dpop = await prover.proof(`${at.issuer}/token`, edit.proof)
  return { ...(await clientCredentials(at, prover, form)), headers: { dpop } }
}

async function parallel(at: Target, make: () => Promise<Request>): Promise<number> {
  const requests = await Promise.all(Array.from({ length: 20 }, make))
  const answers = await Promise.all(requests.map((one) => at.send(one)))
  return answers.filter(({ status }) => status === 200).length
}

async function codeOf(at: Target, edit: { [name: string]: string } = {}): Promise<string> {
  const browser = new Browser(at.send, at.issuer)
  await at.approve(browser, await browser.open(authorizationUrl(at, await requestUri(at, edit))))
  return new URL(browser.url).searchParams.get('code') ?? ''
}

const later = (seconds: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 })
}

/** Two and more; how many, the race decides. */
const several = expect.toSatisfy((successes: number) => successes > 1)
const accepted = [200, undefined]
const invalidProof = [400, 'invalid_dpop_proof']
const invalidClient = [401, 'invalid_client']

interface Hole {
  readonly clause: string
  readonly attack: (at: Target) => Promise<unknown>
  readonly stock: unknown
  readonly ours: unknown
  readonly on?: () => Pair
}

const HOLES: { readonly [what: string]: Hole } = {
  'one proof, twenty times in parallel': {
    clause: 'RFC9449-11.1',
    on: () => racing,
    attack: async (at) => {
      const dpop = await prover.proof(`${at.issuer}/token`)
      return parallel(at, async () => ({ ...(await request(at, {})), headers: { dpop } }))
    },
    stock: several,
    ours: 1,
  },
  'one assertion, twenty times in parallel': {
    clause: 'OIDCC-9',
    on: () => racing,
    attack: async (at) => {
      const same = await assertion(at, 'web')
      return parallel(at, () => clientCredentials(at, prover, same))
    },
    stock: several,
    ours: 1,
  },
  'one code, twenty times in parallel': {
    clause: 'RFC6749-4.1.2',
    on: () => racing,
    attack: async (at) => {
      const code = await codeOf(at)
      return parallel(at, () => redeem(at, code, prover))
    },
    stock: several,
    ours: 1,
  },
  'a proof dated 290 s ahead': {
    clause: 'FAPI2SP-5.3.2.1-13',
    attack: async (at) => verdict(await ask(at, { proof: { iat: now() + 290 } })),
    stock: accepted,
    ours: invalidProof,
  },
  'an assertion dated ten minutes ahead': {
    clause: 'FAPI2SP-5.3.2.1-13',
    attack: async (at) =>
      verdict(await ask(at, { assertion: { iat: now() + 600, exp: now() + 660 } })),
    stock: accepted,
    ours: invalidClient,
  },
  'an assertion that lives for a year': {
    clause: 'RFC7523-3-4',
    attack: async (at) => verdict(await ask(at, { assertion: { exp: now() + 31_536_000 } })),
    stock: accepted,
    ours: invalidClient,
  },
  'an assertion whose payload is not encoded, it says': {
    clause: 'RFC7797-7',
    attack: async (at) => {
      const form = await assertion(at, 'web')
      const [, payload = ''] = form.client_assertion.split('.')
      const { alg, key } = at.keys['web']!
      const signature = await new FlattenedSign(Buffer.from(payload))
        .setProtectedHeader({ alg, b64: false, crit: ['b64'] })
        .sign(key)
      const client_assertion = [signature.protected, payload, signature.signature].join('.')
      return verdict(await at.send(await clientCredentials(at, prover, { client_assertion })))
    },
    stock: accepted,
    ours: invalidClient,
  },
  'a proof dated 50 s ahead, again when the record of it has ended': {
    clause: 'RFC9449-11.1',
    attack: async (at) => {
      const dpop = await prover.proof(`${at.issuer}/token`, { iat: now() + 50 })
      const use = async () =>
        verdict(await at.send({ ...(await request(at, {})), headers: { dpop } }))
      const first = await use()
      later(330)
      return [first, await use()]
    },
    stock: [accepted, accepted],
    ours: [accepted, invalidProof],
  },
  'Host of an attacker, and a proof made for that host': {
    clause: 'RFC9449-4.3-9',
    attack: async (at) => {
      const dpop = await prover.proof('https://evil.example/token')
      const headers = { dpop, host: 'evil.example' }
      return verdict(await at.send({ ...(await request(at, {})), headers }))
    },
    stock: accepted,
    ours: invalidProof,
  },
  'X-Forwarded-Host of an attacker, and the metadata': {
    clause: 'RFC8414-3.3',
    attack: async (at) => {
      const url = `${at.issuer}/.well-known/openid-configuration`
      const headers = { 'x-forwarded-host': 'evil.example' }
      const { json } = await at.send({ url, headers })
      return new URL(String(json['token_endpoint'])).hostname
    },
    stock: 'evil.example',
    ours: 'localhost',
  },
  'htu with a tab in it': {
    clause: 'RFC9449-4.3-9',
    attack: async (at) => verdict(await ask(at, { proof: { htu: `${at.issuer}/to\tken` } })),
    stock: accepted,
    ours: invalidProof,
  },
  'a used proof and a used assertion, after a flood of other requests': {
    clause: 'RFC9449-11.1',
    attack: async (at) => {
      const used = await request(at, {})
      const first = verdict(await at.send(used))
      for (let i = 0; i < 700; i += 1) await at.send(await request(at, {}))
      return [first, verdict(await at.send(used))]
    },
    stock: [accepted, accepted],
    ours: [accepted, invalidProof],
  },
  'a client without any sender constraint': {
    clause: 'FAPI2SP-5.3.2.1-4',
    attack: async (at) => {
      await at.register(await weak(at, { dpop_bound_access_tokens: false }))
      const form = { grant_type: 'client_credentials', ...(await asWeak(at)) }
      return verdict(await at.send({ url: `${at.issuer}/token`, form }))
    },
    stock: accepted,
    ours: [400, 'invalid_client_metadata'],
  },
  'a client whose redirect URI is plain http': {
    clause: 'FAPI2SP-5.3.2.2-8',
    attack: async (at) => {
      const redirect_uri = CALLBACK.replace('https:', 'http:')
      await at.register(await weak(at, { redirect_uris: [redirect_uri] }))
      const push = await pushed(at, { redirect_uri })
      return verdict(await at.send({ ...push, form: { ...push.form, ...(await asWeak(at)) } }))
    },
    stock: [201, undefined],
    ours: [400, 'invalid_redirect_uri'],
  },
  'a client that signs with RS256': {
    clause: 'FAPI2SP-5.4.1-1',
    attack: async (at) => {
      const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
      const key = { ...(await exportJWK(publicKey)), kty: 'RSA', kid: 'weak' }
      await at.register(await weak(at, { jwks: { keys: [key] } }))
      const form = await assertion(
        { issuer: at.issuer, keys: { weak: { alg: 'RS256', key: privateKey } } },
        'weak',
      )
      return verdict(await at.send({ ...(await clientCredentials(at, prover, form)) }))
    },
    stock: accepted,
    ours: invalidClient,
  },
  'introspection by another client than the resource server': {
    clause: 'RFC7662-4',
    attack: async (at) => {
      const { json } = await at.send(await clientCredentials(at, prover, at.opaque))
      const form = { ...(await assertion(at, 'stranger')), token: String(json['access_token']) }
      const answer = await at.send({ url: `${at.issuer}/introspect`, form })
      return answer.json['active']
    },
    stock: true,
    ours: false,
  },
  'a code with the wrong key, and then with the right one': {
    clause: 'RFC9449-10',
    attack: async (at) => {
      const code = await codeOf(at, { dpop_jkt: prover.jkt })
      const wrong = await at.send(await redeem(at, code, await Prover.new()))
      return [wrong, await at.send(await redeem(at, code, prover))].map(verdict)
    },
    stock: [
      [400, 'invalid_grant'],
      [400, 'invalid_grant'],
    ],
    ours: [[400, 'invalid_grant'], accepted],
  },
  'an honest assertion and proof with one jti': {
    clause: 'RFC9449-11.1',
    attack: async (at) => {
      const jti = 'the-same'
      return verdict(await ask(at, { proof: { jti }, assertion: { jti } }))
    },
    stock: [400, 'invalid_grant'],
    ours: accepted,
  },
  'what a used proof is called': {
    clause: 'RFC9449-5',
    attack: async (at) => {
      const proof = { jti: 'used' }
      return [await ask(at, { proof }), await ask(at, { proof })].map(verdict)
    },
    stock: [accepted, [400, 'invalid_grant']],
    ours: [accepted, invalidProof],
  },
  'a proof with a nonce, again after a restart': {
    clause: 'RFC9449-11.1',
    on: () => nonces,
    attack: async (at) => {
      const nonce = (await ask(at)).headers['dpop-nonce']
      const dpop = await prover.proof(`${at.issuer}/token`, { nonce })
      const use = async () =>
        verdict(await at.send({ ...(await request(at, {})), headers: { dpop } }))
      const first = await use()
      at.restart()
      return [first, await use()]
    },
    stock: [accepted, accepted],
    ours: [accepted, [400, 'use_dpop_nonce']],
  },
  'the assertion of a request that was asked for a nonce': {
    clause: 'RFC9449-8',
    on: () => nonces,
    attack: async (at) => {
      const challenged = await request(at, {})
      const nonce = (await at.send(challenged)).headers['dpop-nonce']
      const dpop = await prover.proof(`${at.issuer}/token`, { nonce })
      return verdict(await at.send({ ...challenged, headers: { dpop } }))
    },
    stock: invalidClient,
    ours: accepted,
  },
  'one pushed request, completed in two browsers by slow end-users': {
    clause: 'RFC9126-7.3',
    attack: async (at) => {
      const url = authorizationUrl(at, await requestUri(at))
      const browsers = [new Browser(at.send, at.issuer), new Browser(at.send, at.issuer)]
      const pages = []
      for (const browser of browsers) pages.push(await browser.open(url))
      later(900)
      for (const [i, browser] of browsers.entries()) await at.approve(browser, pages[i]!)
      return browsers.filter(({ url: back }) => new URL(back).searchParams.has('code')).length
    },
    stock: 2,
    ours: 1,
  },
  'userinfo, with a proof dated 290 s ahead': {
    clause: 'RFC9449-4.3-11',
    attack: async (at) => {
      const code = await codeOf(at, { scope: 'openid' })
      const { json } = await at.send(await redeem(at, code, prover))
      const token = String(json['access_token'])
      const digest = await crypto.subtle.digest('SHA-256', Buffer.from(token))
      const ath = Buffer.from(digest).toString('base64url')
      const url = `${at.issuer}/userinfo`
      const dpop = await prover.proof(url, { htm: 'GET', ath, iat: now() + 290 })
      return verdict(await at.send({ url, headers: { authorization: `DPoP ${token}`, dpop } }))
    },
    stock: accepted,
    ours: [401, 'invalid_dpop_proof'],
  },
  'a JWT access token that its client revokes': {
    clause: 'RFC7009-2.1',
    attack: async (at) => {
      const asked = await clientCredentials(at, prover, { resource: ACCOUNTS })
      const token = String((await at.send(asked)).json['access_token'])
      const form = { token, ...(await assertion(at, 'web')) }
      return verdict(await at.send({ url: `${at.issuer}/revoke`, form }))
    },
    stock: [400, 'unsupported_token_type'],
    ours: accepted,
  },
  'a JWT access token, when its code is used again': {
    clause: 'RFC6749-4.1.2',
    attack: async (at) => {
      const code = await codeOf(at, { resource: ACCOUNTS })
      const { json } = await at.send(await redeem(at, code, prover))
      await at.send(await redeem(at, code, prover))
      later(1)
      return isRevokedIn(at.send, json['access_token'])
    },
    stock: undefined, // it names no list: a resource server has no way to learn of it
    ours: true,
  },
}

describe.each(Object.entries(HOLES))('%s', (_what, { clause, attack, stock, ours, on }) => {
  test(`${clause}: a stock server falls`, async () => {
    expect(await attack((on?.() ?? usual).stock)).toEqual(stock)
  })

  test(`${clause}: ours holds`, async () => {
    expect(await attack((on?.() ?? usual).ours)).toEqual(ours)
  })
})

describe('FAPI2SP-5.4.1-1 refuses a signature by a weak algorithm', () => {
  test.each(['ES384', 'PS384', 'RS256', 'ES512', 'none'])('a proof with %s', async (alg) => {
    const { issuer, send } = usual.ours
    const claims = { htu: `${issuer}/token`, htm: 'POST', jti: alg, iat: now() }
    const dpop = await signed(alg, claims)
    const answer = await send({ ...(await request(usual.ours, {})), headers: { dpop } })
    expect(verdict(answer)).toEqual(invalidProof)
  })

  test.each(['ES384', 'PS384', 'RS256', 'HS256', 'none'])('an assertion with %s', async (alg) => {
    const { issuer, send } = usual.ours
    const claims = { iss: 'web', sub: 'web', aud: issuer, jti: alg, exp: now() + 60 }
    const form = {
      ...(await assertion(usual.ours, 'web')),
      client_assertion: await signed(alg, claims),
    }
    const answer = await send(await clientCredentials(usual.ours, prover, form))
    expect(verdict(answer)).toEqual(invalidClient)
  })
})

test('afterwards the honest request still works', async () => {
  for (const { ours } of [usual, racing]) expect(verdict(await ask(ours))).toEqual(accepted)
})

/** Signed as `alg` says, by a key that is sent along; `none` by nobody. */
async function signed(alg: string, claims: { [claim: string]: unknown }): Promise<string> {
  if (alg === 'HS256')
    return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.alloc(32, 1))
  const kind = alg === 'none' ? 'ES256' : alg
  const { publicKey, privateKey } = await generateKeyPair(kind, { extractable: true })
  const header = { alg: kind, typ: 'dpop+jwt', jwk: await exportJWK(publicKey) }
  const jwt = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey)
  if (alg !== 'none') return jwt
  const unsecured = Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')
  return `${unsecured}.${jwt.split('.')[1]}.`
}

/** Client `weak`: as `web`, but for one thing. */
async function weak(at: Target, edit: Partial<Metadata>): Promise<Metadata> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  weakKeys.set(at, privateKey)
  return {
    client_id: 'weak',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kty: 'EC', kid: 'weak' }] },
    grant_types: ['authorization_code', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: [CALLBACK],
    dpop_bound_access_tokens: true,
    ...edit,
  }
}

const weakKeys = new Map<Target, CryptoKey>()

const asWeak = (at: Target) =>
  assertion({ issuer: at.issuer, keys: { weak: { alg: 'ES256', key: weakKeys.get(at)! } } }, 'weak')
