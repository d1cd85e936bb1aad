import type { TLSSocket } from 'node:tls'
import {
  type AuthorizationServer,
  checkConfiguration,
  createAuthorizationServer,
} from '@holdfast/authorization-server'
import { subjectMatches } from '@holdfast/ca/validation'
import type { Records } from '@holdfast/store'
import type { Reporter } from '@holdfast/trace'
import { type Addresses, resourcesOf } from './addresses.ts'
import { SCOPES } from './clients.ts'

/** Seconds for which the lab's access tokens live. */
const TOKEN_LIFE = 300

/** The authorization server as the lab configures it. */
export function makeAuthorizationServer(
  { issuer, mtlsAlias, resource }: Addresses,
  records: Records,
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
    records,
    certificates: {
      // Node says `authorized` of a resumed session without a certificate, so both are asked.
      authorized: (certificate, socket: TLSSocket) =>
        certificate !== undefined && socket.authorized,
      subjectMatches,
    },
    ...(report && { report }),
  })
}
