/** Registers clients of people's own, and ends them. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkClient,
  type ClientMetadata,
  registerClient,
  removeClient as removeRegistration,
} from '@holdfast/authorization-server'
import { openAuthority } from '@holdfast/ca'
import { type ClientMaterial, readMaterial, writeMaterial } from '@holdfast/client'
import { z } from 'zod'
import { redirectUriOf } from '../addresses.ts'
import {
  certificateOf,
  clientFolder,
  EVERY_SCOPE,
  keyOf,
  type LabClient,
  logoutReceiver,
  metadataOf,
  metadataWithoutKeys,
  PROFILES,
  publicPart,
} from './clients.ts'
import { UsageError } from '../errors.ts'
import {
  isOfTheLab,
  METADATA,
  NAME,
  ownFolder,
  type Registered,
  type Registry,
} from './own-clients.ts'
import { signingKey } from './signing-key.ts'

/** As typed: whether the profile allows it is for the profile to say. */
export type Wanted = { readonly [member in keyof LabClient]: unknown } & { readonly id: string }

/**
 * Registers a client and writes its key, certificate and metadata into its folder. Done again, it
 * changes what is registered, and keeps the key.
 *
 * @param jwks its public keys (RFC 7517 §5), where it has them already: then none is made, and only
 *   what is registered is written
 * @throws ClientMetadataError with the clause that forbids it; UsageError. Then nothing was written.
 */
export async function addClient(
  registry: Registry,
  wanted: Wanted,
  jwks?: unknown,
): Promise<Registered> {
  const { addresses, records, folders } = registry
  const client = checkWanted(wanted)
  if (jwks !== undefined) return addWithKeys(registry, client, jwks)
  const { id, authentication, binding, redirectUris = [], backchannelLogoutUri: uri } = client
  const [postLogoutRedirectUri] = client.postLogoutRedirectUris ?? []
  const authority = await openAuthority(folders.certs)
  const folder = clientFolder(folders.state, id)
  const present = await readMaterial(folder).catch(() => undefined)
  const certificate = await certificateOf(authority, client)
  const isHere = uri !== undefined && URL.parse(uri)?.hostname === 'localhost'
  const server = isHere ? await logoutReceiver(authority) : undefined
  const material: ClientMaterial = {
    issuer: addresses.issuer,
    clientId: id,
    authentication,
    binding,
    redirectUri: redirectUris[0] ?? redirectUriOf(addresses),
    trust: authority.trust,
    ...(authentication === 'private_key_jwt' && { key: keyOf(present, id) }),
    ...(certificate && { certificate: { chain: certificate.chain, key: certificate.key } }),
    ...(postLogoutRedirectUri !== undefined && { postLogoutRedirectUri }),
    ...(isHere && server && { backchannelLogout: { uri, chain: server.chain, key: server.key } }),
  }
  const registered: ClientMetadata = { ...metadataOf(client, material), client_name: id }
  checkClient(registered)
  await writeMaterial(folder, material)
  const key = await signingKey(folder, material)
  // Known by its certificate, but it signs its requests: the server has to know with what.
  const signs = client.profile === 'fapi2-message-signing' && registered.jwks === undefined
  const metadata = signs ? { ...registered, jwks: { keys: [publicPart(key)] } } : registered
  await writeFile(join(folder, METADATA), `${JSON.stringify(metadata, null, 2)}\n`)
  await registerClient(records, metadata)
  return { folder, material, metadata }
}

const publicKeys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

async function addWithKeys(
  { addresses, records, folders }: Registry,
  client: LabClient,
  jwks: unknown,
): Promise<Registered> {
  const { id, authentication } = client
  const keys = publicKeys.safeParse(jwks)
  if (!keys.success) throw new UsageError('--jwks is no JWK set of one or more keys (RFC 7517 §5)')
  if (authentication === 'tls_client_auth')
    throw new UsageError(`${id} is known by the subject of its certificate, not by keys`)
  const metadata: ClientMetadata = {
    ...metadataWithoutKeys(client, redirectUriOf(addresses)),
    client_name: id,
    jwks: keys.data,
  }
  checkClient(metadata)
  const folder = clientFolder(folders.state, id)
  await rm(folder, { recursive: true, force: true }) // no key that is not its own any more
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, METADATA), `${JSON.stringify(metadata, null, 2)}\n`)
  await registerClient(records, metadata)
  return { folder, metadata }
}

/** Refuses what would be refused with keys as well, so that none is made for it. */
function checkWanted(wanted: Wanted): LabClient {
  const { id } = wanted
  if (!NAME.test(id))
    throw new UsageError(
      `${JSON.stringify(id)} is no client name; allowed: up to 64 letters, digits, ".", "_" and "-", the first a letter or digit`,
    )
  if (isOfTheLab(id)) throw new UsageError(`${id} is one of the lab’s own clients`)
  const { grants, scope, profile } = wanted
  if (Array.isArray(grants) && grants.length === 0) throw new UsageError('--grants names none')
  if (typeof scope === 'string') checkOption('--scope', scope.split(' '), EVERY_SCOPE)
  if (profile !== undefined) checkOption('--profile', [profile], PROFILES)
  // oxlint-disable-next-line no-unsafe-type-assertion -- checkClient looks at every member
  const client = wanted as LabClient
  const metadata = metadataWithoutKeys(client, 'https://localhost')
  // What is asked of a self-signed client is about its certificate, which is yet to be made.
  const early = { ...metadata, token_endpoint_auth_method: 'private_key_jwt' } as const
  checkClient(client.authentication === 'self_signed_tls_client_auth' ? early : metadata)
  return client
}

/** What no profile has a clause about, and this lab has not. */
function checkOption(option: string, values: readonly unknown[], allowed: readonly unknown[]) {
  const other = values.find((value) => !allowed.includes(value))
  if (other === undefined) return
  const list = allowed.join(', ')
  throw new UsageError(`${option}: the lab has no ${JSON.stringify(other)}; allowed: ${list}`)
}

/** Ends the client, with every token that it has. @throws UsageError for one that nobody has added */
export async function removeClient({ records, folders }: Registry, name: string): Promise<void> {
  const folder = await ownFolder(folders.state, name)
  await removeRegistration(records, name)
  await rm(folder, { recursive: true })
}
