import type { Records } from '@holdfast/store'
import { silent } from '@holdfast/trace'
import type { Reporter } from '@holdfast/trace'
import { Provider } from 'oidc-provider'
import { answerInOAuth } from './answers.ts'
import type { CertificateJudge } from './certificates.ts'
import type { Configuration } from './configuration.ts'
import { Interactions } from './interactions.ts'
import { readKeys } from './keys.ts'
import { aliasesOnly, pinned } from './listeners.ts'
import type { Listener } from './listeners.ts'
import { providerConfiguration } from './profile.ts'
import { rememberUses } from './replay.ts'
import { answering } from './unavailable.ts'

export interface AuthorizationServerOptions {
  /** From `checkConfiguration`. */
  readonly configuration: Configuration
  /** A store that `provision` has run on. */
  readonly records: Records
  readonly certificates: CertificateJudge
  readonly report?: Reporter
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
}

/** @throws Error where the store cannot be read or was not provisioned */
export async function createAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { configuration, certificates, report = silent } = options
  const keys = await readKeys(options.records)
  const records = answering(options.records)
  const provider = new Provider(
    configuration.issuer,
    providerConfiguration({ configuration, records, certificates, keys }),
  )
  rememberUses(provider, records)
  answerInOAuth(provider, report)
  provider.use(new Interactions(provider, records, configuration).routes())

  const answer = provider.callback()
  const serve: Listener = (request, response) => void answer(request, response)
  return {
    publicListener: pinned(configuration.issuer, serve),
    mtlsListener: aliasesOnly(pinned(configuration.mtlsOrigin, serve)),
    ready: async () => {
      await readKeys(options.records)
    },
  }
}
