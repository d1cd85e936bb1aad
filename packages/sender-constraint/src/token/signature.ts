import { verifies } from '../jose/signature.ts'
import { type CheckOf, quote } from '../row.ts'

export const signature: CheckOf<'jwt'> = ({ token }) => {
  const { header, signingInput, signature: value } = token.jws
  if (!token.key)
    return { expected: 'a kid and alg that the issuer publishes', actual: quote(header['kid']) }
  return verifies(header['alg'], token.key, signingInput, value)
    ? undefined
    : { expected: 'a signature by the key of this kid', actual: 'another' }
}
