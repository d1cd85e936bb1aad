import { expect, test } from 'vitest'
import { type Facts, proofUse } from '../../src/index.ts'
import { certificateBound, dpopBound, type Draft, factsOf, nonceAt, NOW } from '../honest.ts'

const of = (draft: Draft, more: Partial<Facts> = {}) =>
  proofUse('https://rs.example', { ...factsOf(draft), ...more }, draft.policy)

test('the use of a proof by its date, and by its nonce', () => {
  const dated = of(dpopBound())
  expect(dated).toMatchObject({ until: NOW + 65_000, withoutNonce: true })
  expect(dated).not.toHaveProperty('generation')
  const draft = dpopBound()
  draft.proof!.claims['nonce'] = nonceAt(NOW)
  const memory = { since: 0, generation: 'one' }
  expect(of(draft, { memory })).toMatchObject({
    key: dated?.key,
    owner: dated?.owner,
    until: NOW + 305_000,
    withoutNonce: false,
    generation: 'one',
  })
})

test('another jti, URL, key or server is another use', () => {
  const one = of(dpopBound())?.key
  const jti = dpopBound()
  jti.proof!.claims['jti'] = 'proof-2'
  const url = dpopBound()
  url.url = 'https://rs.example/payments'
  const draft = dpopBound()
  const elsewhere = proofUse('https://other.example', factsOf(draft), draft.policy)?.key
  expect(new Set([one, of(jti)?.key, of(url)?.key, elsewhere]).size).toBe(4)
})

test('without a proof, or without a key in it, there is no use', () => {
  const keyless = dpopBound()
  keyless.proof!.header['jwk'] = undefined
  expect([of(certificateBound()), of(keyless)]).toEqual([undefined, undefined])
})
