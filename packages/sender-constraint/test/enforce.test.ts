import { describe, expect, test, vi } from 'vitest'
import { enforce, type MemoryAnswer, ROWS } from '../src/index.ts'
import {
  boundTwice,
  certificateBound,
  type Draft,
  dpopBound,
  factsOf,
  nonceAt,
  NOW,
  opaque,
  opaqueCertificateBound,
  run,
} from './honest.ts'

const HONEST = { dpopBound, certificateBound, boundTwice, opaque, opaqueCertificateBound }

const recorded = () => vi.fn<() => Promise<MemoryAnswer>>(async () => 'recorded')
const decide = (draft: Draft, remember = recorded()) =>
  enforce(ROWS, factsOf(draft), draft.policy, remember)

describe.for(Object.entries(HONEST))('%s', ([, honest]) => {
  test('is accepted, with an outcome for every row in the order of the table', async () => {
    const { decision } = await run(honest())
    expect(decision.refusal).toBeUndefined()
    expect(decision.rows.map(({ clause }) => clause)).toEqual(ROWS.map(({ clause }) => clause))
    expect(new Set(decision.rows.map(({ outcome }) => outcome))).toEqual(
      new Set(['held', 'not applicable']),
    )
  })

  test('asks the memory once, if it has a proof', async () => {
    const draft = honest()
    expect((await run(draft)).asked).toBe(draft.proof ? 1 : 0)
  })
})

test('the memory is asked about the facts of this request, before it has answered', async () => {
  const remember = recorded()
  const facts = factsOf(dpopBound())
  await enforce(ROWS, facts, dpopBound().policy, remember)
  expect(remember).toHaveBeenCalledExactlyOnceWith(facts)
})

test('a refused request leaves no trace in the memory', async () => {
  const draft = dpopBound()
  draft.proof!.claims['htm'] = 'POST'
  const remember = recorded()
  expect((await decide(draft, remember)).refusal?.clause).toBe('RFC9449-4.3-8')
  expect(remember).not.toHaveBeenCalled()
})

test('the last pure row stands before the memory as well', async () => {
  const draft = dpopBound()
  draft.since = NOW
  const remember = recorded()
  expect((await decide(draft, remember)).refusal?.clause).toBe('RFC9449-11.1-3')
  expect(remember).not.toHaveBeenCalled()
})

test('a nonce is asked for once: the same client is served on its second try', async () => {
  const draft = dpopBound()
  draft.since = NOW
  expect((await run(draft)).decision.refusal?.answer.error).toBe('use_dpop_nonce')
  draft.proof!.claims['nonce'] = nonceAt(NOW)
  expect((await run(draft)).decision.refusal).toBeUndefined()
})

test('a memory that rejects is the caller’s business', async () => {
  const gone = new Error('gone')
  const remember = vi.fn<() => Promise<MemoryAnswer>>(() => Promise.reject(gone))
  await expect(decide(dpopBound(), remember)).rejects.toBe(gone)
})

test('the rows that the memory decides do not apply to Bearer, and are not reached after a refusal', async () => {
  const effects = ROWS.filter(({ stage }) => stage === 'effect')
  const last = async (draft: Draft) =>
    new Set((await decide(draft)).rows.slice(-effects.length).map(({ outcome }) => outcome))
  expect(await last(certificateBound())).toEqual(new Set(['not applicable']))
  const refused = certificateBound()
  refused.certificate = undefined
  expect(await last(refused)).toEqual(new Set(['not reached']))
})

test('an empty table accepts everything, and asks nobody', async () => {
  const { decision, asked } = await run(dpopBound(), [])
  expect(decision.refusal).toBeUndefined()
  expect(decision.rows).toEqual([])
  expect(asked).toBe(0)
})

test('of two edits the row that stands first is the refusal', async () => {
  const draft = dpopBound()
  draft.proof!.claims['htm'] = 'POST'
  draft.token.claims['iss'] = 'https://evil.example'
  expect((await decide(draft)).refusal?.clause).toBe('RFC9068-4-3')
})

test('a stray proof beside a certificate-bound Bearer is not read', async () => {
  const draft = certificateBound()
  draft.proof = dpopBound().proof
  draft.fields = (proof) => [proof, 'garbage']
  const { decision, asked } = await run(draft)
  expect(decision.refusal).toBeUndefined()
  expect(asked).toBe(0)
})

test('a memory that answers at once is not waited for', () => {
  const draft = dpopBound()
  const decision = enforce(ROWS, factsOf(draft), draft.policy, () => 'seen')
  if (decision instanceof Promise) throw new Error('it was waited for')
  expect(decision.refusal?.clause).toBe('RFC9449-11.1-2')
})

test('a row about what the request has not is not applicable, asked by itself too', () => {
  const draft = certificateBound()
  const facts = factsOf(draft)
  const row = ROWS.find(({ clause }) => clause === 'RFC9449-4.3-8')
  expect([row?.applies(facts), row?.decide(facts, draft.policy)]).toEqual([false, undefined])
})
