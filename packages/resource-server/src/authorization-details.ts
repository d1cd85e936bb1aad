import type { Claims } from '@holdfast/sender-constraint'

/**
 * What a token allows in detail (RFC 9396 §9): its authorization details of one type, none of them
 * judged. A route with `authorizationDetails: type` lets no token through that has none.
 *
 * @param claims of the token, as the handler finds them
 */
export function authorizationDetailsOf(claims: Claims, type: string): readonly Claims[] {
  const details: unknown = claims['authorization_details']
  if (!Array.isArray(details)) return []
  return details.map((detail): Claims => Object(detail)).filter((detail) => detail['type'] === type)
}
