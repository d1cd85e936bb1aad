/** Clients that people register for themselves, beside those that the lab brings along. */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientMetadata } from '@holdfast/authorization-server'
import { type ClientMaterial, MaterialError, readMaterial } from '@holdfast/client'
import type { Records } from '@holdfast/store'
import { z } from 'zod'
import type { Addresses } from '../addresses.ts'
import {
  ALL_CLIENTS,
  type Binding,
  clientFolder,
  metadataOf,
  RESOURCE_SERVER_CLIENT,
} from './clients.ts'
import { UsageError } from '../errors.ts'

/** The lab's registry: that of the lab that is up, or of one that is not running at the moment. */
export interface Registry {
  readonly addresses: Addresses
  readonly records: Records
  readonly folders: { readonly certs: string; readonly state: string }
}

export interface Registered {
  readonly folder: string
  /** Absent where its keys are elsewhere. */
  readonly material?: ClientMaterial
  readonly metadata: ClientMetadata
}

/** A folder that has this file is a client that somebody has added. */
export const METADATA = 'metadata.json'

export const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i

/** @throws UsageError for a name that neither somebody's client has nor one that the lab brings along */
export async function checkIsClient(state: string, name: string): Promise<void> {
  if (name === RESOURCE_SERVER_CLIENT)
    throw new UsageError(`${name} is the API itself, as it introspects tokens: it gets none`)
  if (isOfTheLab(name) || (NAME.test(name) && (await isOwn(state, name)))) return
  throw new UsageError(
    `there is no client ${JSON.stringify(name)}; scripts/lab client list has them`,
  )
}

export const isOfTheLab = (name: string): boolean =>
  name === RESOURCE_SERVER_CLIENT || ALL_CLIENTS.some(({ id }) => id === name)

export interface ListedClient {
  readonly client_id: string
  /** Added by somebody, not brought along by the lab. */
  readonly own: boolean
  readonly token_endpoint_auth_method: string
  /** Absent of one that gets no tokens. */
  readonly constraint: Binding | undefined
  readonly grant_types: readonly string[]
  /** Absent of one that no profile has looked at. */
  readonly profile: string | undefined
}

const listed = z.looseObject({
  client_id: z.string(),
  token_endpoint_auth_method: z.string(),
  dpop_bound_access_tokens: z.boolean().optional(),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
  grant_types: z.array(z.string()),
  profile: z.string().optional(),
})

export async function listClients({ records, folders }: Registry): Promise<ListedClient[]> {
  const all = (await records.list('Client')).map(({ payload }) => listed.parse(payload))
  const own = await Promise.all(all.map(({ client_id }) => isOwn(folders.state, client_id)))
  return all.map((client, index) => ({
    client_id: client.client_id,
    own: own[index] ?? false,
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    constraint: constraintOf(client),
    grant_types: client.grant_types,
    profile: client.profile,
  }))
}

function constraintOf(client: z.infer<typeof listed>): Binding | undefined {
  if (client.dpop_bound_access_tokens) return 'dpop'
  return client.tls_client_certificate_bound_access_tokens ? 'mtls' : undefined
}

/** @throws UsageError for a client that nobody has added */
export async function showClient({ folders }: Registry, name: string): Promise<Registered> {
  const folder = await ownFolder(folders.state, name)
  const metadata: ClientMetadata = JSON.parse(await readFile(join(folder, METADATA), 'utf8'))
  const material = await readMaterial(folder).catch((error: unknown) => {
    if (error instanceof MaterialError && error.code === 'MISSING') return undefined
    throw error
  })
  return { folder, ...(material && { material }), metadata }
}

/** What is registered of a client: one of the lab's, or somebody's. @throws UsageError for no client */
export async function metadataFor(registry: Registry, name: string): Promise<ClientMetadata> {
  const ofTheLab = ALL_CLIENTS.find(({ id }) => id === name)
  if (!ofTheLab) return (await showClient(registry, name)).metadata
  return metadataOf(ofTheLab, await readMaterial(clientFolder(registry.folders.state, name)))
}

/** Only what `client add` has made may be shown and removed by name: a name is never a path. */
export async function ownFolder(state: string, name: string): Promise<string> {
  if (isOfTheLab(name))
    throw new UsageError(
      `${name} is one of the lab’s own clients; this is for yours, which scripts/lab client add makes`,
    )
  if (NAME.test(name) && (await isOwn(state, name))) return clientFolder(state, name)
  throw new UsageError(
    `there is no client of yours called ${JSON.stringify(name)}; scripts/lab client list has them`,
  )
}

const isOwn = (state: string, name: string): Promise<boolean> =>
  access(join(clientFolder(state, name), METADATA)).then(
    () => true,
    () => false,
  )
