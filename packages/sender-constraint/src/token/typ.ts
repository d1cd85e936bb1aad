import { type CheckOf, quote } from '../row.ts'

// RFC 7515 §4.1.9: `application/` may be left out; media types know no case (RFC 9110 §8.3.1).
const ACCESS_TOKEN = /^(?:application\/)?at\+jwt$/i

export const typ: CheckOf<'jwt'> = ({ token }) => {
  const value = token.jws.header['typ']
  return typeof value === 'string' && ACCESS_TOKEN.test(value)
    ? undefined
    : { expected: 'at+jwt', actual: quote(value) }
}
