import { createPublicKey } from 'node:crypto'
import { RecordsInProcess } from '@holdfast/store'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { endGrant, removeClient } from '../../src/index.ts'
import { encodeStatusList } from '../../src/status-list/encoding.ts'
import { CHUNK, Places } from '../../src/status-list/places.ts'
import { codeFor, redeem, refresh } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import { inflated, isRevokedIn, statusOf } from '../stage/status.ts'
import { killed, slow } from '../stage/stores.ts'

const SHAPE = { lists: 2, size: 512 }

describe('§4.1 and appendix C: the encoding', () => {
  test('the example of one bit', () => {
    const revoked = [0, 3, 4, 5, 7, 8, 9, 13, 15]
    expect(encodeStatusList(revoked, 16)).toEqual({ bits: 1, lst: 'eNrbuRgAAhcBXQ' })
  })

  // Which bytes zlib makes of it is zlib's affair; what they say is not.
  test('C.1: a million tokens', () => {
    const revoked = [
      0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345,
    ]
    const { lst } = encodeStatusList(revoked, 1_048_576)
    const vector =
      'eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJ' +
      'sLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb'
    expect(inflated(lst).equals(inflated(vector))).toBe(true)
    expect(lst.length).toBeLessThan(400)
  })

  test('what lies beyond the end is not written', () => {
    const { lst } = encodeStatusList([16], 16)
    expect([...inflated(lst)]).toEqual([0, 0])
  })
})

describe('places', () => {
  const START = Date.parse('2026-01-01')
  const LIFE = 300

  test('two nodes never give out the same place, and go on to the next list when one is full', async () => {
    const records = new RecordsInProcess()
    const nodes = [1, 2].map(() => new Places(records, SHAPE, LIFE))
    const all = SHAPE.lists * SHAPE.size
    const taken = await Promise.all(Array.from({ length: all }, (_, i) => nodes[i % 2]!.take()))
    expect(new Set(taken.map(({ list, idx }) => `${list}/${idx}`)).size).toBe(all)
    for (const { list, idx } of taken) {
      expect(list).toBeLessThan(SHAPE.lists)
      expect(idx).toBeLessThan(SHAPE.size)
    }
    await expect(nodes[0]!.take()).rejects.toMatchObject({ error: 'temporarily_unavailable' })
  })

  test('neighbours do not tell who came after whom', async () => {
    const places = new Places(new RecordsInProcess(), SHAPE, LIFE)
    const taken: number[] = []
    for (let i = 0; i < CHUNK; i += 1) taken.push((await places.take()).idx)
    expect(taken).not.toEqual(taken.toSorted((a, b) => a - b))
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: CHUNK }, (_, i) => i))
  })

  test('a place is given out again when its token, and what revoked it, are over', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
    const records = new RecordsInProcess(() => Date.now())
    const fill = async () => {
      const places = new Places(records, { lists: 1, size: CHUNK }, LIFE)
      return places.take()
    }
    await fill()
    const end = START + 60_000 + 2 * LIFE * 1_000 + 120_000 + 15_000
    vi.setSystemTime(end - 1)
    await expect(fill()).rejects.toMatchObject({ statusCode: 503 })
    vi.setSystemTime(end)
    expect(await fill()).toMatchObject({ list: 0 })
    vi.useRealTimers()
  })
})

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())

const isRevoked = (token: unknown, at = house) => isRevokedIn(at.send, token)

const soonRevoked = (token: unknown, at = house) =>
  expect.poll(() => isRevoked(token, at), { interval: 20 }).toBe(true)

const issued = async (form = {}) =>
  String((await house.send(await clientCredentials(house, prover, form))).json['access_token'])

const post = async (path: string, token: string, client: string, form = {}) =>
  house.send({
    url: house.issuer + path,
    form: { token, ...form, ...(await assertion(house, client)) },
  })

