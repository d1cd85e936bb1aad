/** A plan run for our servers: what the suite, which plays two clients, is told of them. */
import type { JsonWebKey } from 'node:crypto'
import type { ClientMetadata } from '@holdfast/authorization-server'
import { z } from 'zod'
import type { Addresses } from '../addresses.ts'
import { USERS } from '../clients/users.ts'
import { browserAt, type Visit } from './browser.ts'
import { kept, type Making } from './making.ts'
import type { PlanRun } from './plans.ts'
import { type ConformanceClient, makeClient, registrationOf, scopeOf } from './registration.ts'

export interface ServersConfiguration {
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

/** Where the suite waits for the authorization responses of a run. */
const callbackOf = (suite: string, { label }: PlanRun): string =>
  `${suite}/test/a/${label}/callback`

/** @returns also what the lab must know of the clients */
export async function forServers(
  run: PlanRun,
  { authority, newKey, addresses, suite, file }: Making,
): Promise<{
  readonly configuration: ServersConfiguration
  readonly clients: readonly ClientMetadata[]
}> {
  const [known, known2] = await knownKeys(file)
  const pair = [
    await makeClient(run, 1, { authority, key: known ?? (await newKey(1)) }),
    await makeClient(run, 2, { authority, key: known2 ?? (await newKey(2)) }),
  ] as const
  const callback = callbackOf(suite, run)
  const surroundings = { addresses, callback, ca: authority.issuing }
  return {
    clients: pair.map((client) => registrationOf(run, client, callback)),
    configuration: configurationOf(run, pair, surroundings),
  }
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
): ServersConfiguration {
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

async function knownKeys(file: string): Promise<readonly (JsonWebKey | undefined)[]> {
  const known = await kept(file, earlier)
  return [known?.client.jwks.keys[0], known?.client2.jwks.keys[0]]
}
