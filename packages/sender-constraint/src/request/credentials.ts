import type { Check } from '../row.ts'

export type Scheme = 'DPoP' | 'Bearer'

/** What the Authorization fields and the query hold. */
export type Credentials =
  | { readonly form: 'none'; readonly inQuery: boolean }
  | { readonly form: 'malformed'; readonly reason: string }
  | {
      readonly form: 'token'
      readonly scheme: Scheme
      readonly token: string
      readonly inQuery: boolean
    }

// RFC 6750 §2.1, RFC 9449 §7.1: scheme, spaces, token68. The scheme's case does not matter
// (RFC 9110 §11.1).
const FIELD = /^(dpop|bearer) +([A-Za-z0-9\-._~+/]+=*)$/i
const OURS = /^(dpop|bearer)(?![^\s,])/i

/**
 * @param fields the values of every Authorization field, as received
 * @param query of the request target, without the question mark
 */
export function parseCredentials(fields: readonly string[], query: string): Credentials {
  const inQuery = query !== '' && new URLSearchParams(query).has('access_token')
  const [field] = fields
  if (fields.length > 1)
    return { form: 'malformed', reason: `${fields.length} Authorization fields` }
  // Another scheme's credentials are no access token.
  if (field === undefined || !OURS.test(field)) return { form: 'none', inQuery }
  const [, scheme, token] = FIELD.exec(field) ?? []
  if (!scheme || !token)
    return { form: 'malformed', reason: 'the field is not a scheme and one token' }
  return {
    form: 'token',
    scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
    token,
    inQuery,
  }
}

export const oneField: Check = ({ credentials }) =>
  credentials.form === 'malformed'
    ? {
        expected: 'one Authorization field: DPoP or Bearer, and a token',
        actual: credentials.reason,
      }
    : undefined

export const oneWay: Check = ({ credentials }) =>
  credentials.form === 'token' && credentials.inQuery
    ? { expected: 'a token in Authorization only', actual: 'tokens in Authorization and query' }
    : undefined

export const notInQuery: Check = ({ credentials }) =>
  credentials.form === 'none' && credentials.inQuery
    ? { expected: 'a token in Authorization', actual: 'access_token in the query' }
    : undefined

export const presented: Check = ({ credentials }) =>
  credentials.form === 'none'
    ? { expected: 'an Authorization field with DPoP or Bearer', actual: 'none' }
    : undefined
