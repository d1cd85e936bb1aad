import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { removeClient } from '../../src/index.ts'
import type { Outcome } from '../../src/index.ts'
import { ACCESS_TOKEN, exchange, ownToken, userTokens } from '../stage/exchange.ts'
import { assertion, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'
import { isRevokedIn } from '../stage/status.ts'
import { over } from '../stage/stores.ts'

let house: House
let prover: Prover
let other: Prover
const outcomes: Outcome[] = []
beforeAll(async () => {
  house = await startHouse({
    explain: true,
    audit: (outcome) => outcomes.push(outcome),
    configuration: {
      resources: [
        { indicator: ACCOUNTS, scopes: ['read', 'write'], format: 'jwt', ttl: 300 },
        { indicator: PAYMENTS, scopes: ['read', 'pay'], format: 'opaque', ttl: 300 },
      ],
    },
  })
  prover = await Prover.new()
  other = await Prover.new()
})
afterAll(() => house.stop())
afterEach(() => {
  vi.useRealTimers()
})

const later = (s: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + s * 1_000 })
}

const api = { client: 'orders-api' }

const introspect = async (token: unknown, client = 'api') => {
  const form = { ...(await assertion(house, client)), token: String(token) }
  return (await house.send({ url: `${house.issuer}/introspect`, form })).json
}

const isRevoked = (token: string) => isRevokedIn(house.send, token)

/** The list is made again after a moment only, so it is not looked at twice in one. */
const isActive = async (token: string) => (await introspect(token, 'accounts-api'))['active']

/** What was refused, and by which row. */
const refusal = ({ status, json }: Response) => [
  status,
  json['error'],
  String(json['error_description']).split(': ')[0],
]

const stolen = [400, 'invalid_request', 'RFC8693-4.4']
const bad = [400, 'invalid_request', 'RFC8693-2.2.2']

describe('RFC 8693: an access token for an access token', () => {
  test('impersonation: the same subject, less scope, constrained to the caller, nobody acts', async () => {
    const { access_token: subject } = await userTokens(house, prover)
    const { status, json } = await exchange(house, { prover }, subject, { scope: 'read' })
    expect([status, json]).toEqual([
      200,
      {
        access_token: expect.any(String),
        issued_token_type: ACCESS_TOKEN,
        token_type: 'DPoP',
        expires_in: expect.any(Number),
        scope: 'read',
      },
    ])
    const [before, after] = [subject, json['access_token']].map((jwt) => decodeJwt(String(jwt)))
    expect(after).toMatchObject({
      sub: 'sub-alice',
      client_id: 'agent',
      aud: ACCOUNTS,
      scope: 'read',
      cnf: { jkt: prover.jkt },
    })
    expect(after).not.toHaveProperty('act')
    expect(after?.exp).toBeLessThanOrEqual(before?.exp ?? 0)
  })

  test('delegation: act names who acts, and those who acted before stay named', async () => {
    const { access_token: subject } = await userTokens(house, prover)
    const asActor = (token: string) => ({ actor_token: token, actor_token_type: ACCESS_TOKEN })
    const first = await exchange(house, { prover }, subject, {
      ...asActor(await ownToken(house, { prover })),
      scope: 'read',
    })
    expect(decodeJwt(String(first.json['access_token']))).toMatchObject({
      sub: 'sub-alice',
      act: { sub: 'agent' },
    })
    // The resource server that it is for goes on with it, where it is registered to.
    const caller = { ...api, prover: other }
    const token = first.json['access_token']
    const second = await exchange(house, caller, token, {
      ...asActor(await ownToken(house, caller)),
      resource: PAYMENTS,
    })
    const claims = {
      sub: 'sub-alice',
      client_id: 'orders-api',
      aud: PAYMENTS,
      scope: 'read',
      cnf: { jkt: other.jkt },
    }
    expect(await introspect(second.json['access_token'])).toMatchObject({
      ...claims,
      act: { sub: 'orders-api', act: { sub: 'agent' } },
    })
    // Impersonation adds nobody, and forgets nobody.
    const third = await exchange(house, caller, token, { resource: PAYMENTS })
    expect(await introspect(third.json['access_token'])).toMatchObject({
      ...claims,
      act: { sub: 'agent' },
    })
  })

  test('opaque for opaque and to a certificate: the constraint is always the caller’s own', async () => {
    const certificate = house.certificates.other
    const caller = { client: 'agent-bound', url: `${house.alias}/token`, certificate }
    const subject = await ownToken(house, caller, { resource: PAYMENTS, scope: 'read pay' })
    expect(subject).not.toContain('.')
    const { status, json } = await exchange(house, caller, subject, { scope: 'pay' })
    expect([status, json['token_type']]).toEqual([200, 'Bearer'])
    expect(await introspect(json['access_token'])).toMatchObject({
      active: true,
      sub: 'agent-bound',
      scope: 'pay',
      cnf: { 'x5t#S256': expect.any(String) },
    })
    expect(refusal(await exchange(house, { client: 'agent-bound' }, subject)).slice(0, 2)).toEqual([
      400,
      'invalid_request',
    ])
  })

  test('FAPI2SP-5.3.2.1-4: without a proof there is nothing, and nothing is lost', async () => {
    const subject = await ownToken(house, { prover })
    expect(verdict(await exchange(house, {}, subject))).toEqual([400, 'invalid_dpop_proof'])
    expect((await exchange(house, { prover }, subject)).status).toBe(200)
  })
})

