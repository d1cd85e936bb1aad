import type { Records } from '@holdfast/store'
import { silent } from '@holdfast/trace'
import type { Reporter } from '@holdfast/trace'
import type { CertificateJudge } from './certificates.ts'
import type { Configuration } from './configuration.ts'
import { readKeys } from './keys.ts'
import { aliasesOnly, pinned } from './listeners.ts'
import type { Listener } from './listeners.ts'
import { makeProvider } from './provider.ts'
import { checkClients } from './start-checks.ts'
import { answering } from './unavailable.ts'

export interface AuthorizationServerOptions {
  /** From `checkConfiguration`. */
  readonly configuration: Configuration
  /** A store that `provision` has run on. */
  readonly records: Records
  readonly certificates: CertificateJudge
  readonly report?: Reporter
  /** Takes what whoever runs the server should know, at start. Default: a warning of the process. */
  readonly warn?: (sentence: string) => void
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
  /** Rejects where the store cannot be read. */
  ready(): Promise<void>
  /**
   * Reads the keys again and answers with them from now on. Requests under way are finished with the
   * keys that they began with.
   *
   * @throws Error where the store cannot be read; then nothing has changed
   */
  renewKeys(): Promise<void>
}

const warnOfProcess = (sentence: string): void => process.emitWarning(sentence, 'Holdfast')

/**
 * @throws Error where the store cannot be read or was not provisioned; ClientMetadataError for a
 *   client in it that is weaker than its profile
 */
export async function createAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { configuration, certificates, report = silent, warn = warnOfProcess } = options
  for (const sentence of await checkClients(options.records, configuration)) warn(sentence)
  const records = answering(options.records)
  const withKeysOfNow = async () => {
    const keys = await readKeys(options.records)
    return makeProvider({ configuration, records, certificates, keys }, report)
  }

  let provider = await withKeysOfNow()
  const serve: Listener = (request, response) => provider(request, response)
  return {
    publicListener: pinned(configuration.issuer, serve),
    mtlsListener: aliasesOnly(pinned(configuration.mtlsOrigin, serve)),
    ready: async () => {
      await readKeys(options.records)
    },
    renewKeys: async () => {
      provider = await withKeysOfNow()
    },
  }
}
