import { errors } from 'oidc-provider'
import { adapterOver } from '../records/adapter.ts'
import { checkAssertion } from '../clients/assertion.ts'
import { mutualTls } from '../sender-constraint/certificates.ts'
import { elementsOf, OWN_MEMBERS } from '../clients/client-metadata.ts'
import { endpoints, interactionPath, mtlsEndpointAliases } from '../vocabulary/endpoints.ts'
import { SigningKey } from '../keys/signing-key.ts'
import { renderError } from '../pages/error.ts'
import { Resources } from '../resources.ts'
import { listedAndRecorded } from '../status-list/issuing.ts'
import { bindToProof } from '../sender-constraint/library.ts'
import { CLOCK_TOLERANCE } from '../vocabulary/time.ts'
import { lifeOfGrant, standingGrant } from '../end-users/standing-grant.ts'
import { findAccount } from '../end-users/users.ts'
import {
  keysByValue,
  oneConstraint,
  onlyCode,
  onlyGrants,
  registeredCertificates,
  safeRedirects,
  strongAlgorithms,
  strongAuthentication,
  strongKeys,
} from '../clients/client-rules.ts'
import { DEVICE_AUTHORIZATION } from '../extensions/device-authorization/requirements.ts'
import { LOGOUT } from '../extensions/logout/requirements.ts'
import { REGISTRATION } from '../extensions/registration/requirements.ts'
import { isNotDatedAhead } from '../extensions/message-signing/request-object.ts'
import type { Requirement } from './requirement.ts'
import { RICH_AUTHORIZATION } from '../extensions/rich-authorization/requirements.ts'
import { STEP_UP } from '../extensions/step-up/requirements.ts'
import { TOKEN_EXCHANGE } from '../extensions/token-exchange/requirements.ts'

/** Seconds for which a session is kept in which nobody has logged in. */
const A_FORM = 600

/**
 * What holds for every client of every profile. Every option of the library that we set stands next
 * to the clause that wants it, and no option is set twice. Where a row looks redundant, the library's
 * default is unsafe or follows another profile.
 */
