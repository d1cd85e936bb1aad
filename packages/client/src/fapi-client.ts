import type { MTLSEndpointAliases, ServerMetadata } from 'openid-client'

import type { Authorization, AuthorizationRequest } from './authorization.ts'
import type { Authentication, AuthenticationRequest } from './backchannel.ts'
import type { Fetch } from './connection.ts'
import type { DeviceAuthorization } from './device.ts'
import type { ExchangeRequest } from './exchange.ts'
import type { EndedSession } from './logout-token.ts'
import type { ClientMaterial } from './material/material.ts'
import type { ProofKey } from './proof.ts'
import type { TokenRequest, Tokens } from './tokens.ts'

export interface ResourceRequest {
  /** Without Authorization and DPoP: these are what `call` is for. */
  readonly headers?: Readonly<Record<string, string>>
  /** A form that can be sent twice: a nonce may be asked for. */
  readonly body?: string | Uint8Array | URLSearchParams
}

/**
 * A client of one authorization server.
 *
 * Errors of all methods: openid-client's (`ClientError` with `code`, `ResponseBodyError` with
 * `error`, `AuthorizationResponseError` with `error`, `WWWAuthenticateChallengeError`), undici's
 * `TypeError` when there was no connection. A server that asks for a nonce (RFC 9449 §8 and §9) gets
 * the request once more, with the nonce, and no third time.
 */
export interface FapiClient {
  readonly material: ClientMaterial
  readonly metadata: ServerMetadata
  /** The connection, as wrapped: the material's trust, its certificate, no redirects. */
  readonly fetch: Fetch
  /** Of a DPoP client: the key of all its proofs, made with it and never leaving the process. */
  readonly proofKey?: ProofKey
  /** The endpoint this client uses: its mTLS alias, if it uses those and there is one. */
  endpoint(name: keyof MTLSEndpointAliases): URL
  clientCredentials(request: TokenRequest): Promise<Tokens>
  /** Pushes an authorization request (RFC 9126). */
  authorize(request: AuthorizationRequest): Promise<Authorization>
  /**
   * Asks the end-user on another device (CIBA), by a request that the client has signed.
   *
   * @throws ClientError `HOLDFAST_KEY` if the material has no key
   */
  authenticate(request: AuthenticationRequest): Promise<Authentication>
  /** Asks for an authorization that the user gives on another device, by a code (RFC 8628). */
  authorizeDevice(request: TokenRequest): Promise<DeviceAuthorization>
  /**
   * Another access token for the same subject (RFC 8693), constrained to this client.
   *
   * @throws ClientError `HOLDFAST_TOKEN_TYPE` if what was issued is no access token
   */
  exchange(request: ExchangeRequest): Promise<Tokens>
  /** @throws ClientError `HOLDFAST_REFRESH_TOKEN` if there is no refresh token */
  refresh(tokens: Tokens, request?: TokenRequest): Promise<Tokens>
  /** Gives a token back (RFC 7009): of a refresh token, all that came of its grant ends with it. */
  revoke(token: string): Promise<void>
  /**
   * Where the browser must go to log its end-user out (OpenID Connect RP-Initiated Logout §2).
   *
   * @param tokens with an ID token: it says whose session
   * @param postLogoutRedirectUri where the browser comes back, if it is to
   */
  logoutUrl(tokens: Tokens, postLogoutRedirectUri?: string): URL
  /**
   * Whose session is over (OpenID Connect Back-Channel Logout §2.6). Each token is taken once.
   *
   * @throws ClientError `HOLDFAST_LOGOUT_TOKEN`
   */
  checkLogoutToken(token: string): Promise<EndedSession>
  /**
   * Presents the access token at a protected resource: with scheme DPoP and a fresh proof, or with
   * scheme Bearer over mutual TLS.
   *
   * @returns the response whatever its status, 401 and redirects included: the caller decides
   */
  call(
    tokens: Tokens,
    method: string,
    url: string | URL,
    request?: ResourceRequest,
  ): Promise<Response>
  readonly close: () => Promise<void>
}
