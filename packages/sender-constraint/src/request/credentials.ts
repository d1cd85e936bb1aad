import type { Credentials, PresentedToken } from '../facts.ts'
import { Recent } from '../recent.ts'
import type { Check } from '../row.ts'

/** Authorization fields that need not be parsed again. */
export class KnownCredentials {
  readonly #byEnd: Recent<PresentedToken>

  /** @param size see `Recent` */
  constructor(size: number) {
    this.#byEnd = new Recent(size)
  }

  get figures(): Recent<PresentedToken>['figures'] {
    return this.#byEnd.figures
  }

  get(field: string): PresentedToken | undefined {
    const known = this.#byEnd.get(field.slice(-TELLING))
    return known?.field === field ? known : undefined
  }

  keep(credentials: PresentedToken): void {
    this.#byEnd.keep(credentials.field.slice(-TELLING), credentials)
  }
}

/**
 * Characters. To be looked up, a string is hashed, and all of a token takes as long as its SHA-256;
 * but tokens that end alike (in a signature, or in what is random) are alike.
 */
const TELLING = 32

// RFC 6750 §2.1, RFC 9449 §7.1: scheme, spaces, token68. The scheme's case does not matter
// (RFC 9110 §11.1).
const FIELD = /^(dpop|bearer) +([A-Za-z0-9\-._~+/]+=*)$/i
const OURS = /^(dpop|bearer)(?![^\s,])/i

/**
 * @param fields the values of every Authorization field, as received
 * @param query of the request target, without the question mark
 * @param known credentials seen before
 */
export function parseCredentials(
  fields: readonly string[],
  query: string,
  known?: KnownCredentials,
): Credentials {
  const inQuery = query !== '' && new URLSearchParams(query).has('access_token')
  const [field] = fields
  if (fields.length > 1)
    return { form: 'malformed', reason: `${fields.length} Authorization fields` }
  const seen = field === undefined ? undefined : known?.get(field)
  if (seen) return seen.inQuery === inQuery ? seen : { ...seen, inQuery }
  // Another scheme's credentials are no access token.
  if (field === undefined || !OURS.test(field)) return { form: 'none', inQuery }
  const [, scheme, token] = FIELD.exec(field) ?? []
  if (!scheme || !token)
    return { form: 'malformed', reason: 'the field is not a scheme and one token' }
  return {
    form: 'token',
    scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
    token,
    field,
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
