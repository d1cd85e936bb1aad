import type { Records } from '@holdfast/store'
import { checkClient, refuseSubjects, registerClient } from './clients/check-client.ts'
import type { ClientMetadata } from './clients/client-metadata.ts'
import { keepUser, type User } from './end-users/users.ts'
import type { KeyEncryption } from './keys/encryption.ts'
import { createKeys } from './keys/keys.ts'
import { algorithmsOf } from './profiles/profiles.ts'
import { DEFAULT_PROFILE, type ProfileName } from './vocabulary/profile-names.ts'

export interface Provisioning {
  readonly clients: readonly ClientMetadata[]
  readonly users: readonly User[]
  /** What the servers on this store offer: it decides which keys they need. Default: the usual one. */
  readonly profiles?: readonly ProfileName[]
  readonly keyEncryption?: KeyEncryption | undefined
}

/**
 * Puts into the store what an authorization server needs there: signing keys and secrets (made
 * once, then kept), clients and users (replaced). Running it again changes nothing else.
 *
 * @throws ClientMetadataError for a client weaker than the profile; then nothing was written
 */
export async function provision(records: Records, given: Provisioning): Promise<void> {
  const { clients, users, keyEncryption: encryption, profiles = [DEFAULT_PROFILE] } = given
  for (const client of clients) checkClient(client)
  await refuseSubjects(
    records,
    clients.map(({ client_id }) => client_id),
    users.map(({ login, sub = login }) => sub),
  )
  await createKeys({ records, encryption, algorithms: algorithmsOf(profiles) })
  for (const client of clients) await registerClient(records, client)
  for (const user of users) await keepUser(records, user)
}
