import { hash, timingSafeEqual } from 'node:crypto'
import { isObject } from '../parse/json.ts'

/** base64url of the SHA-256: of an access token for `ath`, of a DER certificate for `x5t#S256`. */
export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'base64url')

/**
 * RFC 7638: the SHA-256 of the required members, in lexicographic order, without white space.
 * `undefined` if one of them is not a string, or the key type has no thumbprint.
 */
export function jwkThumbprint(jwk: unknown): string | undefined {
  if (!isObject(jwk)) return undefined
  const names = REQUIRED.get(jwk['kty'])
  const members = names?.map((name) => [name, jwk[name]] as const)
  if (!members?.every(([, value]) => typeof value === 'string')) return undefined
  return sha256(JSON.stringify(Object.fromEntries(members)))
}

// A Map, not an object: a client may well send `"kty": "constructor"`.
const REQUIRED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['AKP', ['alg', 'kty', 'pub']],
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
])

/**
 * Compares in a time that does not depend on where the two differ. For what only we can make, as the
 * MAC of a nonce; hashes of what the client itself has shown are no secret, and compared with `===`.
 */
export function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
