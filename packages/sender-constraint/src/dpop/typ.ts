import { type CheckOf, quote } from '../row.ts'

// To the letter: no `application/`, no other case. RFC 9449 §4.2 gives the value, not a media type.
export const typ: CheckOf<'proof'> = ({ dpop }) => {
  const value = dpop.proof.jws.header['typ']
  return value === 'dpop+jwt' ? undefined : { expected: 'dpop+jwt', actual: quote(value) }
}
