import {
  type AuthorizationDetails,
  authorizationCodeGrant,
  buildAuthorizationUrlWithJAR,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  type Configuration,
  type DPoPHandle,
  modifyAssertion,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'

import { refusal, withoutSecrets } from './errors.ts'
import type { ClientMaterial } from './material/material.ts'
import type { SigningKey } from './signing-key.ts'
import { readTokens, type Tokens } from './tokens.ts'

export interface AuthorizationRequest {
  /** Space-separated. With `openid` an ID token is required and checked. */
  readonly scope: string
  /** Resource indicator (RFC 8707), sent with the request and with the code. */
  readonly resource?: string
  /** Seconds. With `openid`, an older `auth_time` is refused. */
  readonly maxAge?: number
  /** Every `acr` that would do. With `openid`, an ID token with another one is refused. */
  readonly acrValues?: readonly string[]
  /** What the end-user is to consent to in detail (RFC 9396). */
  readonly authorizationDetails?: AuthorizationDetails[]
  /** Further parameters, such as `prompt`. */
  readonly parameters?: Readonly<Record<string, string>>
}

export interface Authorization {
  /** Where the user's browser must go: `client_id` and `request_uri`, nothing else. */
  readonly url: URL
  /**
   * Redeems the code. May be called again: refusing a used code is the authorization server's duty.
   *
   * @param currentUrl where the browser came back, with its query
   * @throws ClientError `OAUTH_INVALID_RESPONSE` if `state` or `iss` is missing or wrong
   *   (RFC 6749 §10.12, RFC 9207 §2.4), or the response is not signed and should be, `HOLDFAST_REDIRECT_URI` if it is not this client's
   *   redirection endpoint; AuthorizationResponseError if the answer is an error. No code is sent to
   *   the token endpoint in these cases.
   */
  readonly callback: (currentUrl: URL | string) => Promise<Tokens>
}

export interface Session {
  readonly material: ClientMaterial
  readonly configuration: Configuration
  readonly DPoP?: DPoPHandle
  /** Signs authorization requests (RFC 9101); the responses are then expected as JARM. */
  readonly signingKey?: SigningKey
}

/** One authorization: its `state`, PKCE verifier and `nonce` belong to it alone (RFC 9700 §2.1.1). */
export async function authorize(
  session: Session,
  request: AuthorizationRequest,
): Promise<Authorization> {
  const { configuration, material, DPoP, signingKey } = session
  const { scope, resource, maxAge, acrValues, authorizationDetails } = request
  const isOpenId = scope.split(' ').includes('openid')
  const checks = {
    pkceCodeVerifier: randomPKCECodeVerifier(),
    expectedState: randomState(),
    ...(isOpenId && { expectedNonce: randomNonce() }),
    ...(isOpenId && maxAge !== undefined && { maxAge }),
  }
  const parameters = {
    ...request.parameters,
    response_type: 'code',
    redirect_uri: material.redirectUri,
    scope,
    state: checks.expectedState,
    code_challenge: await calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...(resource !== undefined && { resource }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(acrValues && { acr_values: acrValues.join(' ') }),
    ...(authorizationDetails && { authorization_details: JSON.stringify(authorizationDetails) }),
    ...(checks.expectedNonce !== undefined && { nonce: checks.expectedNonce }),
    // Beside the proof, for a server that knows only one of the two ways to bind the code to the
    // key (RFC 9449 §10 and §10.1).
    ...(DPoP && { dpop_jkt: await DPoP.calculateThumbprint() }),
  }
  const options = DPoP && { DPoP }
  const pushed = signingKey ? await signed(configuration, parameters, signingKey) : parameters
  const url = await withoutSecrets(buildAuthorizationUrlWithPAR(configuration, pushed, options))
  const callback = async (currentUrl: URL | string) => {
    const response = await withoutSecrets(
      authorizationCodeGrant(
        configuration,
        responseAt(material.redirectUri, currentUrl),
        // A copy: openid-client writes into what it is given.
        { ...checks },
        resource === undefined ? {} : { resource },
        options,
      ),
    )
    const tokens = readTokens(response, material)
    if (isOpenId && acrValues) checkAcr(tokens, acrValues)
    return tokens
  }
  return { url, callback }
}

/** OpenID Connect Core §3.1.3.7-12. */
function checkAcr({ id_token_claims: claims }: Tokens, acrValues: readonly string[]): void {
  if (!acrValues.some((one) => one === claims?.acr))
    throw refusal('HOLDFAST_ACR', 'the end-user was not authenticated in a way that was asked')
}

/** FAPI 2.0 Message Signing §5.3.2: everything is in the request object, which is good for a minute. */
async function signed(
  configuration: Configuration,
  parameters: Record<string, string>,
  { key, asRegistered }: SigningKey,
): Promise<URLSearchParams> {
  const options = { [modifyAssertion]: asRegistered }
  const url = await buildAuthorizationUrlWithJAR(configuration, parameters, key, options)
  return url.searchParams
}

/** A code that arrived somewhere else was not sent to this client. */
function responseAt(redirectUri: string, currentUrl: URL | string): URL {
  const url = new URL(currentUrl)
  if (`${url.origin}${url.pathname}` !== redirectUri) {
    throw refusal('HOLDFAST_REDIRECT_URI', `the response did not come to ${redirectUri}`)
  }
  return url
}
