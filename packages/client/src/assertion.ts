import { randomUUID } from 'node:crypto'
import { importJWK, type JWK, SignJWT } from 'jose'

export interface AssertionOptions {
  readonly clientId: string
  /** The issuer identifier: the only audience that FAPI 2.0 SP §5.3.2.1 accepts. */
  readonly issuer: string
  /** Seconds; default: 60. */
  readonly life?: number
}

/**
 * A client assertion made by hand, for curl (RFC 7523 §2.2; OpenID Connect Core §9). `FapiClient` has
 * openid-client make its own.
 *
 * @param key private JWK with `alg`, and `kid` if the registration has one
 */
export async function makeAssertion(
  key: JWK & { readonly alg: string },
  { clientId, issuer, life = 60 }: AssertionOptions,
): Promise<string> {
  const { alg, kid } = key
  return new SignJWT()
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${life} s`)
    .sign(await importJWK(key, alg))
}
