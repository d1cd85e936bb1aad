import type { LabConfiguration } from './configuration.ts'
import { UsageError } from './errors.ts'
import { isSecure, PORTS, type Service } from './ports.ts'

/** Where everything is, once the doors are open. No URL ends in a slash. */
export interface Addresses {
  readonly issuer: string
  readonly mtlsAlias: string
  readonly resource: string
  readonly console: string
  /** CRLs, OCSP and CA certificates: this URL is written into certificates. */
  readonly certificateStatus: string
  readonly authorizationServerManagement: string
  readonly resourceServerManagement: string
}

/** Of a service without TLS: it is of this machine, wherever the others are. */
export const localUrl = ({ port }: { readonly port: number }): string => `http://localhost:${port}`

/** The redirect URI of the lab's clients: a page that says that the code has arrived. */
export const redirectUriOf = ({ console: base }: Pick<Addresses, 'console'>): string =>
  `${base}/callback`

/** The resource indicators: one for each format of access token. */
export const resourcesOf = (resource: string) => ({ jwt: resource, opaque: `${resource}/opaque` })

/** Where everything is, once all doors are open. */
export const addressesOf = (
  configuration: LabConfiguration,
  doors: { readonly [service in Service]: { readonly port: number } },
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
  // A redirect URI, for one, may be http on loopback only.
  const url = (service: Service) =>
    isSecure(service) ? `https://${host}:${portOf(service)}` : localUrl({ port: portOf(service) })
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
