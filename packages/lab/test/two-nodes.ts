/** The lab with two authorization servers over one store; requests reach them in turn. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type { AuthorizationServer, KeyStore } from '@holdfast/authorization-server'
import { type ClientMaterial, readMaterial } from '@holdfast/client'
import { type Addresses, addressesOf } from '../src/addresses.ts'
import { makeAuthorizationServer } from '../src/servers/authorization-server.ts'
import { validateCertificates } from '../src/servers/certificate-validation.ts'
import { clientFolder } from '../src/clients/clients.ts'
import { type Closing, opening } from '../src/servers/closing.ts'
import { readConfiguration } from '../src/configuration.ts'
import {
  authorizationServerDoors,
  opener,
  resourceServerDoors,
  serveAuthorizationServer,
  serveResourceServer,
} from '../src/servers/doors.ts'
import { keyStoreOf } from '../src/servers/key-store.ts'
import { prepareClients, preparePki, readIntrospector } from '../src/servers/prepare.ts'
import { makeResourceServer } from '../src/servers/resource-server.ts'
import { statementIssuer } from '../src/clients/software-statements.ts'
import { keepMemory, keepRecords } from '../src/store/open.ts'
import { makePlace, type Place } from './program.ts'

export interface TwoNodes {
  readonly place: Place
  readonly addresses: Addresses
  readonly keyStore: KeyStore
  readonly nodes: readonly [AuthorizationServer, AuthorizationServer]
  readonly material: (client: string) => Promise<ClientMaterial>
  readonly close: () => Promise<void>
}

export const startTwoNodes = (): Promise<TwoNodes> => opening(start)

async function start(closing: Closing): Promise<TwoNodes> {
  const made = await makePlace()
  closing.defer(made.remove)
  const keyEncryptionKeyFile = join(made.temporary, 'key-encryption-key')
  await writeFile(keyEncryptionKeyFile, randomBytes(32).toString('base64'))
  const place = {
    ...made,
    env: { ...made.env, HOLDFAST_KEY_ENCRYPTION_KEY_FILE: keyEncryptionKeyFile },
  }
  const configuration = {
    ...readConfiguration({ ...place, ephemeral: true }),
    keyEncryptionKeyFile,
  }
  const open = opener(configuration, closing)
  const certificateStatus = await open('certificateStatus')
  const authority = await preparePki(configuration)
  const validation = await validateCertificates(configuration, 'http://localhost:1')
  closing.defer(async () => validation.close())
  const doors = {
    certificateStatus,
    console: await open('console'),
    ...(await authorizationServerDoors(open)),
    ...(await resourceServerDoors(open)),
  }
  const addresses = addressesOf(configuration, doors)
  const keyStore = await keyStoreOf(configuration, await keepRecords(configuration, closing))
  await prepareClients(configuration, addresses, authority, keyStore)

  const node = async () => {
    const records = await keepRecords(configuration, closing)
    const server = await makeAuthorizationServer({
      addresses,
      keyStore: await keyStoreOf(configuration, records),
      memory: await keepMemory(configuration, closing),
      validation,
      trust: authority.trust,
      statementIssuer: await statementIssuer(configuration.state),
    })
    closing.defer(async () => server.close())
    return server
  }
  const nodes = [await node(), await node()] as const
  serveAuthorizationServer(doors, {
    ...nodes[0],
    publicListener: inTurn(nodes.map((one) => one.publicListener)),
    mtlsListener: inTurn(nodes.map((one) => one.mtlsListener)),
  })
  const resourceServer = makeResourceServer(
    addresses.resource,
    await readIntrospector(configuration),
    { memory: await keepMemory(configuration, closing) },
  )
  closing.defer(resourceServer.close)
  serveResourceServer(doors, resourceServer)
  return {
    place,
    addresses,
    keyStore,
    nodes,
    material: (client) => readMaterial(clientFolder(configuration.state, client)),
    close: () => closing.close(),
  }
}

function inTurn(listeners: readonly RequestListener[]): RequestListener {
  let turn = 0
  return (request, response) => listeners[turn++ % listeners.length]?.(request, response)
}
