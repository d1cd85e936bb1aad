import { parseJws } from '@holdfast/sender-constraint'
import { errors } from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Failure } from '../operations/decisions.ts'

/**
 * What the request is refused for, where the library fails at something else: at a JWT before it has
 * judged it.
 */
export function failureInstead(
  { oidc: { params, body, route, client } }: KoaContextWithOIDC,
  thrown: Failure,
): errors.OIDCProviderError | undefined {
  const assertion = params?.['client_assertion']
  const request = params?.['request'] ?? body?.['request'] // of `params` it goes when it has been read
  // The library clones a JWT, and V8 gives up on what nests a thousandfold.
  if (thrown instanceof RangeError && (request ?? assertion) !== undefined)
    return new errors.InvalidRequest('a JWT of this request nests too deeply')
  // It makes text of each parameter in a request object, and of `{"toString":1}` none can be made.
  if (thrown instanceof TypeError && thrown.message === NO_TEXT && request !== undefined)
    return new (
      route === 'backchannel_authentication' // CIBA-13 has no other name for it
        ? errors.InvalidRequest
        : errors.InvalidRequestObject
    )('a parameter in the request object is no text')
  // RFC7521-4.2.1: whatever is wrong with an assertion is invalid_client, also that it is none.
  if (thrown instanceof errors.InvalidRequest && !client && isNoJwt(assertion))
    return new errors.InvalidClientAuth('the client assertion is no JWT')
  return undefined
}

const NO_TEXT = 'Cannot convert object to primitive value'

/** Characters: longer than any form. */
const LONGEST = 56 * 1_024

const isNoJwt = (assertion: unknown): boolean =>
  typeof assertion === 'string' && typeof parseJws(assertion, LONGEST) === 'string'
