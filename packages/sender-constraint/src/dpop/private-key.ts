import { isObject } from '../parse/json.ts'
import type { CheckOf } from '../row.ts'

// RFC 7518 §6.2.2, §6.3.2, §6.4, RFC 8037 §2 and RFC 9964.
const PRIVATE = ['d', 'priv', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** The first member of a JWK that only its owner should know. */
export const privateMember = (jwk: unknown): string | undefined =>
  isObject(jwk) ? PRIVATE.find((name) => name in jwk) : undefined

export const privateKey: CheckOf<'proof'> = ({ dpop }) => {
  const found = privateMember(dpop.proof.jws.header['jwk'])
  return found ? { expected: 'public members only', actual: `a member ${found}` } : undefined
}
