import { expect, test } from 'vitest'
import { acceptableUntil } from '../../src/index.ts'
import { type Draft, dpopBound, factsOf, KEEPER, nonceAt, NOW, run, TIME } from '../honest.ts'

function until(draft: Draft): number {
  const proof = factsOf(draft).dpop?.proof
  if (proof?.form !== 'proof') throw new Error('the draft has no proof')
  return acceptableUntil(proof, draft.policy)
}
const accepted = async (draft: Draft) => (await run(draft)).decision.refusal === undefined

test('by iat: while the proof can be accepted, and the clock margin after it', async () => {
  const draft = dpopBound()
  draft.proof!.claims['iat'] = TIME + 10
  expect(until(draft)).toBe(NOW + (10 + 60 + 5) * 1000)
  draft.now = until(draft) - 5_000
  expect(await accepted(draft)).toBe(true)
  draft.now += 1
  expect(await accepted(draft)).toBe(false)
})

test.for([
  ['an hour ago', TIME - 3_600],
  ['now', TIME],
  ['an hour ahead', TIME + 3_600],
  ['in ten thousand years', TIME + 3e11],
  ['absurd', 1e308],
] as const)(
  'by nonce: while the nonce is fresh, and the margin; iat has no say: %s',
  async ([, iat]) => {
    const draft = dpopBound()
    draft.token.claims['exp'] = TIME + 3_600
    Object.assign(draft.proof!.claims, { iat, nonce: nonceAt(NOW) })
    expect(until(draft)).toBe(NOW + KEEPER.lifetime + 5_000)
    draft.now = until(draft) - 5_000 - 1
    expect(await accepted(draft)).toBe(true)
    draft.now += 1
    expect(await accepted(draft)).toBe(false)
  },
)
