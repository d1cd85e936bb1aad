/** The suite's configurations of the plan runs: JSON that it takes as it is. Private keys are in it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClientMetadata, registerClient } from '@holdfast/authorization-server'
import { openAuthority } from '@holdfast/ca'
import type { Attached } from '../attach.ts'
import { writePrivateFile } from '../text-file.ts'
import {
  type ClientConfiguration,
  forOurClient,
  keyFileOf,
  type OurClient,
} from './client-configuration.ts'
import type { PlanRun } from './plans.ts'
import { newKeys } from './registration.ts'
import { forServers, type ServersConfiguration } from './servers-configuration.ts'

export interface Written {
  readonly run: PlanRun
  readonly file: string
  readonly configuration: ServersConfiguration | ClientConfiguration
  /** Where it is our client that is tested. */
  readonly client?: OurClient
}

/**
 * Writes the configuration of each run into `folder`, mode 0600, and registers the clients that the
 * suite will play with the lab. Keys of an earlier call are kept.
 *
 * @param suite base URL under which the suite's own browser and callbacks are reached
 */
export async function writeConfigurations(
  lab: Attached,
  runs: readonly PlanRun[],
  { suite, folder }: { readonly suite: string; readonly folder: string },
): Promise<readonly Written[]> {
  const authority = await openAuthority(lab.folders.certs)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const common = { authority, addresses: lab.addresses, newKey: newKeys(), suite }
  const registrations: ClientMetadata[] = []
  const made: Written[] = []
  for (const run of runs) {
    const file = join(folder, `${run.label}.json`)
    const making = { ...common, file }
    if (run.tested === 'client') {
      made.push({ run, file, ...(await forOurClient(run, making)) })
    } else {
      const { clients, configuration } = await forServers(run, making)
      registrations.push(...clients)
      made.push({ run, file, configuration })
    }
  }
  for (const client of registrations) await registerClient(lab.records, client)
  for (const { file, configuration, client } of made) {
    if (client?.key) await write(keyFileOf(file), client.key)
    await write(file, configuration)
  }
  return made
}

const write = (file: string, value: object): Promise<void> =>
  writePrivateFile(file, `${JSON.stringify(value, null, 2)}\n`)
