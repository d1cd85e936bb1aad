/** A lab whose authorization servers a test makes and places itself. */
import type { KeyStore } from '@holdfast/authorization-server'
import type { Addresses } from '../src/addresses.ts'
import { statementIssuer } from '../src/clients/software-statements.ts'
import type { LabConfiguration } from '../src/configuration.ts'
import {
  makeAuthorizationServer,
  type MeasuredAuthorizationServer,
} from '../src/servers/authorization-server.ts'
import { validateCertificates } from '../src/servers/certificate-validation.ts'
import type { Closing } from '../src/servers/closing.ts'
import { authorizationServerDoors, opener, resourceServerDoors } from '../src/servers/doors.ts'
import { keyStoreOf } from '../src/servers/key-store.ts'
import { prepareClients, preparePki, readIntrospector } from '../src/servers/prepare.ts'
import { makeResourceServer, type ResourceServer } from '../src/servers/resource-server.ts'
import { keepMemory, keepRecords } from '../src/store/open.ts'

export async function openDoors(configuration: LabConfiguration, closing: Closing) {
  await preparePki(configuration) // for the certificates that they show
  const open = opener(configuration, closing)
  return {
    certificateStatus: await open('certificateStatus'),
    console: await open('console'),
    ...(await authorizationServerDoors(open)),
    ...(await resourceServerDoors(open)),
  }
}

interface Foundations {
  readonly keyStore: KeyStore
  /** An authorization server over the lab's one store. */
  readonly makeNode: () => Promise<MeasuredAuthorizationServer>
  readonly makeApi: () => Promise<ResourceServer>
}

/** @param addresses where clients find the servers: at their doors, or at what is before them */
export async function layFoundations(
  configuration: LabConfiguration,
  addresses: Addresses,
  closing: Closing,
): Promise<Foundations> {
  const authority = await preparePki(configuration)
  const validation = await validateCertificates(configuration, 'http://localhost:1')
  closing.defer(async () => validation.close())
  const keyStore = await keyStoreOf(configuration, await keepRecords(configuration, closing))
  await prepareClients(configuration, addresses, authority, keyStore)
  return {
    keyStore,
    makeNode: async () => {
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
    },
    makeApi: async () => {
      const memory = await keepMemory(configuration, closing)
      const introspector = await readIntrospector(configuration)
      const server = makeResourceServer(
        { resource: addresses.resource, introspector, validation },
        { memory },
      )
      closing.defer(server.close)
      return server
    },
  }
}
