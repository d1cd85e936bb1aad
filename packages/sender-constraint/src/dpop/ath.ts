import { type CheckOf, quote } from '../row.ts'

export const ath: CheckOf<'proofWithToken'> = ({ dpop, token }) => {
  const value = dpop.proof.jws.claims['ath']
  return value === token.hash ? undefined : { expected: token.hash, actual: quote(value) }
}
