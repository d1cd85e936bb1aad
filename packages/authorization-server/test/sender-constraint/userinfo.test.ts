/** Userinfo is a protected resource like any other: the whole table, and its exact challenges. */
import { createHash, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Certificate } from '../stage/certificates.ts'
import { codeFor, redeem } from '../stage/flow.ts'
import { clientCredentials, now, Prover } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request, Response } from '../stage/http.ts'

let house: House
let prover: Prover
/** Bound to the key of `prover`; and to the certificate of `tls-dpop`. */
let dpopToken: string
let mtlsToken: string

beforeAll(async () => {
  house = await startHouse({ explain: true })
  prover = await Prover.new()
  dpopToken = await userinfoToken()
  mtlsToken = await certificateBound(await userinfoToken(), house.certificates.client)
})
afterAll(() => house.stop())

async function userinfoToken(by = prover): Promise<string> {
  const code = await codeFor(house, { scope: 'openid profile' })
  const { json } = await house.send(await redeem(house, code, by))
  return String(json['access_token'])
}

const digest = (data: string | Buffer): string =>
  createHash('sha256').update(data).digest('base64url')

const thumbprint = ({ cert }: Certificate): string => digest(new X509Certificate(cert).raw)

/** The same token, had its client been certificate-bound. */
async function certificateBound(token: string, certificate: Certificate): Promise<string> {
  const record = (await house.records.find('AccessToken', token))!
  const { jkt: _, ...payload } = record.payload
  const expiresAt = Date.now() + 300_000
  const bound = { ...payload, 'x5t#S256': thumbprint(certificate) }
  await house.records.upsert({ kind: 'AccessToken', id: token, payload: bound, expiresAt })
  return token
}

type Edit = Partial<Request> & {
  readonly claims?: { readonly [claim: string]: unknown }
  readonly token?: string
  readonly by?: Prover
}

async function byDpop({ claims, headers, ...edit }: Edit = {}): Promise<Request> {
  const { token = dpopToken, by = prover, ...rest } = edit
  const url = `${house.issuer}/userinfo`
  const dpop = await by.proof(url, { htm: 'GET', ath: digest(token), ...claims })
  return { url, headers: { authorization: `DPoP ${token}`, dpop, ...headers }, ...rest }
}

const byMtls = ({ headers, ...edit }: Edit = {}): Request => ({
  url: `${house.alias}/userinfo`,
  headers: { authorization: `Bearer ${mtlsToken}`, ...headers },
  certificate: house.certificates.client,
  ...edit,
})

interface Said {
  readonly status: number
  readonly clause: string | undefined
  /** Scheme and error of each challenge. */
  readonly challenges: readonly string[]
}

function said({ status, headers, json }: Response): Said {
  const lines = (headers['www-authenticate'] ?? '').split(/, (?=Bearer|DPoP)/)
  return {
    status,
    clause: /^(\S+): /.exec(String(json['error_description']))?.[1],
    challenges: lines.filter(Boolean).map((line) => {
      const [, error] = /error="([^"]*)"/.exec(line) ?? []
      return [line.split(' ')[0], error].filter(Boolean).join(' ')
    }),
  }
}

const refused = (status: number, clause: string, ...challenges: string[]): Said => ({
  status,
  clause,
  challenges,
})

describe('is served', () => {
  const claims = { sub: 'sub-alice', name: 'Alice <A>' }

  test('to the key that the token is bound to, by GET and by POST', async () => {
    const got = await house.send(await byDpop())
    expect([got.status, got.json]).toEqual([200, claims])
    const posted = await house.send(await byDpop({ method: 'POST', claims: { htm: 'POST' } }))
    expect([posted.status, posted.json]).toEqual([200, claims])
  })

  test('to the certificate that the token is bound to, a stray proof beside it', async () => {
    for (const headers of [{}, { dpop: 'not a proof' }]) {
      const { status, json } = await house.send(byMtls({ headers }))
      expect([status, json]).toEqual([200, claims])
    }
  })

  test('in any case of the scheme, with htu spelt in another way', async () => {
    const htu = `${house.issuer.replace('https://localhost', 'HTTPS://LOCALHOST')}/userinfo?a=b#c`
    const request = await byDpop({
      headers: { authorization: `dpop ${dpopToken}` },
      claims: { htu },
    })
    expect((await house.send(request)).status).toBe(200)
  })

  test('at the alias to a DPoP client that proves the alias URL', async () => {
    const url = `${house.alias}/userinfo`
    const request = await byDpop({ url, claims: { htu: url } })
    expect((await house.send(request)).status).toBe(200)
  })
})

