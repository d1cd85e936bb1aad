/** Our own rows at the token endpoint and where requests are pushed, before the library's. */
import type { ReplayMemory } from '@holdfast/store'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { pushed } from '../stage/flow.ts'
import { assertion, clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { settledMemory, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request, Response } from '../stage/http.ts'
import { switching } from '../stage/stores.ts'

let house: House
let strict: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse({ explain: true })
  strict = await startHouse({ explain: true, configuration: { dpopNonce: 'required' } })
  prover = await Prover.new()
})
afterAll(() => Promise.all([house.stop(), strict.stop()]))
afterEach(() => {
  vi.useRealTimers()
})

const clauseOf = ({ json }: Response): string | undefined =>
  /^(\S+): /.exec(String(json['error_description']))?.[1]

/** Both endpoints, by the honest request without its proof. */
const ENDPOINTS = [
  ['/token', 200, (at: House) => clientCredentials(at, prover)],
  ['/par', 201, (at: House) => pushed(at)],
] as const

describe.each(ENDPOINTS)('at %s', (path, success, honest) => {
  const ask = async (at: House, edit: { readonly [claim: string]: unknown } = {}) => {
    const dpop = await prover.proof(at.issuer + path, edit)
    return at.send({ ...(await honest(at)), headers: { dpop } })
  }

  test('FAPI2SP-5.3.2.1-13 holds up to 60 s ahead, and refuses what is dated further', async () => {
    expect((await ask(house, { iat: now() + 59 })).status).toBe(success)
    for (const edit of [{ iat: now() + 62 }, { nbf: now() + 62 }]) {
      const answer = await ask(house, edit)
      expect([...verdict(answer), clauseOf(answer)]).toEqual([
        400,
        'invalid_dpop_proof',
        'FAPI2SP-5.3.2.1-13',
      ])
    }
  })

  test('RFC9449-11.1-2 refuses a proof used before, at this endpoint and for this key', async () => {
    const edit = { jti: `once${path}` }
    expect((await ask(house, edit)).status).toBe(success)
    const again = await ask(house, edit)
    expect([...verdict(again), clauseOf(again)]).toEqual([
      400,
      'invalid_dpop_proof',
      'RFC9449-11.1-2',
    ])
    const another = await Prover.new()
    const dpop = await another.proof(house.issuer + path, edit)
    const answer = await house.send({ ...(await honest(house)), headers: { dpop } })
    expect(answer.status).toBe(success)
  })

  test('RFC9449-8: where a nonce is required, one is given, and is good', async () => {
    const challenge = await ask(strict)
    expect([...verdict(challenge), clauseOf(challenge)]).toEqual([
      400,
      'use_dpop_nonce',
      'RFC9449-9',
    ])
    expect(challenge.headers['cache-control']).toBe('no-store')
    expect(challenge.headers).not.toHaveProperty('www-authenticate')
    const nonce = challenge.headers['dpop-nonce']
    const answer = await ask(strict, { nonce })
    expect([answer.status, answer.headers['dpop-nonce']]).toEqual([success, undefined])
  })

  test('a nonce excuses an iat in the past, and none in the future', async () => {
    const nonce = (await ask(strict)).headers['dpop-nonce']
    expect((await ask(strict, { nonce, iat: now() - 3_600 })).status).toBe(success)
    expect(clauseOf(await ask(strict, { nonce, iat: now() + 62 }))).toBe('FAPI2SP-5.3.2.1-13')
  })

  test('RFC9449-8.2: an ageing nonce is followed by the next, an expired one by a challenge', async () => {
    const nonce = (await ask(strict)).headers['dpop-nonce']
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start + 151_000 })
    const ageing = await ask(strict, { nonce })
    expect([ageing.status, ageing.headers['dpop-nonce']]).toEqual([success, expect.any(String)])
    vi.setSystemTime(start + 301_000)
    expect(verdict(await ask(strict, { nonce }))).toEqual([400, 'use_dpop_nonce'])
    expect((await ask(strict, { nonce: ageing.headers['dpop-nonce'] })).status).toBe(success)
  })

  test('RFC9449-4.3-10 refuses a nonce that has outlived its generation', async () => {
    const { memory, restart } = switching(settledMemory(), settledMemory())
    const restarting = await startHouse({
      memory,
      explain: true,
      configuration: { dpopNonce: 'required' },
    })
    const nonce = (await ask(restarting)).headers['dpop-nonce']
    expect((await ask(restarting, { nonce })).status).toBe(success)
    restart()
    const after = await ask(restarting, { nonce })
    expect([...verdict(after), clauseOf(after)]).toEqual([400, 'use_dpop_nonce', 'RFC9449-4.3-10'])
    expect((await ask(restarting, { nonce: after.headers['dpop-nonce'] })).status).toBe(success)
    await restarting.stop()
  })

  test('without a proof nothing is asked, and the library decides', async () => {
    const { headers: _, ...proofless } = await honest(house)
    const answer = await house.send(proofless)
    expect(verdict(answer)).toEqual(
      path === '/token' ? [400, 'invalid_dpop_proof'] : [201, undefined],
    )
  })
})

