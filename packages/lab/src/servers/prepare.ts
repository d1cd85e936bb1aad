/**
 * What must be there before a service can start: certificates, clients, users, keys. All of it is
 * made once and kept; doing it again repairs what a killed run has left half done.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { type ClientMetadata, type KeyStore, provision } from '@holdfast/authorization-server'
import { type Authority, openAuthority, publishStatus } from '@holdfast/ca'
import { type ClientMaterial, MaterialError, readMaterial, writeMaterial } from '@holdfast/client'
import { type Addresses, localUrl, redirectUriOf, resourcesOf } from '../addresses.ts'
import {
  ALL_CLIENTS,
  certificateOf,
  clientFolder,
  keyOf,
  metadataOf,
  publicPart,
  RESOURCE_SERVER_CLIENT,
} from '../clients/clients.ts'
import type { LabConfiguration } from '../configuration.ts'
import { codeOf, UsageError } from '../errors.ts'
import { readTextFile } from '../text-file.ts'
import { USERS } from '../clients/users.ts'

export const SERVERS = ['authorization-server', 'resource-server'] as const

/** The server certificates, the CRLs, and the authority that signs all others. */
export async function preparePki({ certs, host, ports }: LabConfiguration): Promise<Authority> {
  // Certificates name where their status is told, and are issued anew if that moves: a port that
  // the system chooses is not written into them.
  const port = ports.certificateStatus
  const authority = await openAuthority(certs, port === 0 ? {} : { statusUrl: localUrl({ port }) })
  await publishStatus(authority.context)
  const names = { dns: [...new Set(['localhost', host])], ip: ['127.0.0.1', '::1'] }
  for (const server of SERVERS) await authority.server(server, names)
  return authority
}

/**
 * What a server needs to serve TLS. It reads files that `preparePki` has written, so that a service
 * in a process of its own has no key of the authority.
 */
export async function readServerTls(
  { certs }: LabConfiguration,
  server: (typeof SERVERS)[number],
): Promise<{ readonly chain: string; readonly key: string; readonly trust: string }> {
  const read = (file: string) => readTextFile(join(certs, file))
  const chain = await read(`servers/${server}.chain.pem`)
  const key = await read(`servers/${server}.key.pem`)
  const trust = await read('root.certificate.pem')
  try {
    createSecureContext({ cert: chain, key, ca: trust })
  } catch (error) {
    const files = join(certs, `servers/${server}.*.pem`)
    throw new UsageError(`${files} are not a certificate and its key (${codeOf(error)})`)
  }
  return { chain, key, trust }
}

/** Has nobody prepared clients here before? Then nothing of theirs was ever used. */
export const isFirst = ({ state }: LabConfiguration): boolean => !existsSync(join(state, 'clients'))

/** Writes each client's material into its folder, and registers them all. */
export async function prepareClients(
  { state }: LabConfiguration,
  addresses: Addresses,
  authority: Authority,
  { records, encryption }: KeyStore,
): Promise<void> {
  const common = {
    issuer: addresses.issuer,
    redirectUri: redirectUriOf(addresses),
    trust: authority.trust,
  }
  // One after the other: if one cannot be prepared, no other is still being written.
  const clients: ClientMetadata[] = []
  for (const client of ALL_CLIENTS) {
    const { id, authentication, binding } = client
    const folder = clientFolder(state, id)
    const present = await readPresent(folder)
    const certificate = await certificateOf(authority, client)
    const material: ClientMaterial = {
      ...common,
      clientId: id,
      authentication,
      binding,
      ...(authentication === 'private_key_jwt' && { key: keyOf(present, id) }),
      ...(certificate && { certificate: { chain: certificate.chain, key: certificate.key } }),
    }
    if (!isDeepStrictEqual(present, material)) await writeMaterial(folder, material)
    clients.push(metadataOf(client, material))
  }
  const introspector = await prepareIntrospector(state, common)
  await provision(records, {
    clients: [
      ...clients,
      {
        client_id: RESOURCE_SERVER_CLIENT,
        token_endpoint_auth_method: 'private_key_jwt',
        grant_types: [],
        profile: 'fapi2-message-signing', // it is answered by what the issuer signs, or not at all
        introspection_signed_response_alg: 'ES256',
        jwks: { keys: [publicPart(introspector.key)] },
        introspection_audiences: [resourcesOf(addresses.resource).opaque],
      },
    ],
    users: USERS,
    keyEncryption: encryption,
  })
}

async function prepareIntrospector(
  state: string,
  common: Pick<ClientMaterial, 'issuer' | 'redirectUri' | 'trust'>,
): Promise<ClientMaterial> {
  const folder = join(state, RESOURCE_SERVER_CLIENT)
  const present = await readPresent(folder)
  const material: ClientMaterial = {
    ...common,
    clientId: RESOURCE_SERVER_CLIENT,
    authentication: 'private_key_jwt',
    binding: 'dpop',
    key: keyOf(present, RESOURCE_SERVER_CLIENT),
  }
  if (!isDeepStrictEqual(present, material)) await writeMaterial(folder, material)
  return material
}

/** @throws MaterialError where `prepareClients` has not been */
export const readIntrospector = ({ state }: LabConfiguration): Promise<ClientMaterial> =>
  readMaterial(join(state, RESOURCE_SERVER_CLIENT))

/**
 * The material of an earlier run. A run that was killed can leave files missing, or of two versions:
 * that is mended. A file that no run writes is somebody's, and is not overwritten.
 *
 * @throws MaterialError
 */
async function readPresent(folder: string): Promise<ClientMaterial | undefined> {
  try {
    return await readMaterial(folder)
  } catch (error) {
    if (error instanceof MaterialError && error.code !== 'MALFORMED') return undefined
    throw error
  }
}
