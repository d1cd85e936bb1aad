import type { Records } from '@holdfast/store'
import type { Configuration } from '../configuration/configuration.ts'
import { offeredBy, registeredWith, relaxationOf, weakness } from '../profiles/profiles.ts'
import { asRegistered, type ClientMetadata, ClientMetadataError } from './client-metadata.ts'
import type { Metadata } from './client-metadata.ts'

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

/**
 * One more client, or another version of one that is known.
 *
 * @throws ClientMetadataError with the clause that forbids it; then nothing was written
 */
export async function registerClient(records: Records, client: ClientMetadata): Promise<void> {
  const payload = checkClient(client)
  await refuseSubjects(records, [client.client_id])
  await records.upsert({ kind: 'Client', id: client.client_id, payload })
}

/**
 * RFC9700-4.15.1: of a token that a client got for itself `sub` is the client; no resource server
 * shall take that for an end-user.
 *
 * @throws ClientMetadataError for a client whose client_id is the subject of an end-user
 */
export async function refuseSubjects(
  records: Records,
  clients: readonly string[],
  subjects: readonly string[] = [],
): Promise<void> {
  const confused = (id: string) =>
    new ClientMetadataError(id, 'client_id is no sub of an end-user', 'RFC9700-4.15.1')
  for (const client of clients)
    if (subjects.includes(client) || (await records.find('User', client))) throw confused(client)
  for (const subject of subjects) if (await records.find('Client', subject)) throw confused(subject)
}

/**
 * Looks at every client that is in the store when a server starts: what is weaker than its profile,
 * or of a profile that is not on offer, would be refused later, request by request.
 *
 * @returns a sentence for each client whose profile relaxes something
 * @throws ClientMetadataError
 */
export async function checkClients(
  records: Records,
  configuration: Configuration,
): Promise<readonly string[]> {
  const offered = offeredBy(configuration)
  const clients = await records.list('Client')
  return clients.flatMap(({ id, payload }) => {
    const broken = offered.weakness(payload)
    if (broken) throw new ClientMetadataError(id, broken.sentence, broken.clause)
    const relaxation = relaxationOf(payload['profile'])
    return relaxation === undefined ? [] : [`client ${id} is weaker than FAPI 2.0: ${relaxation}`]
  })
}
