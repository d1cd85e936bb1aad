import type { ClauseId } from '@holdfast/sender-constraint'
import type { Records, ReplayMemory } from '@holdfast/store'
import { silent } from '@holdfast/trace'
import type { Reporter } from '@holdfast/trace'
import type { Decision } from './extensions/ciba/approvals.ts'
import type { CertificateJudge } from './sender-constraint/certificates.ts'
import type { Configuration } from './configuration/configuration.ts'
import type { KeyEncryption } from './keys/encryption.ts'
import { encryptKeys, type Keys, type KeyStore, readKeys } from './keys/keys.ts'
import { Looking } from './keys/looking.ts'
import { aliasesOnly, pinned } from './http/listeners.ts'
import type { Listener } from './http/listeners.ts'
import { withSecurityHeaders } from './http/security-headers.ts'
import { AuthenticationLimits } from './operations/limits.ts'
import type { FailureLimits } from './operations/limits.ts'
import { outcomeOfDecision } from './operations/outcome.ts'
import type { Outcome } from './operations/outcome.ts'
import type { Fetch } from './clients/notification.ts'
import { algorithmsOf } from './profiles/profiles.ts'
import { makeProvider } from './provider.ts'
import { checkClients } from './clients/check-client.ts'
import { Places, SHAPE, type Shape } from './status-list/places.ts'
import { answering } from './records/unavailable.ts'

export interface AuthorizationServerOptions {
  /** From `checkConfiguration`. */
  readonly configuration: Configuration
  /** A store that `provision` has run on. */
  readonly records: Records
  /** Of used proofs (RFC 9449 §11.1), shared by all nodes. */
  readonly memory: ReplayMemory
  readonly certificates: CertificateJudge
  /** The one that `provision` was given, or another from now on: at start the keys are encrypted with it. */
  readonly keyEncryption?: KeyEncryption | undefined
  /** Default: eight lists of a million tokens. The same on all nodes, and for good. */
  readonly statusLists?: Shape
  readonly report?: Reporter
  /** What whoever runs the server should know: weak clients, clients that cannot be notified. Default: a warning of the process. */
  readonly warn?: (sentence: string) => void
  /** Told of every outcome that matters for security, before it is answered. Must not throw. */
  readonly audit?: (outcome: Outcome) => void
  /** With what clients are notified (CIBA, back-channel logout), at the `notificationHosts` only. */
  readonly fetch?: Fetch
  /**
   * Name the clause of a refused proof in `error_description`. For laboratories: it tells attackers
   * as much. Default: no.
   */
  readonly explain?: boolean
}

/** The caller makes the HTTPS servers; both listeners refuse a socket that is not TLS. */
export interface AuthorizationServer {
  /** Everything, at the issuer's origin. Its server asks for no client certificate. */
  readonly publicListener: Listener
  /**
   * The aliased endpoints, at `mtlsOrigin`. Its server has `requestCert: true` and
   * `rejectUnauthorized: false`: what a certificate is good for is decided here.
   */
  readonly mtlsListener: Listener
  /** Resolves once it works with the keys that are in the store. Rejects where they cannot be read. */
  ready(): Promise<void>
  /** How many failed authentications each limit remembers. */
  failuresRemembered(): Readonly<Record<keyof FailureLimits, number>>
  /**
   * Looks for other keys at once, as it does each second anyway. They sign from then on; requests
   * under way are finished with the keys that they began with.
   *
   * @throws Error where the store cannot be read; then nothing has changed
   */
  renewKeys(): Promise<void>
  /** Looks for other keys no more. */
  close(): void
  /**
   * Decides in the place of the end-user about a backchannel authentication request (CIBA), whoever
   * that is: for laboratories that run without people. It is on no listener of this server.
   *
   * @throws errors.InvalidRequest where nothing waits under this `auth_req_id`
   */
  decide(authReqId: string, decision: Decision): Promise<void>
}

const warnOfProcess = (sentence: string): void => process.emitWarning(sentence, 'Holdfast')

/**
 * @throws Error where the store cannot be read or was not provisioned; ClientMetadataError for a
 *   client in it that is weaker than its profile
 */
export const createAuthorizationServer = (
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> => creating(options, new Set())

/** @internal For `createAuthorizationServer`, and for rows-out.ts. */
export async function creating(
  options: AuthorizationServerOptions,
  rowsOut: ReadonlySet<ClauseId>,
): Promise<AuthorizationServer> {
  const { configuration, certificates, memory, report = silent, audit } = options
  const { warn = warnOfProcess, explain = false } = options
  const fetch: Fetch = options.fetch ?? ((url, request) => globalThis.fetch(url, request))
  for (const sentence of await checkClients(options.records, configuration)) warn(sentence)
  const limits = new AuthenticationLimits(configuration.failures)
  const records = answering(options.records)
  const longest = Math.max(...configuration.resources.map(({ ttl }) => ttl))
  const places = new Places(records, options.statusLists ?? SHAPE, longest)
  const keyStore: KeyStore = {
    records: options.records,
    encryption: options.keyEncryption,
    algorithms: algorithmsOf(configuration.profiles),
  }
  const keysOfNow = () => readKeys(keyStore)
  const providerWith = (keys: Keys) =>
    makeProvider(
      { configuration, records, memory, certificates, keys, places, fetch, explain, rowsOut },
      { report, audit, limits, warn },
    )

  await encryptKeys(keyStore)
  let keys = await keysOfNow()
  let provider = providerWith(keys)
  const looking = new Looking(async () => {
    const found = await keysOfNow()
    if (found.id === keys.id) return
    provider = providerWith(found)
    keys = found
  })

  const serve: Listener = (request, response) => {
    const { due } = looking
    if (due) void due.then(() => provider.serve(request, response))
    else provider.serve(request, response)
  }
  const secure = (listener: Listener) => withSecurityHeaders(configuration.hsts, listener)
  return {
    publicListener: secure(pinned(configuration.issuer, serve)),
    mtlsListener: secure(aliasesOnly(pinned(configuration.mtlsOrigin, serve))),
    ready: () => looking.now(),
    failuresRemembered: () => limits.sizes,
    renewKeys: () => looking.now(),
    close: () => looking.close(),
    decide: async (authReqId, decision) => {
      const began = performance.now()
      const decided = await provider.approvals.decide(authReqId, decision)
      audit?.(outcomeOfDecision(decided, performance.now() - began))
    },
  }
}
