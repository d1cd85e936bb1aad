import type { JsonWebKey } from 'node:crypto'
import { importJwk, isOfGoodSize } from '@holdfast/sender-constraint'
import type { Algorithm } from './algorithms.ts'

/** FAPI2SP-5.4.1-2, of the public keys in a `jwks`: none is private, and each fits one of the algorithms. */
export const areStrong = (jwks: unknown, algorithms: readonly Algorithm[]): boolean =>
  keysIn(jwks).every((jwk) => isStrong(jwk, algorithms))

function isStrong(jwk: JsonWebKey, algorithms: readonly Algorithm[]): boolean {
  if ('d' in jwk || 'priv' in jwk) return false
  const key = importJwk(jwk)
  if (!key) return false // of another kind, or no key at all
  const { alg } = jwk
  const fits = key.algorithms.some((known) => known === alg)
  if (alg !== undefined && !(fits && algorithms.some((allowed) => allowed === alg))) return false
  return isOfGoodSize(key)
}

/** Whatever the `jwks` is: the members of its `keys` that are objects. */
export function keysIn(jwks: unknown): readonly JsonWebKey[] {
  const { keys }: { keys?: unknown } = Object(jwks)
  if (!Array.isArray(keys)) return []
  return keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null)
}
