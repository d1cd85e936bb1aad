import type { ClauseId } from '@holdfast/sender-constraint'
import { errors } from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { decidedOn } from '../sender-constraint/decided.ts'
import { CIBA_GRANT } from '../extensions/ciba/requirements.ts'
import { DEVICE_GRANT } from '../extensions/device-authorization/requirements.ts'
import type { Failure } from '../operations/decisions.ts'

type Holds = (ctx: KoaContextWithOIDC) => boolean
type Class = abstract new (...args: never[]) => Error

const by =
  (method: string): Holds =>
  ({ oidc: { client } }) =>
    client?.clientAuthMethod === method

const at =
  (route: string): Holds =>
  ({ oidc }) =>
    oidc.route === route

const grant =
  (type: string): Holds =>
  ({ oidc: { params, route } }) =>
    route === 'token' && params?.['grant_type'] === type

/** A DPoP client without a proof, where the library blames the grant. */
export const lacksProof: Holds = (ctx) =>
  ctx.oidc.route === 'token' &&
  ctx.oidc.client?.['dpopBoundAccessTokens'] === true &&
  decidedOn(ctx)?.proof?.header.thumbprint === undefined

/** Of the client that asks: RFC 6749 §5.2 has a name of its own for that, which the library does not use. */
export const lacksGrant: Holds = ({ oidc: { client, params, route } }) => {
  const type = route === 'token' ? params?.['grant_type'] : GRANT_OF[route]
  return client !== undefined && typeof type === 'string' && !client.grantTypeAllowed(type)
}

const GRANT_OF: { readonly [route: string]: string } = {
  device_authorization: DEVICE_GRANT,
  backchannel_authentication: CIBA_GRANT,
}

const isCertificateBound: Holds = ({ oidc: { client } }) =>
  client?.['tlsClientCertificateBoundAccessTokens'] === true

const lacksCertificate: Holds = (ctx) =>
  ctx.oidc.route === 'token' && isCertificateBound(ctx) && !decidedOn(ctx)?.proof

const constrainedTwice: Holds = (ctx) =>
  isCertificateBound(ctx) &&
  (decidedOn(ctx)?.proof !== undefined || ctx.oidc.params?.['dpop_jkt'] !== undefined)

const lacksChallenge: Holds = ({ oidc: { params, route } }) =>
  route === 'pushed_authorization_request' &&
  params?.['request'] === undefined &&
  (params?.['code_challenge'] === undefined || params['code_challenge_method'] !== 'S256')

const isNotPushed: Holds = ({ oidc: { params, route } }) =>
  route === 'authorization' && params?.['request_uri'] === undefined

const lacksRedirect: Holds = ({ oidc: { params, route } }) =>
  route === 'pushed_authorization_request' && params?.['redirect_uri'] === undefined

const isUnsigned =
  (route: string): Holds =>
  ({ oidc: { body, client, route: asked } }) =>
    asked === route &&
    body?.['request'] === undefined && // of `params` the library forgets it when it has read it
    client?.['requireSignedRequestObject'] === true

const asserts: Holds = ({ oidc: { params } }) => params?.['client_assertion'] !== undefined

/**
 * Under which clause the library refuses: by the class of its error, and by what was asked. Of those
 * that fit the first counts.
 */
// oxfmt-ignore
const CLAUSES: readonly (readonly [clause: ClauseId, Class, Holds?])[] = [
  ['RFC7523-3',        errors.InvalidClientAuth,          by('private_key_jwt')],
  ['RFC7523-3',        errors.InvalidClientAuth,          asserts],
  ['RFC8705-2.1',      errors.InvalidClientAuth,          by('tls_client_auth')],
  ['RFC8705-2.2',      errors.InvalidClientAuth,          by('self_signed_tls_client_auth')],
  ['RFC6749-3.2.1',    errors.InvalidClientAuth],
  ['FAPI2SP-5.3.2.1-2', errors.UnsupportedGrantType],
  ['FAPI2SP-5.3.2.1-2', errors.UnauthorizedClient],
  ['FAPI2SP-5.3.2.1-2', errors.InvalidRequest, lacksGrant],
  ['FAPI2SP-5.3.2.2-1', errors.UnsupportedResponseType],
  ['FAPI2SP-5.3.2.1-5', errors.InvalidRequest,            constrainedTwice],
  ['FAPI2SP-5.3.2.2-5', errors.InvalidRequest,            lacksChallenge],
  ['FAPI2SP-5.3.2.2-3', errors.InvalidRequest,            isNotPushed],
  ['FAPICIBA-5.2.2-6', errors.InvalidRequest,             isUnsigned('backchannel_authentication')],
  ['RFC9101-6.3',      errors.InvalidRequest,             isUnsigned('pushed_authorization_request')],
  ['FAPI2SP-5.3.2.2-6', errors.InvalidRequest,            lacksRedirect],
  ['RFC9449-5',        errors.InvalidGrant,               lacksProof],
  ['RFC8705-3',        errors.InvalidRequest,             lacksCertificate],
  ['RFC9449-10.1',     errors.InvalidDpopProof,           at('pushed_authorization_request')],
  ['RFC6749-4.1.3',    errors.InvalidGrant,               grant('authorization_code')],
  ['RFC6749-6',        errors.InvalidGrant,               grant('refresh_token')],
  ['RFC8628-5.2',      errors.InvalidGrant,               grant(DEVICE_GRANT)],
  ['CIBA-11',          errors.InvalidGrant,               grant(CIBA_GRANT)],
  ['RFC6749-3.3',      errors.InvalidScope],
  ['RFC8707-2',        errors.InvalidTarget],
  ['RFC9396-6',        errors.InvalidAuthorizationDetails, at('token')],
  ['RFC9396-5',        errors.InvalidAuthorizationDetails],
  ['RFC9101-6.3',      errors.InvalidRequestObject],
  ['RFC6749-3.1.2.3',  errors.InvalidRedirectUri],
  ['RFC9126-2.1',      errors.RequestUriNotSupported,     at('pushed_authorization_request')],
  ['RFC9126-4',        errors.InvalidRequestUri],
  ['RFC9470-5',        errors.UnmetAuthenticationRequirements],
  ['RFC7591-2.3',      errors.InvalidSoftwareStatement],
  ['RFC7591-2.3',      errors.UnapprovedSoftwareStatement],
  ['FAPICIBA-5.2.2-2', errors.InvalidBindingMessage],
  ['CIBA-11',          errors.OIDCProviderError,          grant(CIBA_GRANT)],
  ['RFC8628-3.5',      errors.OIDCProviderError,          grant(DEVICE_GRANT)],
]

/** @param ctx absent where the library has not seen the request */
export function clauseOf(failure: Failure, ctx?: KoaContextWithOIDC): string | undefined {
  if ('clause' in failure) return String(failure.clause)
  const fits = (holds: Holds | undefined) => !holds || (ctx !== undefined && holds(ctx))
  return CLAUSES.find(([, kind, holds]) => failure instanceof kind && fits(holds))?.[0]
}
