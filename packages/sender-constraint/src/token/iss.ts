import { type CheckOf, quote } from '../row.ts'

// An introspection response need not repeat the issuer (RFC 7662 §2.2): it is who we asked. It may
// not name another either, not even another one of ours: that one has said nothing.
export const iss: CheckOf<'token'> = ({ token }, { issuers }) => {
  const value = token.claims['iss']
  const asked = token.form === 'opaque' ? token.issuer : undefined
  const able = asked === undefined ? issuers : issuers.filter((issuer) => issuer === asked)
  if (token.form === 'opaque' && value === undefined && able.length > 0) return undefined
  return able.some((issuer) => issuer === value)
    ? undefined
    : { expected: able.join(' or ') || 'an issuer of ours', actual: quote(value ?? asked) }
}
