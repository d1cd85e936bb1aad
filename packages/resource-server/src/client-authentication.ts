import { randomUUID } from 'node:crypto'
import { type JWK, SignJWT } from 'jose'
import { signingKey } from './signing-key.ts'

/** Form members by which we tell the issuer who we are. */
export type ClientAuthentication = () => Promise<Readonly<Record<string, string>>>

/**
 * Client authentication by `private_key_jwt` (RFC 7523): FAPI 2.0 SP §5.3.3.4 has the issuer as its
 * audience, as one string.
 *
 * @param key with `alg`, and `kid` if it has one
 * @throws PolicyError at once, if the key does not say with which algorithm it signs
 */
export function privateKeyJwt(
  key: JWK,
  { issuer, clientId, now }: { issuer: string; clientId: string; now: () => number },
): ClientAuthentication {
  const { header, privateKey } = signingKey('key', key)
  return async () => {
    const time = Math.floor(now() / 1000)
    return {
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader(header)
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(issuer)
        .setIssuedAt(time)
        .setExpirationTime(time + 60)
        .sign(privateKey),
    }
  }
}

/** By mutual TLS (RFC 8705 §2): the certificate is the connection's, and only the name is sent. */
export const byCertificate =
  (clientId: string): ClientAuthentication =>
  async () => ({ client_id: clientId })
