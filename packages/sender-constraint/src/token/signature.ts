import type { Jws } from '../jose/jws.ts'
import { type JwsKey, verifies } from '../jose/signature.ts'
import { type CheckOf, quote } from '../row.ts'

/**
 * What has been verified, by parsed token and key: both are immutable, so the verdict is too. A
 * token that its reader has kept is verified once, and again when the issuer publishes another key.
 */
const verified = new WeakMap<Jws, JwsKey>()

export const signature: CheckOf<'jwt'> = ({ token: { jws, key } }) => {
  if (!key)
    return { expected: 'a kid and alg that the issuer publishes', actual: quote(jws.header['kid']) }
  if (verified.get(jws) === key) return undefined
  if (!verifies(jws.header['alg'], key, jws.signingInput, jws.signature))
    return { expected: 'a signature by the key of this kid', actual: 'another' }
  verified.set(jws, key)
  return undefined
}