describe('RFC8693-4.4: who may exchange a token', () => {
  test('not who has stolen it: another client is refused, whatever key it proves', async () => {
    const { access_token: subject } = await userTokens(house, prover)
    outcomes.length = 0
    for (const client of ['thief', 'agent'])
      expect(refusal(await exchange(house, { client, prover: other }, subject))).toEqual(stolen)
    expect(outcomes.map(({ error, clause }) => [error, clause])).toEqual([
      ['invalid_request', 'RFC8693-4.4'],
      ['invalid_request', 'RFC8693-4.4'],
    ])
    expect((await exchange(house, { prover }, subject)).status).toBe(200)
  })

  test('not who has stolen a certificate-bound token, with a certificate of its own', async () => {
    const url = `${house.alias}/token`
    const [mine, theirs] = [house.certificates.other, house.certificates.client]
    const holder = { client: 'agent-bound', url, certificate: mine }
    const subject = await ownToken(house, holder)
    const thief = { client: 'thief', url, certificate: theirs, prover: other }
    expect(refusal(await exchange(house, thief, subject))).toEqual(stolen)
    expect((await exchange(house, holder, subject)).status).toBe(200)
  })

  test('the resource server that it is for, and no other', async () => {
    const accounts = await ownToken(house, { prover })
    const payments = await ownToken(house, { prover }, { resource: PAYMENTS, scope: 'read' })
    const caller = { ...api, prover: other }
    expect((await exchange(house, caller, accounts)).status).toBe(200)
    expect(refusal(await exchange(house, caller, payments))).toEqual(stolen)
  })

  test('whom its may_act names, and nobody else; what comes of it names nobody', async () => {
    const subject = await ownToken(house, { client: 'principal', prover: other })
    expect(decodeJwt(subject)['may_act']).toEqual({ sub: 'agent' })
    const { status, json } = await exchange(house, { prover }, subject)
    expect(status).toBe(200)
    const claims = decodeJwt(String(json['access_token']))
    expect(claims).toMatchObject({ sub: 'principal', client_id: 'agent' })
    expect(claims).not.toHaveProperty('may_act')
    expect(refusal(await exchange(house, { client: 'thief', prover }, subject))).toEqual(stolen)
  })

  test('no client without the grant, and none without authentication', async () => {
    const subject = await ownToken(house, { prover })
    expect(verdict(await exchange(house, { client: 'web', prover }, subject))).toEqual([
      400,
      'unauthorized_client',
    ])
    const nobody = { client_assertion: 'e30.e30.e30' }
    expect(verdict(await exchange(house, { prover }, subject, nobody))).toEqual([
      401,
      'invalid_client',
    ])
  })
})

