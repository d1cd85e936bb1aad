/** oidc-provider as it comes, but for what FAPI 2.0 and the flows of the bench cannot do without. */
import { generateKeyPairSync } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { Provider } from 'oidc-provider'
import { DPOP_CLIENT, MTLS_CLIENT, REDIRECT_URI, RESOURCE, SCOPE } from '../names.ts'
import { serve, settings } from './serving.ts'

const { jwk } = settings()
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { kty: 'EC', ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }

const certificateOf = ({ socket }: { readonly socket: unknown }) =>
  socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined

const ALGORITHMS = ['ES256' as const]

await serve(async (issuer, mtlsOrigin) => {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: DPOP_CLIENT,
        token_endpoint_auth_method: 'private_key_jwt',
        grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [REDIRECT_URI],
        jwks: { keys: [{ kty: 'EC', ...jwk }] },
        dpop_bound_access_tokens: true,
        id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: MTLS_CLIENT,
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=client',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        tls_client_certificate_bound_access_tokens: true,
        id_token_signed_response_alg: 'ES256',
      },
    ],
    clientAuthMethods: ['private_key_jwt', 'tls_client_auth'],
    jwks: { keys: [key] },
    responseTypes: ['code'],
    // The paths of ours, so that the load is the same.
    routes: { authorization: '/authorize', token: '/token', pushed_authorization_request: '/par' },
    enabledJWA: {
      clientAuthSigningAlgValues: ALGORITHMS,
      dPoPSigningAlgValues: ALGORITHMS,
      idTokenSigningAlgValues: ALGORITHMS,
    },
    discovery: { mtls_endpoint_aliases: { token_endpoint: `${mtlsOrigin}/token` } },
    features: {
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      fapi: { enabled: true, profile: '2.0' },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ req }) => certificateOf(req),
        certificateAuthorized: ({ req }) =>
          req.socket instanceof TLSSocket && req.socket.authorized,
        certificateSubjectMatches: ({ req }, _property, expected) =>
          certificateOf(req)?.subject === expected,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: SCOPE,
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  const answer = provider.callback()
  return { open: answer, mtls: answer }
})
