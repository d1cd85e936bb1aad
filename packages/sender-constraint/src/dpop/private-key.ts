import { isObject } from '../parse/json.ts'
import type { CheckOf } from '../row.ts'

// RFC 7518 §6.2.2, §6.3.2, §6.4, RFC 8037 §2 and RFC 9964.
const PRIVATE = ['d', 'priv', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export const privateKey: CheckOf<'proof'> = ({ dpop }) => {
  const { jwk } = dpop.proof.jws.header
  const found = isObject(jwk) ? PRIVATE.find((name) => name in jwk) : undefined
  return found ? { expected: 'public members only', actual: `a member ${found}` } : undefined
}