describe('§5.1, §8: the list as it is published', () => {
  test('signed, of this URI and issuer, for a few seconds', async () => {
    const token = await issued()
    const { uri } = statusOf(token)!
    expect(uri).toMatch(new RegExp(`^${house.issuer}/status/[0-7]$`))
    const { status, headers, text } = await house.send({ url: uri })
    expect([status, headers['content-type']]).toEqual([200, 'application/statuslist+jwt'])
    expect(headers['cache-control']).toBe('public, max-age=1')
    const { keys } = (await house.send({ url: `${house.issuer}/jwks` })).json
    if (!Array.isArray(keys)) throw new Error('no keys')
    const verified = await jwtVerify(
      text,
      ({ kid }) => createPublicKey({ key: keys.find((key) => key.kid === kid), format: 'jwk' }),
      { issuer: house.issuer, subject: uri, typ: 'statuslist+jwt', algorithms: ['ES256'] },
    )
    const { iat, exp, ttl } = verified.payload
    expect([exp! - iat!, ttl]).toEqual([5, 1])
    expect(await isRevoked(token)).toBe(false)
  })

  test('304 for who has it, even with no-cache; again in full when it has been signed again', async () => {
    const { uri } = statusOf(await issued())!
    const { headers } = await house.send({ url: uri })
    const ask = () =>
      house.send({
        url: uri,
        headers: { 'if-none-match': String(headers['etag']), 'cache-control': 'no-cache' },
      })
    const same = await ask()
    expect([same.status, same.text]).toEqual([304, ''])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2_000 })
    const again = await ask()
    vi.useRealTimers()
    expect(again.status).toBe(200)
    expect(again.headers['etag']).not.toBe(headers['etag'])
  })

  test.each(['/status', '/status/', '/status/8', '/status/01', '/status/-1', '/status/1e3'])(
    '%s is no list',
    async (path) => {
      expect(verdict(await house.send({ url: house.issuer + path }))).toEqual([404, 'not_found'])
    },
  )

  test('the status of another time, and the list at the mTLS alias, cannot be had', async () => {
    const past = await house.send({ url: `${house.issuer}/status/0?time=1` })
    expect(verdict(past)).toEqual([400, 'invalid_request'])
    expect((await house.send({ url: `${house.alias}/status/0` })).status).toBe(404)
  })
})

describe('RFC7009-2.1: revocation of JWTs', () => {
  test('a client revokes its own, and no other token goes with it', async () => {
    const [token, other] = [await issued(), await issued()]
    expect((await post('/revoke', token, 'web')).status).toBe(200)
    await soonRevoked(token)
    expect(await isRevoked(other)).toBe(false)
  })

  test('refuses another client, and the token stays', async () => {
    const token = await issued()
    expect(verdict(await post('/revoke', token, 'web2'))).toEqual([400, 'invalid_request'])
    expect((await introspect(token)).json).toMatchObject({ active: true })
  })

  test('what is no token of ours changes nothing, and is no error', async () => {
    const token = await issued()
    const [header, payload, signature = ''] = token.split('.')
    const altered = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const forged of [`${header}.${payload}.${altered}`, `${header}.${payload}.`, 'a.b.c'])
      expect([(await post('/revoke', forged, 'web')).status, forged]).toEqual([200, forged])
    expect((await introspect(token)).json).toMatchObject({ active: true })
  })

  test('of an access token of a grant ends the grant: no refresh, no other token', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    const second = (await house.send(await refresh(house, json['refresh_token'], prover))).json
    await post('/revoke', String(json['access_token']), 'web')
    await soonRevoked(json['access_token'])
    await soonRevoked(second['access_token'])
    const after = await house.send(await refresh(house, json['refresh_token'], prover))
    expect(verdict(after)).toEqual([400, 'invalid_grant'])
  })

  test('of a refresh token ends the access tokens', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    expect((await post('/revoke', String(json['refresh_token']), 'web')).status).toBe(200)
    await soonRevoked(json['access_token'])
  })

  test('a body sent in chunks, a hint, and a token named twice', async () => {
    const token = await issued()
    const hinted = await post('/revoke', token, 'web', { token_type_hint: 'access_token' })
    expect(hinted.status).toBe(200)
    await soonRevoked(token)
    const form = new URLSearchParams({ ...(await assertion(house, 'web')), token }).toString()
    const twice = await house.send({
      url: `${house.issuer}/revoke`,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `${form}&token=${token}`,
    })
    expect(verdict(twice)).toEqual([400, 'invalid_request'])
  })

  test('a body that is too long is refused', async () => {
    const answer = await post('/revoke', `a.${'b'.repeat(60_000)}.c`, 'web')
    expect(verdict(answer)).toEqual([400, 'invalid_request'])
  })
})

