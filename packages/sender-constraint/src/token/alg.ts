import { type CheckOf, quote } from '../row.ts'

export const tokenAlg: CheckOf<'jwt'> = ({ token }, { tokenAlgorithms }) => {
  const alg = token.jws.header['alg']
  return tokenAlgorithms.some((name) => name === alg)
    ? undefined
    : { expected: tokenAlgorithms.join(', '), actual: quote(alg) }
}
