import { describe, expect, test } from 'vitest'
import { enforce, type Facts, PROOF_ROWS, ROWS } from '../../src/index.ts'
import { dpopBound, type Edit, factsOf, NOW, nonceAt, TIME } from '../honest.ts'

/** The honest request at a token endpoint: a proof, no access token. */
async function decide(edit: Edit) {
  const draft = dpopBound()
  draft.policy.proofWindow = { past: 60, ahead: 60 }
  edit(draft)
  const { token: _, ...presented } = factsOf(draft)
  const facts: Facts = { ...presented, credentials: { form: 'none', inQuery: false } }
  return enforce(PROOF_ROWS, facts, draft.policy, async () => draft.answer)
}

test('every row about proofs and their memory is there, in its order; none about a token', async () => {
  const { rows, refusal } = await decide(() => {})
  expect(refusal).toBeUndefined()
  const subjects = new Set(['dpop', 'proof', 'memory'])
  expect(rows.map(({ clause }) => clause).filter((id) => id !== 'FAPI2SP-5.3.2.1-13')).toEqual(
    ROWS.filter(({ subject }) => subjects.has(subject)).map(({ clause }) => clause),
  )
  expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['held']))
})

describe('FAPI2SP-5.3.2.1-13', () => {
  const dated =
    (claims: { [name: string]: number }, nonce?: string): Edit =>
    ({ proof }) =>
      Object.assign(proof!.claims, claims, nonce !== undefined && { nonce })

  test.for([
    ['iat 60 s ahead', dated({ iat: TIME + 60 })],
    ['iat 60 s ahead, with a nonce', dated({ iat: TIME + 60 }, nonceAt(NOW))],
    ['nbf 60 s ahead', dated({ nbf: TIME + 60 })],
    ['iat an hour back, with a nonce', dated({ iat: TIME - 3_600 }, nonceAt(NOW))],
  ] as const)('holds for %s', async ([, edit]) => {
    expect((await decide(edit)).refusal).toBeUndefined()
  })

  test.for([
    ['iat 61 s ahead', dated({ iat: TIME + 61 })],
    ['iat 61 s ahead, with a nonce', dated({ iat: TIME + 61 }, nonceAt(NOW))],
    ['iat 61 s ahead, with a nonce that has expired', dated({ iat: TIME + 61 }, nonceAt(1))],
    ['nbf 61 s ahead, with a nonce', dated({ nbf: TIME + 61 }, nonceAt(NOW))],
  ] as const)('refuses %s', async ([, edit]) => {
    expect((await decide(edit)).refusal).toMatchObject({
      clause: 'FAPI2SP-5.3.2.1-13',
      answer: { error: 'invalid_dpop_proof' },
    })
  })
})
