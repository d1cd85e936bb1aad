import { genericGrantRequest } from 'openid-client'

import type { Session } from './authorization.ts'
import { refusal, withoutSecrets } from './errors.ts'
import { readTokens, type TokenRequest, type Tokens } from './tokens.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export interface ExchangeRequest extends TokenRequest {
  /** In whose name the new token will speak. */
  readonly subject: Pick<Tokens, 'access_token'>
  /** The client's own: with it the new token says who acts (`act`); without, it does not. */
  readonly actor?: Pick<Tokens, 'access_token'>
}

/**
 * Token exchange (RFC 8693): another access token for the same subject, constrained to this client.
 *
 * @throws ClientError `HOLDFAST_TOKEN_TYPE` if what was issued is no access token (§2.2.1)
 */
export async function exchange(
  { configuration, material, DPoP }: Session,
  { subject, actor, scope, resource }: ExchangeRequest,
): Promise<Tokens> {
  const parameters = {
    subject_token: subject.access_token,
    subject_token_type: ACCESS_TOKEN,
    ...(actor && { actor_token: actor.access_token, actor_token_type: ACCESS_TOKEN }),
    ...(scope !== undefined && { scope }),
    ...(resource !== undefined && { resource }),
  }
  const options = DPoP && { DPoP }
  const asked = genericGrantRequest(configuration, GRANT, parameters, options)
  const response = await withoutSecrets(asked)
  if (response['issued_token_type'] !== ACCESS_TOKEN)
    throw refusal('HOLDFAST_TOKEN_TYPE', 'what was issued is not an access token')
  return readTokens(response, material)
}
