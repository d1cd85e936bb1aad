import { createPublicKey, verify } from 'node:crypto'
import { importJwk, verifies } from '@holdfast/sender-constraint'
import { describe, expect, test } from 'vitest'
import { newKey } from '../../src/keys/new-key.ts'
import { SigningKey } from '../../src/keys/signing-key.ts'

const CONCATENATED = { dsaEncoding: 'ieee-p1363' } as const
const INPUT = 'eyJhbGciOiJub25lIn0.e30'

describe('a signing key', () => {
  test.for(['PS256', 'ES256', 'EdDSA'] as const)('%s: RFC 7518, RFC 8037', async (alg) => {
    const jwk = await newKey(alg)
    const key = new SigningKey(jwk)
    const signature = await key.sign(Buffer.from(INPUT))
    expect(verifies(alg, importJwk(jwk)!, INPUT, signature)).toBe(true)
    expect(verifies(alg, importJwk(jwk)!, `${INPUT}.`, signature)).toBe(false)
  })

  test('RFC7518-3.4: r and s are 32 bytes each, also where one is short or its first bit is set', async () => {
    const jwk = await newKey('ES256')
    const key = new SigningKey(jwk)
    const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    // A first byte of zero comes once in 256: that none of 4,000 has one has a chance of e^-15.
    const signatures: Uint8Array[] = []
    for (let made = 0; made < 2_000; made += 1)
      signatures.push(await key.sign(Buffer.from(String(made))))
    const lengths = new Set(signatures.map(({ length }) => length))
    expect([...lengths]).toEqual([64])
    const isGood = (signature: Uint8Array, made: number) =>
      verify('sha256', Buffer.from(String(made)), { key: publicKey, ...CONCATENATED }, signature)
    expect(signatures.every(isGood)).toBe(true)
    const begun = signatures.flatMap((signature) => [signature[0]!, signature[32]!])
    expect(Math.min(...begun)).toBe(0)
    expect(Math.max(...begun)).toBeGreaterThanOrEqual(0x80)
  })

  test('shows nothing but its public members', async () => {
    const { d: _, kid, alg, kty, crv, x, y } = await newKey('ES256')
    const key = new SigningKey({ d: _, kid, alg, kty, crv, x, y })
    expect(key).toMatchObject({ kid, alg, kty, crv, x, y, use: 'sig' })
    expect('d' in key).toBe(false)
    expect(JSON.stringify(key)).toBe('{}')
  })
})
