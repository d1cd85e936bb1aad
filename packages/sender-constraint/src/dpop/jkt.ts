import { equal } from '../jose/hash.ts'
import type { CheckOf } from '../row.ts'

export const jkt: CheckOf<'proofWithToken'> = ({ dpop, token }) => {
  const expected = token.confirmation.jkt
  const actual = dpop.proof.header.thumbprint
  if (expected === undefined) return undefined
  return actual !== undefined && equal(actual, expected)
    ? undefined
    : { expected, actual: actual ?? 'no key' }
}
