import { type CheckOf, quote } from '../row.ts'

// RFC 9068 §4 wants now < exp, and we give an expired token no second. An introspection response
// may leave exp out; the issuer has just said that the token is active.
export const exp: CheckOf<'token'> = ({ token, now }) => {
  const value = token.claims['exp']
  if (value === undefined && token.form === 'opaque') return undefined
  return typeof value === 'number' && now < value * 1000
    ? undefined
    : { expected: `later than ${Math.floor(now / 1000)}`, actual: quote(value) }
}
