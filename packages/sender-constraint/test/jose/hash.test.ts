import { expect, test } from 'vitest'
import { equal, jwkThumbprint } from '../../src/index.ts'
import { CLIENT, ED25519, ML_DSA, RSA_2048, thumbprint } from '../honest.ts'

test.for([CLIENT, ED25519, RSA_2048, ML_DSA['ML-DSA-65']])(
  'a thumbprint of a $alg key',
  ({ jwk }) => {
    expect(jwkThumbprint(jwk)).toBe(thumbprint(jwk))
    expect(jwkThumbprint({ use: 'sig', d: 'secret', priv: 'secret', ...jwk })).toBe(thumbprint(jwk))
  },
)

test.for([
  ['no object', 'key'],
  ['nothing', undefined],
  ['no kty', {}],
  ['symmetric', { kty: 'oct', k: 'c2VjcmV0' }],
  ['a member missing', { kty: 'EC', crv: 'P-256', x: 'AA' }],
  ['a member of another type', { kty: 'OKP', crv: 'Ed25519', x: 7 }],
  ['kty in an array', { kty: ['EC'], crv: 'P-256', x: 'AA', y: 'AA' }],
  ['kty that every object has', { kty: 'constructor' }],
  ['kty that is the prototype', { kty: '__proto__' }],
  ['kty that cannot be made text', { kty: { toString: 1, valueOf: 1 } }],
] as const)('no thumbprint: %s', ([, jwk]) => {
  expect(jwkThumbprint(jwk)).toBeUndefined()
})

test.for([
  ['', '', true],
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['abc', 'abcd', false],
  ['a', 'ä', false],
] as const)('equal: %j and %j', ([one, other, same]) => {
  expect(equal(one, other)).toBe(same)
})