describe('RFC8693-4.1: an actor token', () => {
  const asActor = (token: unknown) => ({
    actor_token: String(token),
    actor_token_type: ACCESS_TOKEN,
  })

  test('of somebody else, or whose key is not proved, names nobody', async () => {
    const { access_token: subject } = await userTokens(house, prover)
    const refused = [400, 'invalid_request', 'RFC8693-4.1']
    const theirs = await ownToken(house, { client: 'thief', prover })
    const ofAnotherKey = await ownToken(house, { prover: other })
    for (const token of [theirs, ofAnotherKey])
      expect(refusal(await exchange(house, { prover }, subject, asActor(token)))).toEqual(refused)
    expect(refusal(await exchange(house, { prover }, subject, asActor('x')))).toEqual(bad)
    const own = asActor(await ownToken(house, { prover }))
    expect((await exchange(house, { prover }, subject, own)).status).toBe(200)
  })
})

describe('RFC8693-2.1: what is asked for', () => {
  const types = [400, 'invalid_request', 'RFC8693-2.1']
  const jwt = 'urn:ietf:params:oauth:token-type:jwt'
  test.for([
    ['a subject token of another type', { subject_token_type: jwt }, types],
    ['an actor’s type without actor token', { actor_token_type: ACCESS_TOKEN }, types],
    ['an actor token without its type', { actor_token: 'x' }, types],
    [
      'a refresh token',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      types,
    ],
    ['a token that is none', { subject_token: 'nothing' }, bad],
    ['a JWT that is not ours', { subject_token: 'e30.e30.AAAA' }, bad],
    ['another resource', { resource: PAYMENTS }, [400, 'invalid_target', 'RFC8693-2.1.1']],
    [
      'an audience that nobody knows',
      { audience: 'billing' },
      [400, 'invalid_target', 'RFC8693-2.1.1'],
    ],
    [
      'two targets',
      { resource: ACCOUNTS, audience: PAYMENTS },
      [400, 'invalid_target', 'RFC8693-2.1.1'],
    ],
    ['more scope', { scope: 'read write' }, [400, 'invalid_scope', 'RFC6749-3.3']],
    ['a scope that nobody has', { scope: 'admin' }, [400, 'invalid_scope', 'RFC6749-3.3']],
  ] as const)('%s is refused', async ([, edit, expected]) => {
    const subject = await ownToken(house, { prover }, { scope: 'read' })
    expect(refusal(await exchange(house, { prover }, subject, edit))).toEqual(expected)
    const named = { resource: ACCOUNTS, audience: ACCOUNTS, requested_token_type: ACCESS_TOKEN }
    expect((await exchange(house, { prover }, subject, named)).status).toBe(200)
  })

  test('an ID token, a refresh token and the name of a JWT’s record are no access tokens', async () => {
    const tokens = await userTokens(house, prover)
    const { jti } = decodeJwt(String(tokens['access_token']))
    for (const token of [tokens['id_token'], tokens['refresh_token'], jti])
      expect(refusal(await exchange(house, { prover }, token))).toEqual(bad)
    const bent = String(tokens['access_token']).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    expect(refusal(await exchange(house, { prover }, bent))).toEqual(bad)
  })
})

describe('RFC9396-6: authorization details of a token', () => {
  const detail = (at: string) => ({
    type: 'payment_initiation',
    locations: [at],
    instructedAmount: { currency: 'EUR', amount: '12.50' },
    creditorName: 'Bookshop',
    creditorAccount: { iban: 'NL00HOLD0000000001' },
  })

  test('are exchanged for the resource that they are for, and for no other', async () => {
    const details = [detail(ACCOUNTS)]
    const asked = { authorization_details: JSON.stringify(details), scope: 'openid write' }
    const { access_token: subject } = await userTokens(house, prover, asked)
    const caller = { ...api, prover: other }
    const nothing = await exchange(house, caller, subject, { resource: PAYMENTS })
    expect(refusal(nothing)).toEqual([400, 'invalid_scope', 'RFC6749-3.3'])
    const { status, json } = await exchange(house, caller, subject)
    expect([status, json['authorization_details']]).toEqual([200, details])
    expect(decodeJwt(String(json['access_token']))['authorization_details']).toEqual(details)
  })
})

