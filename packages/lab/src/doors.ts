/** The doors of each service, and who stands behind them: in the lab's one process, or in its own. */
import { type Addresses, localUrl } from './addresses.ts'
import type { MeasuredAuthorizationServer } from './authorization-server.ts'
import { withApproval } from './approval.ts'
import type { Closing } from './closing.ts'
import { type LabConfiguration, PORTS, type Service } from './configuration.ts'
import { type Door, openDoor, type Tls } from './door.ts'
import { UsageError } from './errors.ts'
import { management } from './management.ts'
import { readServerTls } from './prepare.ts'
import type { ResourceServer } from './resource-server.ts'

/** The doors that speak TLS: whose certificate they show, whether they ask for the client's. */
const SECURE: {
  readonly [service in Service]?: Readonly<{
    server: Parameters<typeof readServerTls>[1]
    asks: boolean
  }>
} = {
  authorizationServer: { server: 'authorization-server', asks: false },
  mtlsAlias: { server: 'authorization-server', asks: true },
  resourceServer: { server: 'resource-server', asks: true },
}

export type Open = (service: Service) => Promise<Door>

/** Opens one door after the other, and leaves them to `closing`. */
export const opener =
  (configuration: LabConfiguration, closing: Closing): Open =>
  async (service) => {
    const door = await openDoor(configuration, service, await tlsOf(configuration, service))
    closing.defer(door.close)
    return door
  }

async function tlsOf(configuration: LabConfiguration, service: Service): Promise<Tls | undefined> {
  const secure = SECURE[service]
  if (!secure) return undefined
  const { chain, key, trust } = await readServerTls(configuration, secure.server)
  return { chain, key, ...(secure.asks && { clientTrust: trust }) }
}

export const authorizationServerDoors = async (open: Open) => ({
  authorizationServer: await open('authorizationServer'),
  mtlsAlias: await open('mtlsAlias'),
  authorizationServerManagement: await open('authorizationServerManagement'),
})

export function serveAuthorizationServer(
  doors: Awaited<ReturnType<typeof authorizationServerDoors>>,
  made: MeasuredAuthorizationServer,
): void {
  doors.authorizationServer.serve(made.publicListener)
  doors.mtlsAlias.serve(made.mtlsListener)
  doors.authorizationServerManagement.serve(
    withApproval(
      (...decision) => made.decide(...decision),
      management(() => made.ready(), made.metrics),
    ),
  )
}

export const resourceServerDoors = async (open: Open) => ({
  resourceServer: await open('resourceServer'),
  resourceServerManagement: await open('resourceServerManagement'),
})

export function serveResourceServer(
  doors: Awaited<ReturnType<typeof resourceServerDoors>>,
  made: ResourceServer,
): void {
  doors.resourceServer.serve(made.listener)
  doors.resourceServerManagement.serve(management(made.ready, made.metrics))
}

/** Where everything is, once all doors are open. */
export const addressesOf = (
  configuration: LabConfiguration,
  doors: { readonly [service in Service]: Pick<Door, 'port'> },
): Addresses => addresses(configuration, (service) => doors[service].port)

/**
 * Where everything is, for a process that opens only some of the doors, or none.
 *
 * @throws UsageError for a port that is left to the system: the others could not know it
 */
export const configuredAddresses = (configuration: LabConfiguration): Addresses =>
  addresses(configuration, (service) => {
    const port = configuration.ports[service]
    if (port !== 0) return port
    const [variable, usual] = PORTS[service]
    throw new UsageError(
      `${variable}=0 is refused: services in processes of their own need a fixed port, such as ${usual}`,
    )
  })

function addresses({ host }: LabConfiguration, portOf: (service: Service) => number): Addresses {
  // What is not TLS is of this machine: a redirect URI, for one, may be http on loopback only.
  const url = (service: Service) =>
    SECURE[service] ? `https://${host}:${portOf(service)}` : localUrl({ port: portOf(service) })
  return {
    issuer: url('authorizationServer'),
    mtlsAlias: url('mtlsAlias'),
    resource: url('resourceServer'),
    console: url('console'),
    certificateStatus: url('certificateStatus'),
    authorizationServerManagement: url('authorizationServerManagement'),
    resourceServerManagement: url('resourceServerManagement'),
  }
}
