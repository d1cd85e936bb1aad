import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { importJwk, POST_QUANTUM, verifies } from '../../src/index.ts'
import { ML_DSA } from '../honest.ts'

const INPUT = 'header.payload'
const DATA = Buffer.from(INPUT)

test('ES256: 200 signatures, short coordinates among them, agree with Node’s own reading', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = importJwk(publicKey.export({ format: 'jwk' }))!
  for (let round = 0; round < 200; round += 1) {
    const signature = sign('sha256', DATA, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    expect(verifies('ES256', key, INPUT, signature)).toBe(true)
    signature[round % 64]! ^= 1
    expect(verifies('ES256', key, INPUT, signature)).toBe(false)
  }
})

test.for([
  ['too short', Buffer.alloc(63)],
  ['too long', Buffer.alloc(65)],
  ['empty', Buffer.alloc(0)],
  ['all zero', Buffer.alloc(64)],
  ['all ones', Buffer.alloc(64, 0xff)],
] as const)('ES256: a signature that is %s does not verify', ([, signature]) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = importJwk(publicKey.export({ format: 'jwk' }))!
  expect(verifies('ES256', key, INPUT, signature)).toBe(false)
})

test('PS256: only with a salt of 32 bytes', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = importJwk(publicKey.export({ format: 'jwk' }))!
  const signed = (saltLength: number) =>
    sign('sha256', DATA, { key: privateKey, padding: 6, saltLength })
  expect(key.bits).toBe(2048)
  expect(verifies('PS256', key, INPUT, signed(32))).toBe(true)
  expect(verifies('PS256', key, INPUT, signed(20))).toBe(false)
  expect(verifies('PS256', key, INPUT, sign('sha256', DATA, privateKey))).toBe(false) // PKCS #1 v1.5
  expect(verifies('RS256', key, INPUT, signed(32))).toBe(false)
})

test('the key decides which algorithms it is used with, not the header', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = importJwk(publicKey.export({ format: 'jwk' }))!
  for (const alg of ['PS256', 'EdDSA', 'HS256', 'none', undefined, 7])
    expect(verifies(alg, key, INPUT, Buffer.alloc(64))).toBe(false)
})

test.for([
  ['symmetric', { kty: 'oct', k: 'c2VjcmV0' }],
  [
    'another curve',
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
  ],
  ['not on the curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
  ['members missing', { kty: 'EC', crv: 'P-256' }],
  ['members of another type', { kty: 'RSA', n: 7, e: {} }],
  ['text', 'key'],
  ['null', null],
  ['nothing', undefined],
] as const)('a jwk that is %s is no key', ([, jwk]) => {
  expect(importJwk(jwk)).toBeUndefined()
})

test('a key that cannot verify anything does not verify', () => {
  const { publicKey: key } = generateKeyPairSync('x25519')
  expect(verifies('EdDSA', { key, algorithms: ['EdDSA'] }, INPUT, Buffer.alloc(64))).toBe(false)
})

test('the running Node has all of ML-DSA', () => {
  expect(POST_QUANTUM).toEqual(['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'])
})

test.for(Object.values(ML_DSA))('$alg: signed by Node, verified with that key only', (signer) => {
  const key = importJwk(signer.jwk)!
  const signature = sign(null, DATA, signer.privateKey)
  expect(verifies(signer.alg, key, INPUT, signature)).toBe(true)
  expect(verifies(signer.alg, key, `${INPUT}!`, signature)).toBe(false)
  expect(verifies(signer.alg, key, INPUT, signature.subarray(1))).toBe(false)
  for (const { alg, jwk } of Object.values(ML_DSA).filter((other) => other !== signer)) {
    expect(verifies(alg, key, INPUT, signature)).toBe(false)
    expect(verifies(signer.alg, importJwk(jwk)!, INPUT, signature)).toBe(false)
    expect(importJwk({ ...jwk, alg: signer.alg })).toBeUndefined() // of another size
  }
})

test.for([
  ['no alg', { kty: 'AKP', pub: ML_DSA['ML-DSA-44'].jwk['pub'] }],
  ['an alg of another family', { ...ML_DSA['ML-DSA-44'].jwk, alg: 'SLH-DSA-SHA2-128s' }],
  ['no pub', { kty: 'AKP', alg: 'ML-DSA-44' }],
] as const)('an AKP with %s is no key', ([, jwk]) => {
  expect(importJwk(jwk)).toBeUndefined()
})
