import type { ClauseId } from '@holdfast/sender-constraint'
import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'
import type { Configuration as ProviderConfiguration } from 'oidc-provider'
import { adapterOver } from './adapter.ts'
import { ALGORITHMS } from './algorithms.ts'
import { checkAssertion } from './assertion.ts'
import { mutualTls } from './certificates.ts'
import type { CertificateJudge } from './certificates.ts'
import { OWN_MEMBERS } from './client-metadata.ts'
import { weakness } from './client-rules.ts'
import type { Configuration } from './configuration.ts'
import { endpoints, interactionPath, mtlsEndpointAliases } from './endpoints.ts'
import type { Keys } from './keys.ts'
import { renderError } from './pages/error.ts'
import { Resources } from './resources.ts'
import { CLOCK_TOLERANCE } from './time.ts'
import { findAccount } from './users.ts'

export interface House {
  readonly configuration: Configuration
  readonly records: Records
  readonly certificates: CertificateJudge
  readonly keys: Keys
}

interface Row {
  readonly clause: ClauseId
  readonly sets: (house: House) => ProviderConfiguration
}

/**
 * Every option of the library that we set, next to the clause that wants it. No option is set
 * twice. Where a row looks redundant, the library's default is unsafe or follows another profile.
 */
const profile = [
  // --- FAPI 2.0 Security Profile, 5.3.2.1: general requirements
  {
    clause: 'FAPI2SP-5.3.2.1-1',
    sets: () => ({ routes: endpoints }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-4', // asked of every client, whichever way it came into the store
    sets: () => ({
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
    sets: ({ certificates, configuration }) => ({
      features: { mTLS: mutualTls(certificates, configuration.mtlsOrigin) },
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-6', // confidential clients only (-3) follows from it
    sets: () => ({
      clientAuthMethods: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-8',
    sets: ({ configuration: { lifetimes } }) => ({
      assertJwtClientAuthClaimsAndHeader: async (ctx, claims) =>
        checkAssertion(ctx, claims, lifetimes.assertion),
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-9',
    sets: () => ({ rotateRefreshToken: false }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-10',
    sets: ({ configuration: { dpopNonce }, keys }) => ({
      features: {
        dPoP: {
          enabled: true,
          nonceSecret: keys.dpopNonce,
          requireNonce: () => dpopNonce === 'required',
        },
      },
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-11',
    sets: ({ configuration: { lifetimes } }) => ({ ttl: { AuthorizationCode: lifetimes.code } }),
  },
  {
    clause: 'FAPI2SP-5.3.2.1-13',
    sets: () => ({ clockTolerance: CLOCK_TOLERANCE }),
  },

  // --- 5.3.2.2: authorization code flow
  {
    clause: 'FAPI2SP-5.3.2.2-1',
    sets: () => ({ responseTypes: ['code'] }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-3',
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
    sets: () => ({ pkce: { required: () => true } }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-6',
    sets: () => ({
      features: { fapi: { enabled: true, profile: '2.0' } },
      allowOmittingSingleRegisteredRedirectUri: false, // still applied at the token endpoint
    }),
  },
  {
    clause: 'FAPI2SP-5.3.2.2-13', // own pages: see interactions.ts
    sets: () => ({
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => interactionPath(uid) },
      renderError,
    }),
  },

  // --- 5.4: cryptography
  {
    clause: 'FAPI2SP-5.4.1-1',
    sets: () => ({
      enabledJWA: {
        clientAuthSigningAlgValues: [...ALGORITHMS],
        dPoPSigningAlgValues: [...ALGORITHMS],
        idTokenSigningAlgValues: [...ALGORITHMS],
        requestObjectSigningAlgValues: [...ALGORITHMS],
        userinfoSigningAlgValues: [...ALGORITHMS],
        introspectionSigningAlgValues: [...ALGORITHMS],
        authorizationSigningAlgValues: [...ALGORITHMS],
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
    clause: 'FAPI2SP-5.4.1-4', // made by provision, shared by all nodes
    sets: ({ keys }) => ({ jwks: { keys: [...keys.signing] } }),
  },

  // --- what the profile builds on
  {
    clause: 'RFC6749-4.4',
    sets: () => ({ features: { clientCredentials: { enabled: true } } }),
  },
  {
    clause: 'RFC6749-5.1', // tokens die with their grant, not with the login session
    sets: ({ configuration: { lifetimes } }) => ({
      expiresWithSession: async () => false,
      ttl: {
        AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken,
        ClientCredentials: (_ctx, token) =>
          token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken,
        RefreshToken: lifetimes.refreshToken,
        Grant: lifetimes.refreshToken,
      },
    }),
  },
  {
    clause: 'RFC7009-2.1',
    sets: () => ({
      features: {
        revocation: {
          enabled: true,
          allowedPolicy(_ctx, client, token) {
            if (token.clientId === client.clientId) return true
            throw new errors.InvalidRequest('the token was not issued to this client')
          },
        },
      },
    }),
  },
  {
    clause: 'RFC7662-2.1', // resource servers only, and only tokens that are for them (§4)
    sets: () => ({
      features: {
        introspection: {
          enabled: true,
          allowedPolicy(_ctx, client, token) {
            const audiences = client['introspection_audiences']
            const aud = 'aud' in token ? token.aud : undefined
            return aud !== undefined && Array.isArray(audiences) && audiences.includes(aud)
          },
        },
      },
    }),
  },
  {
    clause: 'RFC8705-5',
    sets: ({ configuration: { mtlsOrigin } }) => ({
      discovery: { mtls_endpoint_aliases: mtlsEndpointAliases(mtlsOrigin) },
    }),
  },
  {
    clause: 'RFC8707-2',
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
    sets: () => ({
      issueRefreshToken: async (_ctx, client, source) =>
        client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    }),
  },
  {
    clause: 'RFC9700-4.16', // cookies: over TLS only, out of reach of scripts and of other sites' POSTs
    sets: ({ keys, configuration: { lifetimes } }) => ({
      cookies: {
        keys: [keys.cookies],
        names: {
          session: '__Host-session',
          interaction: '__Secure-interaction',
          resume: '__Secure-resume',
        },
        long: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
        short: { httpOnly: true, sameSite: 'lax', secure: true, signed: true },
      },
      clientBasedCORS: () => false, // confidential clients do not run in browsers
      ttl: { Session: lifetimes.session, Interaction: lifetimes.interaction },
    }),
  },
  {
    clause: 'RFC9700-2.1.1', // single use holds only where the store is atomic: see adapter.ts
    sets: ({ records, configuration: { lifetimes } }) => ({
      adapter: adapterOver(records, lifetimes.interaction),
    }),
  },
] as const satisfies readonly Row[]

export type ProfileClause = (typeof profile)[number]['clause']

/** The rows folded into what the library takes. */
export function providerConfiguration(house: House): ProviderConfiguration {
  const folded: Tree = {}
  for (const { clause, sets } of profile) fold(folded, { ...sets(house) }, clause)
  return folded
}

interface Tree {
  [key: string]: unknown
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function fold(into: Tree, from: Tree, clause: ClauseId): void {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key]
    if (isTree(there) && isTree(value)) fold(there, value, clause)
    else if (there !== undefined) throw new Error(`${clause} sets ${key}, which is set already`)
    else into[key] = isTree(value) ? { ...value } : value
  }
}
