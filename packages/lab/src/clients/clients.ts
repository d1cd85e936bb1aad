/** The lab's clients: every client authentication of the profile with every sender constraint. */
import { generateKeyPairSync, type JsonWebKey, randomUUID, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { ClientMetadata, ProfileName } from '@holdfast/authorization-server'
import type { Authority, Credential } from '@holdfast/ca'
import type { ClientMaterial } from '@holdfast/client'

export type Authentication = ClientMaterial['authentication']
export type Binding = ClientMaterial['binding']

export interface LabClient {
  readonly id: string
  readonly authentication: Authentication
  readonly binding: Binding
  /** What is asked of it beside the security profile (docs/profiles.md). */
  readonly profile?: ProfileName
  /** Of its certificate, and what `tls_client_auth` compares; absent: its id. RFC 4514. */
  readonly subject?: string
  /** Types of authorization details that it may ask for (RFC 9396). Absent: none. */
  readonly details?: readonly string[]
  /** Absent: those of its profile. */
  readonly grants?: ClientMetadata['grant_types']
  readonly redirectUris?: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  readonly backchannelLogoutUri?: string
  /** Absent: everything that the lab has. */
  readonly scope?: string
}

export const AUTHENTICATIONS = [
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
] as const satisfies readonly Authentication[]

export const BINDINGS = ['dpop', 'mtls'] as const satisfies readonly Binding[]

const NAMES = {
  private_key_jwt: 'private-key-jwt',
  tls_client_auth: 'tls-client-auth',
  self_signed_tls_client_auth: 'self-signed',
} as const satisfies Record<Authentication, string>

/** Of the security profile. */
const EVERY_GRANT = [
  'authorization_code',
  'client_credentials',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const satisfies ClientMetadata['grant_types']

export const CLIENTS: readonly LabClient[] = AUTHENTICATIONS.flatMap((authentication) =>
  BINDINGS.map((binding) => ({
    id: `${NAMES[authentication]}-${binding}`,
    authentication,
    binding,
    grants: EVERY_GRANT,
    details: ['payment_initiation', 'account_information'],
  })),
)

/** One client for each further profile, with the client authentication and constraint that suit it. */
export const PROFILE_CLIENTS = {
  message_signing: {
    id: 'message-signing',
    authentication: 'private_key_jwt',
    binding: 'dpop',
    profile: 'fapi2-message-signing',
  },
  ciba: {
    id: 'ciba',
    authentication: 'private_key_jwt',
    binding: 'mtls',
    profile: 'fapi-ciba',
  },
} as const satisfies { readonly [flow: string]: LabClient }

/**
 * The clients of the tutorials that people come from, by the names that they have there, as FAPI 2.0
 * allows them: `service` has a key where the tutorial has a shared secret.
 */
export const TUTORIAL_CLIENTS: readonly LabClient[] = [
  {
    id: 'service',
    authentication: 'private_key_jwt',
    binding: 'dpop',
    grants: ['client_credentials'],
  },
  { id: 'cert-bound', authentication: 'private_key_jwt', binding: 'mtls' },
  {
    id: 'client-tls-auth',
    authentication: 'tls_client_auth',
    binding: 'mtls',
    subject: 'CN=JohnDoe,OU=IT',
  },
  { id: 'client-dpop-auth', authentication: 'private_key_jwt', binding: 'dpop' },
]

export const ALL_CLIENTS: readonly LabClient[] = [
  ...CLIENTS,
  ...Object.values(PROFILE_CLIENTS),
  ...TUTORIAL_CLIENTS,
]

export const SCOPES = ['accounts', 'payments']

/** All that a client may be registered for. */
export const EVERY_SCOPE = ['openid', 'offline_access', ...SCOPES]

/** The profiles that the lab's authorization server offers. */
export const PROFILES: readonly ProfileName[] = [
  'fapi2-security-profile',
  'fapi2-message-signing',
  'fapi-ciba',
  'ciba-dpop',
  'compat-oauth2c',
]

/** The certificate that a client needs, if it needs one. Kept from run to run. */
export async function certificateOf(
  authority: Authority,
  client: LabClient,
): Promise<Credential | undefined> {
  const { id, authentication, binding } = client
  const subject = subjectOf(client)
  if (authentication === 'self_signed_tls_client_auth') return authority.selfSigned(id, { subject })
  if (authentication === 'tls_client_auth' || binding === 'mtls')
    return authority.client(id, { subject })
  return undefined
}

/** Of a client's own server on this machine, where it is told of logouts. Kept from run to run. */
export const logoutReceiver = (authority: Authority): Promise<Credential> =>
  authority.server('backchannel-logout', { dns: ['localhost'], ip: [] })

const subjectOf = ({ id, subject = `CN=${id},O=Holdfast lab` }: LabClient): string => subject

/** A private JWK for client assertions: the present one, or a new one of which the server is told. */
export function keyOf(
  present: Pick<ClientMaterial, 'key'> | undefined,
  id: string,
): NonNullable<ClientMaterial['key']> {
  if (present?.key) return present.key
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty = 'EC', ...members } = privateKey.export({ format: 'jwk' })
  return { kty, ...members, alg: 'ES256', use: 'sig', kid: `${id}-${randomUUID().slice(0, 8)}` }
}

/** What the authorization server is told of a client. */
export const metadataOf = (client: LabClient, material: ClientMaterial): ClientMetadata => ({
  ...metadataWithoutKeys(client, material.redirectUri),
  ...keysOf(client, material),
})

export function metadataWithoutKeys(client: LabClient, redirectUri: string): ClientMetadata {
  const { id, authentication, binding, profile, scope, redirectUris = [redirectUri] } = client
  const { grants = grantsOf(client), postLogoutRedirectUris, backchannelLogoutUri } = client
  return {
    client_id: id,
    client_name: `Lab client (${profile ? `${profile}, ` : ''}${authentication}, ${binding})`,
    ...(profile && { profile }),
    token_endpoint_auth_method: authentication,
    grant_types: grants,
    ...(grants.includes(CIBA_GRANT) && { backchannel_token_delivery_mode: 'poll' }),
    redirect_uris: redirectUris,
    ...(client.details && { authorization_details_types: client.details }),
    ...(postLogoutRedirectUris && { post_logout_redirect_uris: postLogoutRedirectUris }),
    ...(backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    scope: scope ?? EVERY_SCOPE.join(' '),
    dpop_bound_access_tokens: binding === 'dpop',
    tls_client_certificate_bound_access_tokens: binding === 'mtls',
  }
}

const CIBA_GRANT = 'urn:openid:params:grant-type:ciba'

const grantsOf = ({ profile }: LabClient): ClientMetadata['grant_types'] =>
  profile === 'fapi-ciba' || profile === 'ciba-dpop'
    ? [CIBA_GRANT, 'refresh_token']
    : ['authorization_code', 'client_credentials', 'refresh_token']

function keysOf(client: LabClient, { key, certificate }: ClientMaterial) {
  const { authentication } = client
  if (authentication === 'tls_client_auth') return { tls_client_auth_subject_dn: subjectOf(client) }
  if (authentication === 'private_key_jwt') return { jwks: { keys: [publicPart(key)] } }
  const x509 = new X509Certificate(certificate?.chain ?? '')
  const jwk = x509.publicKey.export({ format: 'jwk' })
  return { jwks: { keys: [{ ...jwk, x5c: [x509.raw.toString('base64')] }] } }
}

/** Of an EC or RSA key, all the lab makes. */
export function publicPart(key: JsonWebKey | undefined): JsonWebKey {
  const { kty, crv, x, y, n, e, alg, use, kid } = key ?? {}
  const members = Object.entries({ kty, crv, x, y, n, e, alg, use, kid })
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}

/** The resource server as a client of the authorization server: it introspects opaque tokens. */
export const RESOURCE_SERVER_CLIENT = 'resource-server'

export const clientFolder = (state: string, id: string): string => join(state, 'clients', id)
