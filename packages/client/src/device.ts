import { initiateDeviceAuthorization, pollDeviceAuthorizationGrant } from 'openid-client'

import type { Session } from './authorization.ts'
import { withoutSecrets } from './errors.ts'
import { readTokens, type TokenRequest, type Tokens } from './tokens.ts'

export interface DeviceAuthorization {
  /** What the device shows: where its user goes, and the code to enter there. */
  readonly verificationUri: string
  readonly userCode: string
  /** The same with the code in it, as for a QR code, where the server has such a thing. */
  readonly verificationUriComplete?: string
  /** Seconds for which the user may take their time, and between two polls. */
  readonly expiresIn: number
  readonly interval: number
  /**
   * Polls until the user has decided, more slowly where the server says `slow_down`.
   *
   * @throws ResponseBodyError with `error` `access_denied` or `expired_token`
   */
  readonly tokens: () => Promise<Tokens>
}

/** The device authorization grant (RFC 8628 §3.1): for what has no browser of its own. */
export async function authorizeDevice(
  { configuration, material, DPoP }: Session,
  { scope, resource }: TokenRequest,
): Promise<DeviceAuthorization> {
  const response = await withoutSecrets(
    initiateDeviceAuthorization(configuration, {
      ...(scope !== undefined && { scope }),
      ...(resource !== undefined && { resource }),
    }),
  )
  const { verification_uri_complete: complete } = response
  return {
    verificationUri: response.verification_uri,
    userCode: response.user_code,
    ...(complete !== undefined && { verificationUriComplete: complete }),
    expiresIn: response.expires_in,
    interval: response.interval ?? 5,
    tokens: async () => {
      const options = DPoP && { DPoP }
      const polling = pollDeviceAuthorizationGrant(configuration, response, {}, options)
      return readTokens(await withoutSecrets(polling), material)
    },
  }
}
