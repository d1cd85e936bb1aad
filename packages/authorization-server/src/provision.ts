import type { Records } from '@holdfast/store'
import { asRegistered, ClientMetadataError } from './clients/client-metadata.ts'
import type { ClientMetadata } from './clients/client-metadata.ts'
import type { KeyEncryption } from './keys/encryption.ts'
import { createKeys } from './keys/keys.ts'
import { algorithmsOf, registeredWith, weakness } from './profiles/profiles.ts'
import { DEFAULT_PROFILE, type ProfileName } from './vocabulary/profile-names.ts'
import { keepUser } from './end-users/users.ts'
import type { Metadata } from './clients/client-metadata.ts'
import type { User } from './end-users/users.ts'

export interface Provisioning {
  readonly clients: readonly ClientMetadata[]
  readonly users: readonly User[]
  /** What the servers on this store offer: it decides which keys they need. Default: the usual one. */
  readonly profiles?: readonly ProfileName[]
  readonly keyEncryption?: KeyEncryption | undefined
}

/** Members of `ClientMetadata`; a misspelt one would be dropped silently. */
const KNOWN: { readonly [member in keyof Required<ClientMetadata>]: true } = {
  client_id: true,
  client_name: true,
  token_endpoint_auth_method: true,
  token_endpoint_auth_signing_alg: true,
  id_token_signed_response_alg: true,
  access_token_signing_alg: true,
  authorization_signed_response_alg: true,
  introspection_signed_response_alg: true,
  request_object_signing_alg: true,
  grant_types: true,
  redirect_uris: true,
  scope: true,
  authorization_details_types: true,
  jwks: true,
  dpop_bound_access_tokens: true,
  tls_client_certificate_bound_access_tokens: true,
  tls_client_auth_subject_dn: true,
  tls_client_auth_san_dns: true,
  tls_client_auth_san_uri: true,
  tls_client_auth_san_ip: true,
  tls_client_auth_san_email: true,
  backchannel_token_delivery_mode: true,
  backchannel_client_notification_endpoint: true,
  backchannel_authentication_request_signing_alg: true,
  post_logout_redirect_uris: true,
  backchannel_logout_uri: true,
  backchannel_logout_session_required: true,
  introspection_audiences: true,
  may_act: true,
  exchange_resources: true,
  profile: true,
}

export const isKnownMember = (name: string): boolean => Object.hasOwn(KNOWN, name)

/**
 * Puts into the store what an authorization server needs there: signing keys and secrets (made
 * once, then kept), clients and users (replaced). Running it again changes nothing else.
 *
 * @throws ClientMetadataError for a client weaker than the profile; then nothing was written
 */
export async function provision(records: Records, given: Provisioning): Promise<void> {
  const { clients, users, keyEncryption: encryption, profiles = [DEFAULT_PROFILE] } = given
  for (const client of clients) checkClient(client)
  await createKeys({ records, encryption, algorithms: algorithmsOf(profiles) })
  for (const client of clients) await registerClient(records, client)
  for (const user of users) await keepUser(records, user)
}

/**
 * One more client, or another version of one that is known.
 *
 * @throws ClientMetadataError with the clause that forbids it; then nothing was written
 */
export async function registerClient(records: Records, client: ClientMetadata): Promise<void> {
  await records.upsert({ kind: 'Client', id: client.client_id, payload: checkClient(client) })
}

/**
 * @returns what the library reads, and what its profile has the client registered with
 * @throws ClientMetadataError with the clause that forbids it
 */
export function checkClient(client: ClientMetadata): Metadata {
  for (const member of Object.keys(client))
    if (!isKnownMember(member))
      throw new ClientMetadataError(client.client_id, `${member} is not known`)
  const payload = { ...registeredWith({ ...client }), ...asRegistered(client) }
  const broken = weakness(payload)
  if (broken) throw new ClientMetadataError(client.client_id, broken.sentence, broken.clause)
  return payload
}
