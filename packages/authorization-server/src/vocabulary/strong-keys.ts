import type { JsonWebKey } from 'node:crypto'
import type { Algorithm } from './algorithms.ts'

/** FAPI2SP-5.4.1-2, of the public keys in a `jwks`: none is private, and each fits one of the algorithms. */
export const areStrong = (jwks: unknown, algorithms: readonly Algorithm[]): boolean =>
  keysIn(jwks).every((jwk) => isStrong(jwk, algorithms))

function isStrong(jwk: JsonWebKey, algorithms: readonly Algorithm[]): boolean {
  const { kty, crv, alg } = jwk
  const isAllowed = algorithms.some((allowed) => allowed === alg)
  if (alg !== undefined && !isAllowed) return false
  if ('d' in jwk || 'priv' in jwk) return false
  if (kty === 'EC') return crv === 'P-256'
  if (kty === 'OKP') return crv === 'Ed25519'
  if (kty === 'AKP') return isAllowed // which of its keys it is, says `alg`
  return kty === 'RSA' && bits(jwk) >= 2048
}

const bits = ({ n }: JsonWebKey): number => Buffer.from(n ?? '', 'base64url').length * 8

/** Whatever the `jwks` is: the members of its `keys` that are objects. */
export function keysIn(jwks: unknown): readonly JsonWebKey[] {
  const { keys }: { keys?: unknown } = Object(jwks)
  if (!Array.isArray(keys)) return []
  return keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null)
}
