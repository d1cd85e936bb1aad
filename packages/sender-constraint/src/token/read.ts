import { parseConfirmation } from '../confirmation/confirmation.ts'
import type { JwtToken, OpaqueToken, TokenStatus, UnreadableToken } from '../facts.ts'
import type { Claims } from '../parse/json.ts'
import { sha256 } from '../jose/hash.ts'
import { parseJws } from '../jose/jws.ts'
import type { JwsKey } from '../jose/signature.ts'

/** Characters. */
const LONGEST_TOKEN = 16_384

/** An access token in JWT form (RFC 9068), before the issuer's key is known. */
export function readJwtToken(text: string): JwtToken | UnreadableToken {
  const jws = parseJws(text, LONGEST_TOKEN)
  if (typeof jws === 'string') return { form: 'unreadable', reason: jws }
  const { claims } = jws
  return {
    form: 'jwt',
    hash: sha256(text),
    claims,
    confirmation: parseConfirmation(claims['cnf']),
    // A copy, for a token is kept: what is decoded is a piece of a pool of 64 KiB, which would stay.
    jws: { ...jws, signature: Uint8Array.from(jws.signature) },
    key: undefined,
  }
}

/** @param status what its status list says, where somebody looks */
export const withKey = (token: JwtToken, key: JwsKey | undefined, status?: TokenStatus): JwtToken =>
  token.key === key && token.status === status ? token : { ...token, key, status }

/**
 * An opaque access token, by what the issuer answered about it (RFC 7662 §2.2).
 *
 * @param issuer who was asked: where several count, the answer must not speak for another
 */
export const readIntrospection = (
  text: string,
  response: Claims,
  issuer?: string,
): OpaqueToken => ({
  form: 'opaque',
  hash: sha256(text),
  claims: response,
  confirmation: parseConfirmation(response['cnf']),
  ...(issuer !== undefined && { issuer }),
})
