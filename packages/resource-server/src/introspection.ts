import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto'
import { readIntrospection } from '@holdfast/sender-constraint'
import { type JWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { fetchMetadata, type Fetch, getJson, urlIn } from './issuer.ts'
import { PolicyError } from './policy.ts'
import type { TokenReader } from './tokens.ts'

/**
 * Reads opaque access tokens by asking the issuer (RFC 7662), as a client that authenticates by
 * `private_key_jwt`. Every token is asked about every time: a revoked one is refused at once.
 *
 * @param options.key our private key, registered with the issuer; with `alg`, and `kid` if it has one
 * @throws PolicyError at once, if the key does not say with which algorithm it signs
 */
export function introspectedTokens(options: {
  readonly issuer: string
  readonly clientId: string
  readonly key: JWK
  readonly fetch?: Fetch
}): TokenReader {
  const { issuer, clientId, fetch = globalThis.fetch } = options
  const { alg, kid, ...jwk } = options.key
  if (alg === undefined) throw new PolicyError('key.alg', null, 'what the key is registered with')
  const header = { alg, ...(kid !== undefined && { kid }) }
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  let endpoint: string | undefined

  return async (text) => {
    try {
      endpoint ??= urlIn(await fetchMetadata(fetch, issuer), 'introspection_endpoint')
      const body = new URLSearchParams({
        token: text,
        token_type_hint: 'access_token',
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(issuer, clientId, { header, key }),
      })
      const response = await getJson(fetch, endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: body.toString(),
      })
      return readIntrospection(text, response)
    } catch {
      return { form: 'unavailable', reason: 'the issuer’s introspection endpoint cannot be asked' }
    }
  }
}

// FAPI 2.0 SP §5.3.3.4: the audience is the issuer, as one string.
function assertion(
  issuer: string,
  clientId: string,
  { header, key }: { readonly header: JWTHeaderParameters; readonly key: KeyObject },
): Promise<string> {
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader(header)
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)
}
