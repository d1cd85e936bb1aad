/** The lab's clients: every client authentication of the profile with every sender constraint. */
import { generateKeyPairSync, type JsonWebKey, randomUUID, X509Certificate } from 'node:crypto'
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

export const CLIENTS: readonly LabClient[] = AUTHENTICATIONS.flatMap((authentication) =>
  BINDINGS.map((binding) => ({
    id: `${NAMES[authentication]}-${binding}`,
    authentication,
    binding,
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

export const ALL_CLIENTS: readonly LabClient[] = [...CLIENTS, ...Object.values(PROFILE_CLIENTS)]

export const SCOPES = ['accounts', 'payments']

/** The certificate that a client needs, if it needs one. Kept from run to run. */
export async function certificateOf(
  authority: Authority,
  { id, authentication, binding }: LabClient,
): Promise<Credential | undefined> {
  const subject = `CN=${id},O=Holdfast lab`
  if (authentication === 'self_signed_tls_client_auth') return authority.selfSigned(id, { subject })
  if (authentication === 'tls_client_auth' || binding === 'mtls')
    return authority.client(id, { subject })
  return undefined
}

/** A private JWK for client assertions: the present one, or a new one of which the server is told. */
export function keyOf(
  present: ClientMaterial | undefined,
  id: string,
): NonNullable<ClientMaterial['key']> {
  if (present?.key) return present.key
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty = 'EC', ...members } = privateKey.export({ format: 'jwk' })
  return { kty, ...members, alg: 'ES256', use: 'sig', kid: `${id}-${randomUUID().slice(0, 8)}` }
}

/** What the authorization server is told of a client. */
export function metadataOf(client: LabClient, material: ClientMaterial): ClientMetadata {
  const { id, authentication, binding, profile } = client
  return {
    client_id: id,
    client_name: `Lab client (${profile ? `${profile}, ` : ''}${authentication}, ${binding})`,
    ...(profile && { profile }),
    token_endpoint_auth_method: authentication,
    grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
    ...(profile === 'fapi-ciba' && {
      grant_types: ['urn:openid:params:grant-type:ciba', 'refresh_token'],
      backchannel_token_delivery_mode: 'poll',
    }),
    redirect_uris: [material.redirectUri],
    scope: ['openid', 'offline_access', ...SCOPES].join(' '),
    ...(binding === 'dpop'
      ? { dpop_bound_access_tokens: true }
      : { tls_client_certificate_bound_access_tokens: true }),
    ...keysOf(client, material),
  }
}

function keysOf({ id, authentication }: LabClient, { key, certificate }: ClientMaterial) {
  if (authentication === 'tls_client_auth')
    return { tls_client_auth_subject_dn: `CN=${id},O=Holdfast lab` }
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