describe('is refused', () => {
  const nothing = refused(401, 'RFC6750-3', 'Bearer', 'DPoP')
  const dpop = (clause: string, error = 'invalid_dpop_proof') =>
    refused(401, clause, 'Bearer', `DPoP ${error}`)
  const bearer = (clause: string) => refused(401, clause, 'Bearer invalid_token', 'DPoP')

  test.each<[what: string, make: () => Request | Promise<Request>, expected: Said]>([
    ['without credentials', () => byMtls({ headers: { authorization: [] } }), nothing],
    [
      'with the token in the query',
      () => ({ url: `${house.issuer}/userinfo?access_token=${dpopToken}` }),
      refused(401, 'FAPI2SP-5.3.4-2', 'Bearer', 'DPoP'),
    ],
    [
      'with the token in a form',
      () => ({ url: `${house.issuer}/userinfo`, form: { access_token: dpopToken } }),
      nothing,
    ],
    [
      'with tokens in header and query',
      () => byMtls({ url: `${house.alias}/userinfo?access_token=decoy` }),
      refused(400, 'RFC6750-2', 'Bearer invalid_request', 'DPoP invalid_request'),
    ],
    [
      'with two Authorization fields',
      () => byMtls({ headers: { authorization: [`Bearer ${mtlsToken}`, 'Bearer decoy'] } }),
      refused(400, 'RFC9110-11.6.2', 'Bearer invalid_request', 'DPoP invalid_request'),
    ],
    [
      'with a DPoP-bound token as Bearer',
      () => byDpop({ headers: { authorization: `Bearer ${dpopToken}` } }),
      bearer('RFC9449-7.2'),
    ],
    [
      'with a certificate-bound token as DPoP',
      () => byMtls({ headers: { authorization: `DPoP ${mtlsToken}` } }),
      dpop('RFC9449-6', 'invalid_token'),
    ],
    ['without a proof', () => byDpop({ headers: { dpop: [] } }), dpop('RFC9449-7.1')],
    ['with two proofs', () => byDpop({ headers: { dpop: ['a', 'b'] } }), dpop('RFC9449-4.3-1')],
    ['with a proof for POST', () => byDpop({ claims: { htm: 'POST' } }), dpop('RFC9449-4.3-8')],
    [
      'with a proof for the token endpoint',
      () => byDpop({ claims: { htu: `${house.issuer}/token` } }),
      dpop('RFC9449-4.3-9'),
    ],
    [
      'with a proof dated 30 s ahead',
      () => byDpop({ claims: { iat: now() + 30 } }),
      dpop('RFC9449-4.3-11'),
    ],
    [
      'with the hash of another token',
      () => byDpop({ claims: { ath: digest('another') } }),
      dpop('RFC9449-4.3-12a'),
    ],
    ['without a certificate', () => byMtls({ certificate: undefined }), bearer('RFC8705-3')],
    [
      'with another certificate',
      () => byMtls({ certificate: house.certificates.other }),
      bearer('RFC8705-3'),
    ],
    [
      'with its certificate at the listener that asks for none',
      () => byMtls({ url: `${house.issuer}/userinfo` }),
      bearer('RFC8705-3'),
    ],
    [
      'with a certificate in a field',
      () => byMtls({ headers: { 'client-cert': ':AAAA:' } }),
      refused(400, 'RFC9440-4', 'Bearer invalid_request', 'DPoP invalid_request'),
    ],
    [
      'with a token that nobody issued',
      () => byMtls({ headers: { authorization: 'Bearer unknown' } }),
      bearer('RFC7662-2.2'),
    ],
  ])('%s', async (_what, make, expected) => {
    expect(said(await house.send(await make()))).toEqual(expected)
  })

  test('RFC9449-4.3-10, RFC9449-11.3: with an invented nonce; then without one', async () => {
    const by = await Prover.new()
    const token = await userinfoToken(by)
    const claims = { nonce: 'invented' }
    const invented = await house.send(await byDpop({ token, by, claims }))
    expect(said(invented)).toEqual(dpop('RFC9449-4.3-10', 'use_dpop_nonce'))
    const leftOut = await house.send(await byDpop({ token, by }))
    expect(said(leftOut)).toEqual(dpop('RFC9449-11.3', 'use_dpop_nonce'))
    const nonce = leftOut.headers['dpop-nonce']
    expect((await house.send(await byDpop({ token, by, claims: { nonce } }))).status).toBe(200)
  })

  test('RFC9449-4.3-12b: with the key of somebody else', async () => {
    const stolen = await byDpop({ by: await Prover.new() })
    expect(said(await house.send(stolen))).toEqual(dpop('RFC9449-4.3-12b', 'invalid_token'))
  })

  test('RFC9449-11.1-2: with a proof used before', async () => {
    const request = await byDpop()
    expect((await house.send(request)).status).toBe(200)
    expect(said(await house.send(request))).toEqual(dpop('RFC9449-11.1-2'))
  })

  test('RFC7662-2.2: with a token for a resource, or of a client alone', async () => {
    const { json } = await house.send(
      await clientCredentials(house, prover, { resource: 'https://api.example/payments' }),
    )
    for (const token of [String(json['access_token']), 'e30.e30.e30'])
      expect(said(await house.send(await byDpop({ token })))).toEqual(
        dpop('RFC7662-2.2', 'invalid_token'),
      )
  })

  test('RFC7009-2.1: with a token whose grant was withdrawn', async () => {
    const token = await userinfoToken()
    const record = (await house.records.find('AccessToken', token))!
    await house.records.remove('Grant', String(record.payload['grantId']))
    expect(said(await house.send(await byDpop({ token })))).toEqual(
      dpop('RFC7662-2.2', 'invalid_token'),
    )
  })

  test('FAPI2SP-5.3.4-4: without the scope openid', async () => {
    const token = await userinfoToken()
    const record = (await house.records.find('AccessToken', token))!
    const payload = { ...record.payload, scope: 'profile' }
    const expiresAt = Date.now() + 300_000
    await house.records.upsert({ kind: 'AccessToken', id: token, payload, expiresAt })
    const answer = await house.send(await byDpop({ token }))
    expect(said(answer)).toEqual(
      refused(403, 'FAPI2SP-5.3.4-4', 'Bearer', 'DPoP insufficient_scope'),
    )
    expect(answer.headers['www-authenticate']).toContain('scope="openid"')
  })
})

test('RFC9068-4: a token is good until it expires, and for no second more', async () => {
  const token = await userinfoToken()
  const { exp } = (await house.records.find('AccessToken', token))!.payload
  const at = async (time: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now: time * 1_000 })
    return said(await house.send(await byDpop({ token })))
  }
  try {
    expect((await at(Number(exp) - 1)).status).toBe(200)
    for (const late of [0, 9, 11])
      expect(await at(Number(exp) + late)).toMatchObject({
        status: 401,
        challenges: ['Bearer', 'DPoP invalid_token'],
      })
  } finally {
    vi.useRealTimers()
  }
})

test('HEAD is held to the same rows as GET', async () => {
  const forged = byMtls({ method: 'HEAD', headers: { 'client-cert': ':AAAA:' } })
  expect((await house.send(forged)).status).toBe(400)
  expect((await house.send(byMtls({ method: 'HEAD' }))).status).toBe(200)
})

test('afterwards the honest requests are served', async () => {
  expect((await house.send(await byDpop())).status).toBe(200)
  expect((await house.send(byMtls())).status).toBe(200)
})
