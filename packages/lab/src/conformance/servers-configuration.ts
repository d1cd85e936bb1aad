/** The suite's configuration of a plan run: JSON that it takes as it is. Private keys are in it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonWebKey } from 'node:crypto'
import { type ClientMetadata, registerClient } from '@holdfast/authorization-server'
import { openAuthority } from '@holdfast/ca'
import { z } from 'zod'
import type { Addresses } from '../addresses.ts'
import type { Attached } from '../attach.ts'
import { USERS } from '../clients/users.ts'
import { browserAt, type Visit } from './browser.ts'
import type { PlanRun } from './plans.ts'
import {
  type ConformanceClient,
  makeClient,
  newKeys,
  registrationOf,
  scopeOf,
} from './registration.ts'

interface SuiteConfiguration {
  readonly alias: string
  readonly description: string
  readonly server: { readonly discoveryUrl: string }
  readonly client: SuiteClient
  readonly client2: SuiteClient
  readonly mtls: SuiteCertificate
  readonly mtls2: SuiteCertificate
  readonly resource: { readonly resourceUrl: string }
  /** Called in the place of the end-user of CIBA. */
  readonly automated_ciba_approval_url?: string
  readonly browser: readonly Visit[]
  readonly override: { readonly [module: string]: { readonly browser: readonly Visit[] } }
}

interface SuiteClient {
  readonly client_id: string
  readonly scope: string
  readonly jwks: { readonly keys: readonly [JsonWebKey] }
  /** Whom CIBA asks. */
  readonly hint_type?: 'login_hint'
  readonly hint_value?: string
  /** What the second client of CIBA asks for, where the metadata says `acr_values_supported`. */
  readonly acr_value?: string
}

interface SuiteCertificate {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export interface Written {
  readonly run: PlanRun
  readonly file: string
  readonly configuration: SuiteConfiguration
}

/** Where the suite waits for the authorization responses of a run. */
const callbackOf = (suite: string, { label }: PlanRun): string =>
  `${suite}/test/a/${label}/callback`

/**
 * Registers the clients of each run with the lab, and writes its configuration into `folder`, mode
 * 0600. Keys of an earlier call are kept.
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
  const newKey = newKeys()
  const clients: ClientMetadata[] = []
  const made: Written[] = []
  for (const run of runs) {
    const file = join(folder, `${run.label}.json`)
    const [known, known2] = await knownKeys(file)
    const pair = [
      await makeClient(run, 1, { authority, key: known ?? (await newKey(1)) }),
      await makeClient(run, 2, { authority, key: known2 ?? (await newKey(2)) }),
    ] as const
    const callback = callbackOf(suite, run)
    const surroundings = { addresses: lab.addresses, callback, ca: authority.issuing }
    clients.push(...pair.map((client) => registrationOf(run, client, callback)))
    made.push({ run, file, configuration: configurationOf(run, pair, surroundings) })
  }
  for (const client of clients) await registerClient(lab.records, client)
  for (const { file, configuration } of made)
    await writeFile(file, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600 })
  return made
}

interface Surroundings {
  readonly addresses: Addresses
  readonly callback: string
  /** PEM of the CA that has issued the clients' certificates. */
  readonly ca: string
}

function configurationOf(
  run: PlanRun,
  [first, second]: readonly [ConformanceClient, ConformanceClient],
  { addresses, callback, ca }: Surroundings,
): SuiteConfiguration {
  const { issuer, resource, authorizationServerManagement: management } = addresses
  const approval = `${management}/backchannel-authentication`
  return {
    alias: run.label,
    description: `Holdfast: ${run.label}`,
    server: { discoveryUrl: `${issuer}/.well-known/openid-configuration` },
    client: clientOf(run, first),
    mtls: certificateOf(first, ca),
    client2: clientOf(run, second),
    mtls2: certificateOf(second, ca),
    resource: { resourceUrl: `${resource}/accounts` },
    ...(run.flow === 'ciba' && {
      automated_ciba_approval_url: `${approval}?auth_req_id={auth_req_id}&action={action}`,
    }),
    ...browserAt({ issuer, callback, user: USERS[0]! }),
  }
}

const clientOf = (run: PlanRun, { id, key }: ConformanceClient): SuiteClient => ({
  client_id: id,
  scope: scopeOf(run),
  jwks: { keys: [key] },
  ...(run.flow === 'ciba' && {
    hint_type: 'login_hint' as const,
    hint_value: USERS[0]!.login,
    acr_value: 'urn:holdfast:pwd',
  }),
})

const certificateOf = (
  { certificate: { certificate, key } }: ConformanceClient,
  ca: string,
): SuiteCertificate => ({ cert: certificate, key, ca })

const jwks = z.object({ jwks: z.object({ keys: z.tuple([z.looseObject({ n: z.string() })]) }) })
const earlier = z.object({ client: jwks, client2: jwks })

/** A file that cannot be read as one of ours gives no keys: new ones are made, and replace it. */
async function knownKeys(file: string): Promise<readonly (JsonWebKey | undefined)[]> {
  try {
    const { client, client2 } = earlier.parse(JSON.parse(await readFile(file, 'utf8')))
    return [client.jwks.keys[0], client2.jwks.keys[0]]
  } catch {
    return []
  }
}
