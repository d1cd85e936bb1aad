import { generateKeyPair, hash, randomBytes } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

/** ML-DSA (RFC 9881) is for a profile that asks for it, ES384 and PS384 for none. */
const newPair = {
  PS256: () => generate('rsa', { modulusLength: 2048 }),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generate('ed25519'),
  'ML-DSA-44': () => generate('ml-dsa-44'),
  'ML-DSA-65': () => generate('ml-dsa-65'),
  'ML-DSA-87': () => generate('ml-dsa-87'),
} satisfies { readonly [alg: string]: () => Promise<{ privateKey: KeyObject }> }

export type SigningAlgorithm = keyof typeof newPair

export const SECRETS = ['cookies', 'dpop-nonce'] as const

/** A private key, or a secret in `k`. */
export interface PrivateJwk {
  readonly kty: string
  readonly kid: string
  readonly [member: string]: unknown
}

/** What a key is for: signatures of one algorithm, or something that only we read. */
export type Purpose = SigningAlgorithm | (typeof SECRETS)[number]

export async function newKey(purpose: Purpose): Promise<PrivateJwk> {
  if (purpose === 'cookies' || purpose === 'dpop-nonce')
    return {
      kty: 'oct',
      k: randomBytes(32).toString('base64url'),
      kid: randomBytes(16).toString('base64url'),
    }
  const jwk = (await newPair[purpose]()).privateKey.export({ format: 'jwk' })
  return { ...jwk, kty: String(jwk.kty), kid: thumbprint(jwk), alg: purpose, use: 'sig' }
}

/** RFC 7638: required members only, in lexical order. */
function thumbprint({ alg, crv, e, kty, n, pub, x, y }: JsonWebKey): string {
  const required = { ...(kty === 'AKP' && { alg }), crv, e, kty, n, pub, x, y }
  return hash('sha256', JSON.stringify(required), 'base64url')
}
