import type { CheckOf } from '../row.ts'

export const jkt: CheckOf<'proofWithToken'> = ({ dpop, token }) => {
  const expected = token.confirmation.jkt
  const actual = dpop.proof.header.thumbprint
  return expected === undefined || actual === expected
    ? undefined
    : { expected, actual: actual ?? 'no key' }
}
