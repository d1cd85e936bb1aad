import { type CheckOf, quote } from '../row.ts'

export const alg: CheckOf<'proof'> = ({ dpop }, { proofAlgorithms }) => {
  const value = dpop.proof.jws.header['alg']
  return proofAlgorithms.some((name) => name === value)
    ? undefined
    : { expected: proofAlgorithms.join(', '), actual: quote(value) }
}
