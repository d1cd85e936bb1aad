/** The lab with two authorization servers over one store; requests reach them in turn. */
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type { AuthorizationServer, KeyStore } from '@holdfast/authorization-server'
import { type ClientMaterial, readMaterial } from '@holdfast/client'
import { type Addresses, addressesOf } from '../src/addresses.ts'
import { clientFolder } from '../src/clients/clients.ts'
import { type Closing, opening } from '../src/servers/closing.ts'
import { readConfiguration } from '../src/configuration.ts'
import { serveAuthorizationServer, serveResourceServer } from '../src/servers/doors.ts'
import { layFoundations, openDoors } from './foundations.ts'
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
  const doors = await openDoors(configuration, closing)
  const addresses = addressesOf(configuration, doors)
  const { keyStore, makeNode, makeApi } = await layFoundations(configuration, addresses, closing)
  const nodes = [await makeNode(), await makeNode()] as const
  serveAuthorizationServer(doors, {
    ...nodes[0],
    publicListener: inTurn(nodes.map((one) => one.publicListener)),
    mtlsListener: inTurn(nodes.map((one) => one.mtlsListener)),
  })
  serveResourceServer(doors, await makeApi())
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
