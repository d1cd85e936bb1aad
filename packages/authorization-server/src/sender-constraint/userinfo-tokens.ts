import { type Facts, readIntrospection } from '@holdfast/sender-constraint'
import type { AccessToken, Provider } from 'oidc-provider'
import type { Configuration } from '../configuration/configuration.ts'

/**
 * Reads the access tokens that userinfo takes: opaque, without a resource, whose grant still stands.
 * They are looked up as an introspection endpoint would; the facts say `aud` where the store says
 * nothing, since a token without a resource is for us.
 */
export const userinfoTokens =
  (provider: Provider, { issuer }: Configuration) =>
  async (text: string): Promise<NonNullable<Facts['token']>> => {
    const token = await provider.AccessToken.find(text)
    const grant =
      token?.grantId === undefined ? undefined : await provider.Grant.find(token.grantId)
    return readIntrospection(text, token && grant ? claimsOf(token, issuer) : { active: false })
  }

function claimsOf(token: AccessToken, issuer: string) {
  const { jkt, 'x5t#S256': x5t } = token
  const cnf = { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { 'x5t#S256': x5t }) }
  return {
    active: true,
    iss: issuer,
    exp: token.exp, // the library finds it for some seconds more
    sub: token.accountId,
    client_id: token.clientId,
    scope: token.scope,
    token_type: token.tokenType,
    aud: token.aud ?? issuer,
    ...(Object.keys(cnf).length > 0 && { cnf }),
  }
}
