/** What the judge of certificates says becomes of the client that shows one. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CertificateJudge, Outcome } from '../../src/index.ts'
import { Prover } from '../stage/honest.ts'
import { judge, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'

/** Failures of a client, until it has to wait. */
const MOST = 2

type Verdict = ReturnType<CertificateJudge['validate']>

const outcomes: Outcome[] = []
let house: House
let prover: Prover
let verdict: Verdict | undefined
beforeAll(async () => {
  house = await startHouse({
    configuration: { failures: { client: { most: MOST, within: 60 } } },
    audit: (outcome) => void outcomes.push(outcome),
    judge: { validate: (...asked) => verdict ?? judge.validate(...asked) },
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())
beforeEach(() => {
  verdict = undefined
  outcomes.length = 0
})

const ask = async (): Promise<Response> =>
  house.send({
    url: `${house.alias}/token`,
    headers: { dpop: await prover.proof(`${house.alias}/token`) },
    form: { grant_type: 'client_credentials', client_id: 'tls-dpop' },
    certificate: house.certificates.client,
  })

const REVOKED: Verdict = { ok: false, clause: 'RFC5280-6.1.3-a3', reason: 'CN=shop is revoked' }

test('RFC8705-2.1: what speaks against a certificate is in the audit, not in the answer', async () => {
  verdict = REVOKED
  const { status, json, text } = await ask()
  expect([status, json['error']]).toEqual([401, 'invalid_client'])
  expect(text).not.toContain('revoked')
  expect(outcomes).toMatchObject([
    {
      client: 'tls-dpop',
      clause: 'RFC8705-2.1',
      reason: expect.stringContaining('RFC5280-6.1.3-a3: CN=shop is revoked'),
    },
  ])
})

test('where nothing can be said, nothing is granted, and the client may come again', async () => {
  verdict = { ...REVOKED, reason: 'no list in force', unavailable: true }
  for (let times = 0; times < MOST; times += 1) {
    const { status, headers, json } = await ask()
    expect([status, json['error']]).toEqual([503, 'temporarily_unavailable'])
    expect(headers['retry-after']).toBe('5')
  }
  verdict = undefined
  expect((await ask()).status).toBe(200) // it has not failed
})
