import { verifies } from '../jose/signature.ts'
import type { CheckOf } from '../row.ts'

export const signature: CheckOf<'proof'> = ({ dpop }) => {
  const { jws, header } = dpop.proof
  const { key } = header
  if (!key) return { expected: 'a public key in jwk', actual: 'none that fits the policy' }
  return verifies(jws.header['alg'], key, jws.signingInput, jws.signature)
    ? undefined
    : { expected: 'a signature by the key in jwk', actual: 'another' }
}
