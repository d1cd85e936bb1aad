import { type CheckOf, quote } from '../row.ts'

// An introspection response need not repeat the issuer (RFC 7662 §2.2): it is who we asked.
export const iss: CheckOf<'token'> = ({ token }, { issuer }) => {
  const value = token.claims['iss']
  if (token.form === 'opaque' && value === undefined) return undefined
  return value === issuer ? undefined : { expected: issuer, actual: quote(value) }
}