describe('right after a start', () => {
  test('RFC9449-11.1-3: one challenge, which spends no assertion, and then 200', async () => {
    const fresh = await startHouse({ memory: new ReplayMemoryInProcess(), explain: true })
    const form = await assertion(fresh, 'web')
    const request = await clientCredentials(fresh, prover, form)
    const challenge = await fresh.send(request)
    expect([...verdict(challenge), clauseOf(challenge)]).toEqual([
      400,
      'use_dpop_nonce',
      'RFC9449-11.1-3',
    ])
    const nonce = challenge.headers['dpop-nonce']
    const dpop = await prover.proof(request.url, { nonce })
    expect((await fresh.send({ ...request, headers: { dpop } })).status).toBe(200)
    await fresh.stop()
  })

  test('RFC9449-11.1: a proof dated 50 s ahead and used is challenged when the memory is new', async () => {
    const { memory, restart } = switching(settledMemory(), new ReplayMemoryInProcess())
    const restarting = await startHouse({ memory })
    const dpop = await prover.proof(`${restarting.issuer}/token`, { iat: now() + 50 })
    const use = async () =>
      verdict(
        await restarting.send({
          ...(await clientCredentials(restarting, prover)),
          headers: { dpop },
        }),
      )
    expect(await use()).toEqual([200, undefined])
    restart()
    expect(await use()).toEqual([400, 'use_dpop_nonce'])
    await restarting.stop()
  })
})

describe('a nonce of one origin is foreign at the other', () => {
  const byCertificate = async (dpop: string): Promise<Request> => ({
    url: `${strict.alias}/token`,
    headers: { dpop },
    form: { grant_type: 'client_credentials', client_id: 'tls-dpop' },
    certificate: strict.certificates.client,
  })

  test('RFC9449-4.3-10 refuses the issuer’s nonce at the alias, and takes the alias’s own', async () => {
    const atIssuer = await strict.send(await clientCredentials(strict, prover))
    const proof = (nonce: unknown) => prover.proof(`${strict.alias}/token`, { nonce })
    const foreign = await strict.send(
      await byCertificate(await proof(atIssuer.headers['dpop-nonce'])),
    )
    expect([...verdict(foreign), clauseOf(foreign)]).toEqual([
      400,
      'use_dpop_nonce',
      'RFC9449-4.3-10',
    ])
    const own = await proof(foreign.headers['dpop-nonce'])
    expect((await strict.send(await byCertificate(own))).status).toBe(200)
  })
})

describe('where the memory fails', () => {
  const room = { records: 1_000, perOwner: 1_000 }
  const lost = () => Promise.reject(new Error('connection lost at 10.0.0.7'))
  const failing: ReplayMemory = {
    generation: 'g',
    since: 0,
    put: lost,
    look: lost,
    nonceGiven: lost,
  }

  test.each<[what: string, memory: ReplayMemory, status: number]>([
    ['unreachable', failing, 503],
    ['full', settledMemory({ ...room, records: 0 }), 503],
    ['over its quota for this key', settledMemory({ ...room, perOwner: 0 }), 429],
  ])('%s: temporarily_unavailable with Retry-After', async (_what, memory, status) => {
    const odd = await startHouse({ memory })
    const answer = await odd.send(await clientCredentials(odd, prover))
    expect(verdict(answer)).toEqual([status, 'temporarily_unavailable'])
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.text).not.toContain('10.0.0.7')
    await odd.stop()
  })
})

test('RFC9864-2.2: a proof by Ed25519, under its new name too', async () => {
  for (const alg of ['EdDSA', 'Ed25519']) {
    const request = await clientCredentials(house, await Prover.new(alg))
    expect((await house.send(request)).status).toBe(200)
  }
})

test('a proof means nothing where no row looks at it', async () => {
  const url = `${house.issuer}/revoke`
  const form = { ...(await assertion(house, 'web')), token: 'unknown' }
  const answer = await house.send({ url, form, headers: { dpop: 'not a proof' } })
  expect(answer.status).toBe(200)
})