export const SECURITY_PROFILE = [
  // --- FAPI 2.0 Security Profile, 5.3.2.1: general requirements
  {
    clause: 'FAPI2SP-5.3.2.1-1',
    sentence: 'metadata is published where discovery looks for it',
    sets: () => ({ routes: endpoints }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-2',
    sentence:
      'grant_types are those of the profile; the password grant and the implicit grant are none',
    asks: onlyGrants,
  },
  {
    clause: 'FAPI2SP-5.3.2.1-4',
    sentence:
      'access tokens are sender-constrained, whichever way their client came into the store',
    sets: (_house, { weakness }) => ({
      extraClientMetadata: {
        properties: OWN_MEMBERS,
        validator(_ctx, key, _value, metadata) {
          const broken = key === OWN_MEMBERS[0] ? weakness({ ...metadata }) : undefined
          if (broken) throw new errors.InvalidClientMetadata(broken.sentence)
        },
      },
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-5', // exclusive of each other per client; the library sees to that
    sentence:
      'exactly one of dpop_bound_access_tokens and tls_client_certificate_bound_access_tokens is true',
    asks: oneConstraint,
    sets: ({ certificates, configuration }) => ({
      features: { mTLS: mutualTls(certificates, configuration.mtlsOrigin) },
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-6', // confidential clients only (-3) follows from it
    sentence:
      'token_endpoint_auth_method is private_key_jwt, tls_client_auth or self_signed_tls_client_auth, and there is no client_secret',
    asks: strongAuthentication,
    sets: () => ({
      clientAuthMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-8',
    sentence: 'aud of a client assertion is the issuer, as a string, and its exp is near',
    sets: ({ configuration: { issuer, lifetimes } }, { termsOf }) => ({
      assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header, client) =>
        checkAssertion(
          ctx,
          { header, claims },
          {
            issuer,
            longest: lifetimes.assertion,
            audiences: termsOf(client['profile']).audiences,
          },
        ),
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-9',
    sentence: 'refresh tokens are not rotated',
    sets: () => ({ rotateRefreshToken: false }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-10',
    sentence: 'DPoP proofs may be asked to carry a server-provided nonce',
    sets: () => ({
      // Proofs are checked and remembered before the library sees them: see sender-constraint/enforcing.ts.
      features: { dPoP: { enabled: true, allowReplay: true } },
    }),
  },
  {
    clause: 'RFC9449-10.1',
    sentence: 'a request that is pushed with a DPoP proof is bound to its key, as by dpop_jkt',
    sets: (_house, { termsOf }) => ({ extraParams: { dpop_jkt: bindToProof(termsOf) } }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-11',
    sentence: 'an authorization code lives for 60 seconds at most',
    sets: ({ configuration: { lifetimes } }) => ({ ttl: { AuthorizationCode: lifetimes.code } }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-13',
    sentence: 'a JWT dated up to 10 s ahead is accepted, over 60 s ahead refused',
    requestObject: isNotDatedAhead,
    sets: () => ({ clockTolerance: CLOCK_TOLERANCE }),
  },

  // --- 5.3.2.2: authorization code flow
  {
    clause: 'FAPI2SP-5.3.2.2-1',
    sentence: 'response_types is code or empty',
    asks: onlyCode,
    sets: () => ({ responseTypes: ['code'] }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-3',
    sentence: 'authorization requests are pushed',
    sets: () => ({
      features: {
        pushedAuthorizationRequests: {
          enabled: true,
          requirePushedAuthorizationRequests: true,
        },
      },
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-5',
    sentence: 'PKCE with S256 is required',
    sets: () => ({ pkce: { required: () => true } }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-6',
    sentence: 'redirect_uri is in every pushed request',
    sets: () => ({
      features: { fapi: { enabled: true, profile: '2.0' } },
      allowOmittingSingleRegisteredRedirectUri: false, // still applied at the token endpoint
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-8',
    sentence: 'redirect_uris are https, or http on a loopback host',
    asks: safeRedirects,
  },
  {
    clause: 'FAPI2SP-5.3.2.2-13', // own pages: see end-users/interactions.ts
    sentence: 'end-users are shown what they need to decide',
    sets: () => ({
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => interactionPath(uid) },
      renderError,
    }),
  },

  // --- 5.4: cryptography
  {
    clause: 'FAPI2SP-5.4.1-1',
    sentence: 'every algorithm is one of those of the profile',
    asks: strongAlgorithms,
    // The list of all clients together; of proofs see sender-constraint/library.ts.
    sets: (_house, { algorithms }) => ({
      enabledJWA: {
        clientAuthSigningAlgValues: [...algorithms],
        dPoPSigningAlgValues: [...algorithms, 'Ed25519'], // RFC 9864's name for our EdDSA
        idTokenSigningAlgValues: [...algorithms],
        requestObjectSigningAlgValues: [...algorithms],
        userinfoSigningAlgValues: [...algorithms],
        introspectionSigningAlgValues: [...algorithms],
        authorizationSigningAlgValues: [...algorithms],
      },
      // RS256 by default, which would break every client as soon as JARM is turned on.
      clientDefaults: {
        grant_types: [],
        response_types: [],
        id_token_signed_response_alg: 'PS256',
        authorization_signed_response_alg: 'PS256',
        introspection_signed_response_alg: 'PS256',
      },
    }),
  },
  {
    clause: 'FAPI2SP-5.4.1-2',
    sentence:
      'jwks holds public keys that fit the algorithms: RSA of 2048 bits or more, P-256, Ed25519',
    asks: strongKeys,
  },
  {
    clause: 'FAPI2SP-5.4.1-4', // made by provision
    sentence: 'our own keys are strong, and shared by all nodes',
    sets: ({ keys }) => ({
      jwks: { keys: keys.signing.map((jwk) => new SigningKey(jwk)) },
      features: { externalSigningSupport: { enabled: true, ack: 'experimental-01' } },
    }),
  },

  // --- what the profile builds on
  {
    clause: 'RFC6749-4.4',
    sentence: 'a client gets tokens of its own by client_credentials',
    sets: () => ({ features: { clientCredentials: { enabled: true } } }),
  },
  {
    clause: 'RFC6749-5.1',
    sentence: 'tokens end with their grant, not with the login session',
    sets: ({ configuration, configuration: { lifetimes } }) => ({
      expiresWithSession: async () => false,
      loadExistingGrant: standingGrant(configuration),
      ttl: {
        AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken,
        ClientCredentials: (_ctx, token) =>
          token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken,
        RefreshToken: lifetimes.refreshToken,
        Grant: lifeOfGrant(configuration),
      },
    }),
  },
  {
    clause: 'RFC7009-2.1',
    sentence: 'a client can revoke its own tokens and no others',
    sets: () => ({
      features: {
        revocation: {
          enabled: true,
          allowedPolicy(_ctx, client, token) {
            if (token.clientId === client.clientId) return true
            const refusal = new errors.InvalidRequest('the token was not issued to this client')
            throw Object.assign(refusal, { clause: 'RFC7009-2.1' })
          },
        },
      },
    }),
  },
  {
    clause: 'RFC6819-5.2.2.4', // see end-users/applications.ts
    sentence: 'end-users see which applications have access, and withdraw it with every token',
  },
  ...LOGOUT,
  ...REGISTRATION,
  {
    clause: 'FAPI2SP-5.3.4-3', // resource servers refuse what was revoked: they must be able to know
    sentence: 'a JWT access token has a place in a status list, and a record',
    sets: (house) => ({ formats: { customizers: { jwt: listedAndRecorded(house) } } }),
  },
  {
    clause: 'RFC7662-2.1', // and §4
    sentence: 'only a resource server introspects, and only tokens that are for it',
    sets: ({ records }) => ({
      features: {
        introspection: {
          enabled: true,
          async allowedPolicy(_ctx, client, token) {
            const aud = 'aud' in token ? token.aud : undefined
            return (
              aud !== undefined &&
              elementsOf(client['introspection_audiences']).includes(aud) &&
              // A client that is being removed may still have a token, and the library asks it for more.
              (await records.find('Client', token.clientId ?? '')) !== undefined
            )
          },
        },
      },
    }),
  },
  {
    clause: 'RFC8705-2.2',
    sentence: 'self_signed_tls_client_auth needs jwks whose keys carry their certificate in x5c',
    asks: registeredCertificates,
  },
  {
    clause: 'RFC7591-2',
    sentence: 'keys are registered by value: jwks, not jwks_uri',
    asks: keysByValue,
  },
  {
    clause: 'RFC8705-5',
    sentence: 'endpoints that want a certificate have an alias',
    sets: ({ configuration: { mtlsOrigin } }) => ({
      discovery: { mtls_endpoint_aliases: mtlsEndpointAliases(mtlsOrigin) },
    }),
  },
  {
    clause: 'RFC8707-2',
    sentence: 'a token is for one configured resource',
    sets: ({ configuration }) => {
      const resources = new Resources(configuration)
      return {
        features: {
          resourceIndicators: {
            enabled: true,
            defaultResource: (ctx, _client, granted) =>
              resources.defaultResource(ctx, granted?.length ? granted : undefined),
            useGrantedResource: () => true,
            getResourceServerInfo: (_ctx, indicator, client) => resources.info(indicator, client),
          },
        },
      }
    },
  },
  {
    clause: 'OIDCC-5.4',
    sentence: 'claims about the end-user are given by scope',
    sets: ({ records, configuration: { lifetimes } }) => ({
      scopes: ['openid', 'offline_access'],
      claims: {
        openid: ['sub'],
        profile: ['name', 'given_name', 'family_name', 'preferred_username', 'updated_at'],
        email: ['email', 'email_verified'],
      },
      findAccount: (_ctx, sub) => findAccount(records, sub),
      ttl: { IdToken: lifetimes.idToken },
    }),
  },
  {
    clause: 'OIDCC-11',
    sentence: 'a refresh token is issued for offline_access',
    sets: () => ({
      issueRefreshToken: async (_ctx, client, source) =>
        client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    }),
  },
  {
    clause: 'RFC9700-4.16',
    sentence: 'cookies travel over TLS only, out of reach of scripts and of other sites',
    sets: ({ keys, configuration: { lifetimes } }) => ({
      cookies: {
        keys: [...keys.cookies],
        names: {
          session: '__Host-session',
          interaction: '__Secure-interaction',
          resume: '__Secure-resume',
        },
        long: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
        short: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
      },
      clientBasedCORS: () => false, // for origins that are not listed: see http/cross-origin.ts
      ttl: {
        // Whoever looks at a form gets one, as often as they like: it is not kept for long.
        Session: (_ctx, { accountId }) => (accountId === undefined ? A_FORM : lifetimes.session),
        Interaction: lifetimes.interaction,
      },
    }),
  },
  {
    clause: 'RFC9700-2.1.1', // single use holds only where the store is atomic: see records/adapter.ts
    sentence: 'what is good for one use is used once, on any node',
    sets: ({ records, configuration: { lifetimes } }) => ({
      adapter: adapterOver(records, lifetimes.interaction),
    }),
  },

  // --- what a grant can say
  ...RICH_AUTHORIZATION,
  ...STEP_UP,

  // --- further grants, each for the clients that are registered with it
  ...DEVICE_AUTHORIZATION,
  ...TOKEN_EXCHANGE,
] as const satisfies readonly Requirement[]
