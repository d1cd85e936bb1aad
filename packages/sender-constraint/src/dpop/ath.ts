import { equal } from '../jose/hash.ts'
import { type CheckOf, quote } from '../row.ts'

export const ath: CheckOf<'proofWithToken'> = ({ dpop, token }) => {
  const value = dpop.proof.jws.claims['ath']
  return typeof value === 'string' && equal(value, token.hash)
    ? undefined
    : { expected: token.hash, actual: quote(value) }
}
