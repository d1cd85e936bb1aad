import { sha256 } from '../jose/hash.ts'
import type { Jws } from '../jose/jws.ts'
import { type JwsKey, verifies } from '../jose/signature.ts'
import { Recent } from '../recent.ts'
import { type CheckOf, quote } from '../row.ts'

/**
 * With which key a token has been verified: both are immutable, so the verdict is too. A token is
 * verified once, and again when the issuer publishes another key.
 */
const verified = new WeakMap<Jws, JwsKey>()

/**
 * The same by the hash of all its bytes, for tokens that their reader keeps no longer: a hundred bytes
 * each, where a parsed token takes some thousand.
 */
const verifiedBefore = new Recent<JwsKey>(100_000)

export const signature: CheckOf<'jwt'> = ({ token: { jws, key } }) => {
  if (!key)
    return { expected: 'a kid and alg that the issuer publishes', actual: quote(jws.header['kid']) }
  if (verified.get(jws) === key) return undefined
  const hash = hashOf(jws)
  if (verifiedBefore.get(hash) !== key) {
    if (!verifies(jws.header['alg'], key, jws.signingInput, jws.signature))
      return { expected: 'a signature by the key of this kid', actual: 'another' }
    verifiedBefore.keep(hash, key)
  }
  verified.set(jws, key)
  return undefined
}

const hashOf = ({ signingInput, signature: bytes }: Jws): string =>
  sha256(`${signingInput}.${Buffer.from(bytes).toString('base64url')}`)
