import { type CheckOf, quote } from '../row.ts'

// Methods are case-sensitive (RFC 9110 §9.1).
export const htm: CheckOf<'proof'> = ({ dpop, request }) => {
  const value = dpop.proof.jws.claims['htm']
  return value === request.method ? undefined : { expected: request.method, actual: quote(value) }
}
