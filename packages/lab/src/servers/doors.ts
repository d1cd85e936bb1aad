/** The doors of each service, and who stands behind them: in the lab's one process, or in its own. */
import type { MeasuredAuthorizationServer } from './authorization-server.ts'
import { withApproval } from './approval.ts'
import type { Closing } from './closing.ts'
import type { LabConfiguration } from '../configuration.ts'
import { type Door, openDoor, type Tls } from './door.ts'
import { management } from './management.ts'
import { isSecure, type SecureService, type Service } from '../ports.ts'
import { readServerTls } from './prepare.ts'
import type { ResourceServer } from './resource-server.ts'

/** The doors that speak TLS: whose certificate they show, whether they ask for the client's. */
const TLS: {
  readonly [service in SecureService]: Readonly<{
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
  if (!isSecure(service)) return undefined
  const { server, asks } = TLS[service]
  const { chain, key } = await readServerTls(configuration, server)
  return { chain, key, asks }
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