const introspect = (token: string) => post('/introspect', token, 'accounts-api')

describe('RFC7662-2.2: introspection of JWTs', () => {
  test('the resource server learns what the JWT says, until it is revoked', async () => {
    const token = await issued({ scope: 'read' })
    expect((await introspect(token)).json).toMatchObject({
      active: true,
      client_id: 'web',
      scope: 'read',
      token_type: 'DPoP',
      cnf: { jkt: prover.jkt },
    })
    await post('/revoke', token, 'web')
    expect((await introspect(token)).json).toEqual({ active: false })
  })

  test('and no one else does', async () => {
    const token = await issued()
    for (const client of ['api', 'web'])
      expect((await post('/introspect', token, client)).json).toEqual({ active: false })
  })

  test('a forged JWT is inactive, and so is an ID token', async () => {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    for (const token of [`${await issued()}x`, String(json['id_token'])])
      expect((await introspect(token)).json).toEqual({ active: false })
  })
})

test('RFC6749-4.1.2: a code that is used twice ends its JWTs', async () => {
  const code = await codeFor(house)
  const { json } = await house.send(await redeem(house, code, prover))
  expect(verdict(await house.send(await redeem(house, code, prover)))).toEqual([
    400,
    'invalid_grant',
  ])
  await soonRevoked(json['access_token'])
})

test('RFC6749-4.1.2: also where both uses race, wherever the winner has got to', async () => {
  const busy = await startHouse({ through: slow })
  const code = await codeFor(busy)
  const uses = await Promise.all(Array.from({ length: 8 }, () => redeem(busy, code, prover)))
  const answers = await Promise.all(uses.map((use) => busy.send(use)))
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  await soonRevoked(winners[0]!.json['access_token'], busy)
  await busy.stop()
})

test('a grant whose end was killed at any step can be ended once more, by its refresh token', async () => {
  for (let step = 0; step < 3; step += 1) {
    const { json } = await house.send(await redeem(house, await codeFor(house), prover))
    const token = String(json['refresh_token'])
    const { payload } = (await house.records.find('RefreshToken', token))!
    const end = endGrant(killed(house.records, step), String(payload['grantId']))
    await expect(end).rejects.toThrow('killed')
    expect((await post('/revoke', token, 'web')).status).toBe(200)
    await soonRevoked(json['access_token'])
    const after = await house.send(await refresh(house, token, prover))
    expect(verdict(after)).toEqual([400, 'invalid_grant'])
  }
})

test('a removed client has no tokens left, of its own or of its users', async () => {
  const own = await startHouse()
  const opaque = { resource: 'https://api.example/payments', scope: 'pay' }
  const [jwt, reference] = await Promise.all(
    [{}, opaque].map(async (form) => own.send(await clientCredentials(own, prover, form))),
  )
  const ofUser = await own.send(await redeem(own, await codeFor(own), prover))
  const bystander = await own.send(
    await clientCredentials(own, prover, await assertion(own, 'eddsa')),
  )
  await removeClient(own.records, 'web')
  for (const { json } of [jwt!, ofUser]) await soonRevoked(json['access_token'], own)
  expect(await own.records.find('ClientCredentials', String(reference!.json['access_token']))).toBe(
    undefined,
  )
  expect(await isRevoked(bystander.json['access_token'], own)).toBe(false)
  const after = await own.send(await refresh(own, ofUser.json['refresh_token'], prover))
  expect(verdict(after)).toEqual([401, 'invalid_client'])
  await own.stop()
})

test('when the lists are full no token is issued, and revocation still works', async () => {
  const small = await startHouse({ statusLists: { lists: 1, size: CHUNK } })
  const ask = async () => small.send(await clientCredentials(small, prover))
  const first = await ask()
  for (let i = 1; i < CHUNK; i += 1) await new Places(small.records, SHAPE, 1).take().catch(() => 0)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 })
  const refused = await ask()
  vi.useRealTimers()
  expect(verdict(refused)).toEqual([503, 'temporarily_unavailable'])
  expect(refused.headers['retry-after']).toBe('5')
  const token = String(first.json['access_token'])
  await small.send({
    url: `${small.issuer}/revoke`,
    form: { token, ...(await assertion(small, 'web')) },
  })
  await soonRevoked(token, small)
  await small.stop()
})
