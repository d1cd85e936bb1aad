import {
  buildAuthorizationUrlWithJAR,
  initiateBackchannelAuthentication,
  modifyAssertion,
  pollBackchannelAuthenticationGrant,
} from 'openid-client'

import type { Session } from './authorization.ts'
import { withoutSecrets } from './errors.ts'
import type { SigningKey } from './signing-key.ts'
import { readTokens, type Tokens } from './tokens.ts'

export interface AuthenticationRequest {
  /** Space-separated, with `openid`. */
  readonly scope: string
  /** Whom to ask, by the name that the server knows. */
  readonly loginHint: string
  /** Shown on both devices, so that the end-user knows what they decide about. */
  readonly bindingMessage: string
  /** Resource indicator (RFC 8707). */
  readonly resource?: string
  /** For a client that is notified (CIBA §7.1.2): the server shows it where it does. 20 characters or more. */
  readonly notificationToken?: string
}

export interface Authentication {
  /** Names the request to the server. With the client's own authentication it is good for tokens. */
  readonly authReqId: string
  /** Seconds for which the end-user may take their time, and between two polls. */
  readonly expiresIn: number
  readonly interval: number
  /**
   * Polls until the end-user has decided, more slowly where the server says `slow_down`.
   *
   * @throws ResponseBodyError with `error` `access_denied` or `expired_token`
   */
  readonly tokens: () => Promise<Tokens>
}

/** Client-initiated backchannel authentication (CIBA §7): a signed request, and no browser. */
export async function authenticate(
  session: Session & { readonly signingKey: SigningKey },
  { scope, loginHint, bindingMessage, resource, notificationToken }: AuthenticationRequest,
): Promise<Authentication> {
  const { configuration, material, DPoP } = session
  const { key, asRegistered } = session.signingKey
  const parameters = {
    scope,
    login_hint: loginHint,
    binding_message: bindingMessage,
    ...(resource !== undefined && { resource }),
    ...(notificationToken !== undefined && { client_notification_token: notificationToken }),
  }
  // openid-client signs requests for the authorization endpoint; these have no response to shape.
  const signed = await buildAuthorizationUrlWithJAR(configuration, parameters, key, {
    [modifyAssertion]: (header, claims) => {
      asRegistered(header, claims)
      delete claims['response_type']
      delete claims['response_mode']
    },
  })
  const request = signed.searchParams.get('request') ?? ''
  const response = await withoutSecrets(
    initiateBackchannelAuthentication(configuration, { request }),
  )
  return {
    authReqId: response.auth_req_id,
    expiresIn: response.expires_in,
    interval: response.interval ?? 5,
    tokens: async () => {
      const options = DPoP && { DPoP }
      const polling = pollBackchannelAuthenticationGrant(configuration, response, {}, options)
      return readTokens(await withoutSecrets(polling), material)
    },
  }
}
