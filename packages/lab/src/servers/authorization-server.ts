import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  checkConfiguration,
  type KeyStore,
} from '@holdfast/authorization-server'
import { createWithout } from '@holdfast/authorization-server/rows-out'
import {
  measureFailures,
  measureOutcomes,
  measureRecords,
} from '@holdfast/authorization-server/metrics'
import { type CertificateValidation, subjectMatches } from '@holdfast/ca/validation'
import type { ClauseId } from '@holdfast/sender-constraint'
import type { ReplayMemory } from '@holdfast/store'
import client, { collectDefaultMetrics, Registry } from 'prom-client'
import { type Addresses, resourcesOf } from '../addresses.ts'
import { PROFILES, SCOPES } from '../clients/clients.ts'
import { refuseUnknownStatus } from './certificate-validation.ts'
import { notifyingWith } from './notifying.ts'
import type { statementIssuer } from '../clients/software-statements.ts'

/** Seconds for which the lab's access tokens live. */
const TOKEN_LIFE = 300

/** Seconds. Nobody has to wait in a laboratory. */
const POLL_INTERVAL = 1

/** Here attackers and honest clients share one address, and races fail by the thousand. */
const FAILURES = {
  client: { most: 1_000_000, within: 60 },
  clients: { most: 1_000_000, within: 60 },
  login: { most: 50, within: 60 },
  logins: { most: 500, within: 60 },
  loginAnywhere: { most: 500, within: 60 },
  userCodes: { most: 500, within: 60 },
}

interface Foundations {
  readonly addresses: Addresses
  readonly keyStore: KeyStore
  /** Of used proofs. */
  readonly memory: ReplayMemory
  readonly validation: CertificateValidation
  /** The lab's authority, PEM: clients that are notified have its certificates. */
  readonly trust: string
  /** Whose software statements register clients (RFC 7591). */
  readonly statementIssuer: Awaited<ReturnType<typeof statementIssuer>>
  /** Beside the console's, where the lab's own page is. */
  readonly browserOrigins?: readonly string[]
}

/** What may be otherwise than in the honest lab. */
export interface IssuerOptions extends Partial<AuthorizationServerOptions> {
  /** Clauses of rows that an experiment takes out. */
  readonly rowsOut?: readonly ClauseId[]
}

export interface MeasuredAuthorizationServer extends AuthorizationServer {
  readonly metrics: Registry
}

/** The authorization server as the lab configures it. */
export async function makeAuthorizationServer(
  foundations: Foundations,
  { audit, rowsOut = [], ...options }: IssuerOptions = {},
): Promise<MeasuredAuthorizationServer> {
  const { addresses, keyStore, memory, validation, trust, browserOrigins = [] } = foundations
  const { issuer, mtlsAlias, console: page } = addresses
  const { jwt, opaque } = resourcesOf(addresses.resource)
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics }) // event loop, heap, garbage collection, CPU
  const measure = measureOutcomes(client, metrics)
  const server = await createWithout(rowsOut, {
    configuration: checkConfiguration({
      issuer,
      mtlsOrigin: mtlsAlias,
      resources: [
        { indicator: jwt, scopes: SCOPES, format: 'jwt', ttl: TOKEN_LIFE },
        { indicator: opaque, scopes: SCOPES, format: 'opaque', ttl: TOKEN_LIFE },
      ],
      profiles: [...PROFILES],
      notificationHosts: await notificationHosts(keyStore),
      softwareStatementIssuers: [foundations.statementIssuer],
      pollInterval: POLL_INTERVAL,
      secondFactor: 'laboratory',
      failures: FAILURES,
      browserOrigins: [page, ...browserOrigins],
    }),
    records: measureRecords(client, metrics, keyStore.records),
    keyEncryption: keyStore.encryption,
    memory,
    explain: true,
    fetch: notifyingWith(trust),
    certificates: {
      validate: (certificate) => validation.validate(certificate, [], 'client'),
      subjectMatches,
    },
    audit: (outcome) => {
      measure(outcome)
      audit?.(outcome)
    },
    ...options,
  })
  measureFailures(client, metrics, () => server.failuresRemembered())
  const ready = async () => {
    refuseUnknownStatus(validation)
    await server.ready()
  }
  return { ...server, ready, metrics }
}

/** The names under which the conformance suite runs on this machine. */
const HERE = ['localhost', 'localhost.emobix.co.uk']

/**
 * Where clients may be notified (CIBA ping, back-channel logout). Nobody can register but the owner of the lab, so what was
 * registered before it started is listed as well.
 */
async function notificationHosts({ records }: KeyStore): Promise<readonly string[]> {
  const clients = await records.list('Client')
  const registered = clients.flatMap(({ payload }) => {
    const { backchannel_client_notification_endpoint: ping, backchannel_logout_uri: logout } =
      payload
    return [ping, logout].flatMap((url) => (typeof url === 'string' ? new URL(url).hostname : []))
  })
  return [...new Set([...HERE, ...registered])]
}
