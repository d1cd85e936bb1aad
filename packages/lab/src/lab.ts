/** The whole lab in one process. */
import { join } from 'node:path'
import { readMaterial } from '@holdfast/client'
import type { ApiOptions } from '@holdfast/resource-server/api'
import type { Records } from '@holdfast/store'
import type { Addresses } from './addresses.ts'
import { makeAuthorizationServer } from './authorization-server.ts'
import type { LabConfiguration, Service } from './configuration.ts'
import { type Door, openDoor, type Tls } from './door.ts'
import { createHub, type Hub, hubListener } from './hub.ts'
import { management } from './management.ts'
import {
  openRecords,
  prepareClients,
  preparePki,
  readServerTls,
  RESOURCE_SERVER_CLIENT,
} from './prepare.ts'
import { makeResourceServer } from './resource-server.ts'

export interface Lab {
  readonly addresses: Addresses
  readonly hub: Hub
  readonly records: Records
  /**
   * Puts another resource server behind the same door: with rows taken out, another memory, another
   * policy. Without an argument, the honest one.
   */
  readonly experiment: (api?: Partial<ApiOptions>) => void
  /** Resolves when everything answers. */
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Opens every door, prepares what is missing, and lets the services in. What fails closes again all
 * that was opened.
 *
 * @throws the errors that `isTold` knows
 */
export async function startLab(configuration: LabConfiguration): Promise<Lab> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of closers.splice(0).toReversed()) await step()
  }
  try {
    return await start(configuration, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  configuration: LabConfiguration,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Lab> {
  const authority = await preparePki(configuration)
  const records = await openRecords(configuration)
  closers.push(() => records.close())
  const doors = await openDoors(configuration, closers)
  const addresses = addressesOf(doors)
  await prepareClients(configuration, addresses, authority, records)

  const hub = createHub()
  const authorizationServer = await makeAuthorizationServer(addresses, records, hub.report)
  doors.authorizationServer.serve(authorizationServer.publicListener)
  doors.mtlsAlias.serve(authorizationServer.mtlsListener)

  const introspector = await readMaterial(join(configuration.state, RESOURCE_SERVER_CLIENT))
  const letIn = (api: Partial<ApiOptions> = {}) => {
    const made = makeResourceServer(addresses.resource, introspector, {
      report: hub.report,
      ...api,
    })
    closers.push(made.close)
    doors.resourceServer.serve(made.listener)
    return made
  }
  const resourceServer = letIn()

  doors.authorizationServerManagement.serve(management(() => authorizationServer.ready()))
  doors.resourceServerManagement.serve(management(resourceServer.ready))
  const console = hubListener(hub, addresses)
  doors.console.serve((request, response) => void console(request, response))
  const ready = async () => {
    await Promise.all([authorizationServer.ready(), resourceServer.ready()])
  }
  return { addresses, hub, records, experiment: letIn, ready, close }
}

type Doors = Readonly<Record<Service, Door>>

async function openDoors(
  configuration: LabConfiguration,
  closers: (() => Promise<void>)[],
): Promise<Doors> {
  const as = await readServerTls(configuration, 'authorization-server')
  const rs = await readServerTls(configuration, 'resource-server')
  const open = async (service: Service, tls?: Tls) => {
    const door = await openDoor(configuration, service, tls)
    closers.push(door.close)
    return door
  }
  return {
    console: await open('console'),
    authorizationServer: await open('authorizationServer', as),
    mtlsAlias: await open('mtlsAlias', { ...as, clientTrust: as.trust }),
    authorizationServerManagement: await open('authorizationServerManagement'),
    resourceServer: await open('resourceServer', { ...rs, clientTrust: rs.trust }),
    resourceServerManagement: await open('resourceServerManagement'),
  }
}

const addressesOf = (doors: Doors): Addresses => ({
  issuer: doors.authorizationServer.url,
  mtlsAlias: doors.mtlsAlias.url,
  resource: doors.resourceServer.url,
  console: doors.console.url,
  authorizationServerManagement: doors.authorizationServerManagement.url,
  resourceServerManagement: doors.resourceServerManagement.url,
})
