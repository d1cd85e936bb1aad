import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { RecordsInProcess } from '@holdfast/store'
import { codeFor, redeem, refresh } from '../stage/flow.ts'
import { assertion, clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Request, Response } from '../stage/http.ts'
import { over, slow } from '../stage/stores.ts'

const TIMES = 20

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse({ through: slow })
  prover = await Prover.new()
})
afterAll(() => house.stop())

test('OIDCC-9: of 20 uses of one assertion in parallel exactly one succeeds', async () => {
  const same = await assertion(house, 'web')
  const answers = await parallel(() => clientCredentials(house, prover, same))
  expect(tally(answers)).toEqual({ '200': 1, '401 invalid_client': TIMES - 1 })
})

test('RFC9449-11.1: of 20 uses of one proof in parallel exactly one succeeds', async () => {
  const same = { dpop: await prover.proof(`${house.issuer}/token`) }
  const answers = await parallel(async () => ({
    ...(await clientCredentials(house, prover)),
    headers: same,
  }))
  expect(tally(answers)).toEqual({ '200': 1, '400 invalid_dpop_proof': TIMES - 1 })
})

test('a proof dated 60 s ahead cannot be used again for as long as its date allows', async () => {
  const dpop = await prover.proof(`${house.issuer}/token`, { iat: now() + 59 })
  const use = async () =>
    verdict(await house.send({ ...(await clientCredentials(house, prover)), headers: { dpop } }))
  expect(await use()).toEqual([200, undefined])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 115_000 })
  expect(await use()).toEqual([400, 'invalid_dpop_proof'])
  vi.useRealTimers()
})

test('an assertion and a proof may have the same jti', async () => {
  const jti = 'the-same'
  const request = await clientCredentials(house, prover, await assertion(house, 'web', { jti }))
  const dpop = await prover.proof(`${house.issuer}/token`, { jti })
  expect((await house.send({ ...request, headers: { dpop } })).status).toBe(200)
})

test('RFC6749-4.1.2: of 20 uses of one code in parallel one succeeds, and its tokens are dead', async () => {
  const code = await codeFor(house)
  const answers = await parallel(() => redeem(house, code, prover))
  expect(tally(answers)).toEqual({ '200': 1, '400 invalid_grant': TIMES - 1 })
  const winner = answers.find(({ status }) => status === 200)!
  const after = await house.send(await refresh(house, winner.json['refresh_token'], prover))
  expect(verdict(after)).toEqual([400, 'invalid_grant'])
})

test('RFC9126-2: a used assertion is used at every endpoint', async () => {
  const same = await assertion(house, 'web')
  expect((await house.send(await clientCredentials(house, prover, same))).status).toBe(200)
  for (const path of ['/par', '/introspect', '/revoke']) {
    const answer = await house.send({ url: house.issuer + path, form: same })
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  }
})

test('afterwards the honest request still works', async () => {
  expect((await house.send(await clientCredentials(house, prover))).status).toBe(200)
})

test('what is remembered of an assertion lasts as long as the assertion, and no longer than 610 s', async () => {
  const lives: number[] = []
  const records = new RecordsInProcess()
  const watched = await startHouse({
    records,
    through: (inner) => ({
      ...over(inner),
      add: (record) => {
        if (record.kind === 'ReplayDetection')
          lives.push((record.expiresAt ?? Infinity) - Date.now())
        return inner.add(record)
      },
    }),
  })
  const exp = Date.now() / 1_000 + 599.5
  const form = await assertion(watched, 'web', { exp })
  expect((await watched.send(await clientCredentials(watched, prover, form))).status).toBe(200)
  await watched.stop()
  expect(lives).toEqual([expect.toSatisfy((life) => life > 600_000 && life <= 610_000)])
})

async function parallel(make: () => Promise<Request>): Promise<Response[]> {
  const requests = await Promise.all(Array.from({ length: TIMES }, make))
  return Promise.all(requests.map((request) => house.send(request)))
}

function tally(answers: readonly Response[]): { [verdict: string]: number } {
  const counts: { [verdict: string]: number } = {}
  for (const answer of answers) {
    const key = verdict(answer).filter(Boolean).join(' ')
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
