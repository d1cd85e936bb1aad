import {
  type AuthorizationServer,
  checkConfiguration,
  createAuthorizationServer,
  type KeyStore,
} from '@holdfast/authorization-server'
import { type CertificateValidation, subjectMatches } from '@holdfast/ca/validation'
import type { Reporter } from '@holdfast/trace'
import { type Addresses, resourcesOf } from './addresses.ts'
import { SCOPES } from './clients.ts'

/** Seconds for which the lab's access tokens live. */
const TOKEN_LIFE = 300

interface Foundations {
  readonly addresses: Addresses
  readonly keyStore: KeyStore
  readonly validation: CertificateValidation
}

/** The authorization server as the lab configures it. */
export function makeAuthorizationServer(
  { addresses: { issuer, mtlsAlias, resource }, keyStore, validation }: Foundations,
  report?: Reporter,
): Promise<AuthorizationServer> {
  const { jwt, opaque } = resourcesOf(resource)
  return createAuthorizationServer({
    configuration: checkConfiguration({
      issuer,
      mtlsOrigin: mtlsAlias,
      resources: [
        { indicator: jwt, scopes: SCOPES, format: 'jwt', ttl: TOKEN_LIFE },
        { indicator: opaque, scopes: SCOPES, format: 'opaque', ttl: TOKEN_LIFE },
      ],
    }),
    records: keyStore.records,
    keyEncryption: keyStore.encryption,
    certificates: {
      // OpenSSL judged the path in the handshake; what may have changed since is asked per request.
      authorized: (certificate, socket) =>
        socket.authorized && validation.validate(certificate, [], 'client').ok,
      subjectMatches,
    },
    ...(report && { report }),
  })
}