describe('RFC8693-2.2.1: the new token', () => {
  test('lives no longer than the subject token', async () => {
    const subject = await ownToken(house, { prover })
    const exp = decodeJwt(subject).exp
    later(200)
    const { json } = await exchange(house, { prover }, subject)
    expect(decodeJwt(String(json['access_token'])).exp).toBe(exp)
    expect(Number(json['expires_in'])).toBeLessThanOrEqual(100)
    later(100)
    expect(refusal(await exchange(house, { prover }, subject))).toEqual(bad)
  })

  test('nor than the actor token', async () => {
    const actor = await ownToken(house, { prover })
    later(200)
    const subject = await ownToken(house, { prover })
    const edit = { actor_token: actor, actor_token_type: ACCESS_TOKEN }
    const { json } = await exchange(house, { prover }, subject, edit)
    expect(decodeJwt(String(json['access_token'])).exp).toBe(decodeJwt(actor).exp)
  })

  const revoke = async (token: unknown, client = 'agent') =>
    house.send({
      url: `${house.issuer}/revoke`,
      form: { ...(await assertion(house, client)), token: String(token) },
    })

  test('ends with the subject token, however often it was exchanged since', async () => {
    const subject = await ownToken(house, { prover })
    const caller = { ...api, prover: other }
    const first = await exchange(house, { prover }, subject)
    const second = await exchange(house, caller, first.json['access_token'], { resource: PAYMENTS })
    const [jwt, opaque] = [first, second].map(({ json }) => String(json['access_token']))
    expect([await isActive(jwt!), (await introspect(opaque))['active']]).toEqual([true, true])
    expect((await revoke(subject)).status).toBe(200)
    expect([await isRevoked(jwt!), (await introspect(opaque))['active']]).toEqual([true, false])
    expect(refusal(await exchange(house, { prover }, jwt))).toEqual(bad)
    expect(refusal(await exchange(house, { prover }, subject))).toEqual(bad)
  })

  test('ends with the grant that the subject token came from', async () => {
    const tokens = await userTokens(house, prover)
    const first = await exchange(house, { ...api, prover: other }, tokens['access_token'])
    const jwt = String(first.json['access_token'])
    expect(await isActive(jwt)).toBe(true)
    expect((await revoke(tokens['refresh_token'])).status).toBe(200)
    expect(await isRevoked(jwt)).toBe(true)
  })

  test('can be revoked by its client, which ends nothing else', async () => {
    const tokens = await userTokens(house, prover)
    const first = await exchange(house, { ...api, prover: other }, tokens['access_token'])
    const jwt = String(first.json['access_token'])
    expect((await revoke(jwt, 'orders-api')).status).toBe(200)
    expect(await isRevoked(jwt)).toBe(true)
    expect(await isRevoked(String(tokens['access_token']))).toBe(false)
    expect((await exchange(house, { prover }, tokens['access_token'])).status).toBe(200)
  })

  test('is not issued where the caller is removed in the same moment', async () => {
    let removing = false
    const issued: string[] = []
    const own = await startHouse({
      through: (records) => ({
        ...over(records),
        async upsert(record) {
          // Whoever removes a client has seen its grants before this one is there.
          if (record.kind === 'Grant' && removing) await removeClient(records, 'agent')
          if (record.kind === 'AccessToken' && removing) issued.push(record.id)
          await records.upsert(record)
        },
      }),
    })
    const subject = await ownToken(own, { client: 'principal', prover: other })
    removing = true
    expect(verdict(await exchange(own, { prover }, subject))).toEqual([400, 'invalid_request'])
    expect(issued).toHaveLength(1)
    expect(await own.records.find('AccessToken', issued[0]!)).toBeUndefined()
    await own.stop()
  })

  test('is not issued where the subject token ends in the same moment', async () => {
    const subject = await ownToken(house, { prover })
    const racing = Array.from({ length: 5 }, () => exchange(house, { prover }, subject))
    const [, ...answers] = await Promise.all([revoke(subject), ...racing])
    const issued = answers.filter(({ status }) => status === 200)
    for (const { json } of issued) expect(await isRevoked(String(json['access_token']))).toBe(true)
    const refused = answers.filter((answer) => !issued.includes(answer))
    expect(refused.map(refusal)).toEqual(refused.map(() => bad))
    expect(refusal(await exchange(house, { prover }, subject))).toEqual(bad)
  })
})
