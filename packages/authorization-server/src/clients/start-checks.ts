import type { Records } from '@holdfast/store'
import { ClientMetadataError } from './client-metadata.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { offeredBy, relaxationOf } from '../profiles/profiles.ts'

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
  const { weakness } = offeredBy(configuration)
  const clients = await records.list('Client')
  return clients.flatMap(({ id, payload }) => {
    const broken = weakness(payload)
    if (broken) throw new ClientMetadataError(id, broken.sentence, broken.clause)
    const relaxation = relaxationOf(payload['profile'])
    return relaxation === undefined ? [] : [`client ${id} is weaker than FAPI 2.0: ${relaxation}`]
  })
}
