/** The whole lab in one process. */
import { lookup } from 'node:dns/promises'
import type { ApiOptions } from '@holdfast/resource-server/api'
import type { Records } from '@holdfast/store'
import { type Addresses, addressesOf, localUrl } from './addresses.ts'
import { statusListener } from '@holdfast/ca'
import { openAuditLog } from './servers/audit-log.ts'
import { type IssuerOptions, makeAuthorizationServer } from './servers/authorization-server.ts'
import { type Closing, opening } from './servers/closing.ts'
import type { LabConfiguration } from './configuration.ts'
import {
  authorizationServerDoors,
  opener,
  resourceServerDoors,
  serveAuthorizationServer,
  serveResourceServer,
} from './servers/doors.ts'
import { codeOf, UsageError } from './errors.ts'
import { createHub, type Hub, hubListener } from './servers/hub.ts'
import { keyStoreOf } from './servers/key-store.ts'
import { isFirst, prepareClients, preparePki, readIntrospector } from './servers/prepare.ts'
import { validateCertificates } from './servers/certificate-validation.ts'
import { makeResourceServer } from './servers/resource-server.ts'
import { statementIssuer } from './clients/software-statements.ts'
import { keepMemory, keepRecords } from './store/open.ts'

export interface Lab {
  readonly addresses: Addresses
  readonly hub: Hub
  readonly records: Records
  /**
   * Puts another resource server behind the same door: with rows taken out, another memory, another
   * policy. Without an argument, the honest one.
   */
  readonly experiment: (api?: Partial<ApiOptions>) => void
  /** The same with the authorization server: rows taken out, another memory. */
  readonly experimentWithIssuer: (options?: IssuerOptions) => Promise<void>
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
export const startLab = (configuration: LabConfiguration): Promise<Lab> =>
  opening((closing) => start(configuration, closing))

async function start(configuration: LabConfiguration, closing: Closing): Promise<Lab> {
  await checkHost(configuration)
  const open = opener(configuration, closing)
  const certificateStatus = await open('certificateStatus')
  const statusUrl = localUrl(certificateStatus)
  const authority = await preparePki(configuration)
  certificateStatus.serve(statusListener(authority))
  const validation = await validateCertificates(configuration, statusUrl)
  closing.defer(async () => validation.close())
  const first = { nothingUsedBefore: isFirst(configuration) }
  const records = await keepRecords(configuration, closing, first)
  const memory = await keepMemory(configuration, closing, first)
  const doors = {
    certificateStatus,
    console: await open('console'),
    ...(await authorizationServerDoors(open)),
    ...(await resourceServerDoors(open)),
  }
  const addresses = addressesOf(configuration, doors)
  const { browserOrigins } = configuration
  const keyStore = await keyStoreOf(configuration, records)
  await prepareClients(configuration, addresses, authority, keyStore)

  const auditLog = openAuditLog(configuration)
  closing.defer(async () => auditLog.close())
  const hub = createHub()
  const issue = async (options: IssuerOptions = {}) => {
    const made = await makeAuthorizationServer(
      {
        addresses,
        keyStore,
        memory,
        validation,
        trust: authority.trust,
        statementIssuer: await statementIssuer(configuration.state),
        browserOrigins,
      },
      { audit: auditLog.audit, report: hub.report, ...options },
    )
    closing.defer(async () => made.close())
    serveAuthorizationServer(doors, made)
    return made
  }
  const authorizationServer = await issue()

  const introspector = await readIntrospector(configuration)
  const letIn = (api: Partial<ApiOptions> = {}) => {
    const made = makeResourceServer(
      { resource: addresses.resource, introspector, validation },
      {
        memory,
        report: hub.report,
        browserOrigins: [addresses.console, ...browserOrigins],
        ...api,
      },
    )
    closing.defer(made.close)
    serveResourceServer(doors, made)
    return made
  }
  const resourceServer = letIn()

  const console = hubListener(hub, addresses)
  doors.console.serve((request, response) => void console(request, response))
  const ready = async () => {
    await Promise.all([authorizationServer.ready(), resourceServer.ready()])
  }
  return {
    addresses,
    hub,
    records,
    experiment: letIn,
    experimentWithIssuer: async (options) => {
      await issue(options)
    },
    ready,
    close: () => closing.close(),
  }
}

/** Our own processes meet by it as well. @throws UsageError for a name that is not known here */
async function checkHost({ host }: Pick<LabConfiguration, 'host'>): Promise<void> {
  try {
    await lookup(host)
  } catch (error) {
    throw new UsageError(
      `the host ${host} is not known on this machine (${codeOf(error)}); enter it in /etc/hosts, or choose another by --host`,
    )
  }
}
