import type {
  AuthorizationDetails,
  IDToken,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from 'openid-client'

import { refusal } from './errors.ts'
import { checkIdToken } from './id-token.ts'
import type { ClientMaterial } from './material/material.ts'

export interface TokenRequest {
  /** Space-separated (RFC 6749 §3.3). */
  readonly scope?: string
  /** Resource indicator (RFC 8707). */
  readonly resource?: string
  /** Some of what the end-user has consented to (RFC 9396 §6). */
  readonly authorizationDetails?: AuthorizationDetails[]
}

/** A token response with the names of the wire. */
export interface Tokens {
  readonly access_token: string
  /** In lower case; what the wire said in any (RFC 6749 §5.1). */
  readonly token_type: 'dpop' | 'bearer'
  /** Seconds, from when the response came. */
  readonly expires_in?: number
  readonly refresh_token?: string
  readonly scope?: string
  readonly authorization_details?: AuthorizationDetails[]
  readonly id_token?: string
  /** The ID token's claims: checked, signature included. */
  readonly id_token_claims?: IDToken
}

/** RFC 9449 §5; RFC 8705 §3 defines no token type of its own, so that of RFC 6750. */
const TOKEN_TYPES = { dpop: 'dpop', mtls: 'bearer' } as const satisfies Record<
  ClientMaterial['binding'],
  Tokens['token_type']
>

/**
 * @throws ClientError `HOLDFAST_TOKEN_TYPE` if the token is not constrained the way this client is:
 *   a DPoP client that took a Bearer token would present one that anybody can use (RFC 9449 §5);
 *   `HOLDFAST_ID_TOKEN` if the ID token is not for this client alone, now, and with this access token
 */
export function readTokens(
  response: TokenEndpointResponse & TokenEndpointResponseHelpers,
  { binding, clientId }: Pick<ClientMaterial, 'binding' | 'clientId'>,
): Tokens {
  const expected = TOKEN_TYPES[binding]
  if (response.token_type !== expected) {
    throw refusal(
      'HOLDFAST_TOKEN_TYPE',
      `the token_type is not ${expected}, and this client is constrained by ${binding}`,
    )
  }
  const { access_token, expires_in, refresh_token, scope, authorization_details, id_token } =
    response
  const claims = response.claims()
  if (id_token !== undefined && claims !== undefined)
    checkIdToken(id_token, claims, { clientId, accessToken: access_token })
  return {
    access_token,
    token_type: expected,
    ...(expires_in !== undefined && { expires_in }),
    ...(refresh_token !== undefined && { refresh_token }),
    ...(scope !== undefined && { scope }),
    ...(authorization_details !== undefined && { authorization_details }),
    ...(id_token !== undefined && { id_token }),
    ...(claims !== undefined && { id_token_claims: claims }),
  }
}

/**
 * What the client holds after a refresh: the old refresh token if no new one came (FAPI 2.0 SP
 * §5.3.2.1 has no rotation).
 *
 * @throws ClientError `HOLDFAST_SUBJECT` if a new ID token is about somebody else (OpenID Connect
 *   Core §12.2)
 */
export function afterRefresh(before: Tokens, now: Tokens): Tokens {
  const subject = before.id_token_claims?.sub
  const newSubject = now.id_token_claims?.sub
  if (subject !== undefined && newSubject !== undefined && subject !== newSubject) {
    throw refusal('HOLDFAST_SUBJECT', 'the refreshed ID token is about another subject')
  }
  return {
    ...(before.refresh_token !== undefined && { refresh_token: before.refresh_token }),
    ...now,
  }
}
