import type { AuthorizationRequest } from './authorization.ts'

/**
 * What a resource server that finds the login too weak or too old asks for (RFC 9470 §3), as the next
 * authorization request takes it; `undefined`: that is not what is wrong.
 */
export function stepUpOf({
  status,
  headers,
}: Response): Pick<AuthorizationRequest, 'acrValues' | 'maxAge'> | undefined {
  const challenges = headers.get('www-authenticate') ?? ''
  if (status !== 401 || !challenges.includes('error="insufficient_user_authentication"'))
    return undefined
  const [, acrValues] = /\bacr_values="([^"]*)"/.exec(challenges) ?? []
  const [, maxAge] = /\bmax_age="?(\d{1,9})\b/.exec(challenges) ?? []
  return {
    ...(acrValues && { acrValues: acrValues.split(' ') }),
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
  }
}
