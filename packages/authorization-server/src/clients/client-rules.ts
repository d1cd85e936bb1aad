import { createPublicKey, X509Certificate } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import type { Terms } from '../profiles/requirement.ts'
import { isTrustworthy } from '../vocabulary/loopback.ts'
import { elementsOf, type Metadata } from './client-metadata.ts'
import { areStrong, keysIn } from '../vocabulary/strong-keys.ts'

/** Whether a client's metadata holds one requirement of profiles/security-profile.ts. */

export function onlyGrants({ grant_types }: Metadata, { grantTypes }: Terms): boolean {
  return elementsOf(grant_types).every((grant) => isOneOf(grantTypes, grant))
}

export function oneConstraint(client: Metadata): boolean {
  const dpop = client['dpop_bound_access_tokens'] === true
  const mtls = client['tls_client_certificate_bound_access_tokens'] === true
  return elementsOf(client['grant_types']).length > 0 ? dpop !== mtls : !(dpop && mtls)
}

export function strongAuthentication({
  token_endpoint_auth_method: method,
  client_secret,
}: Metadata) {
  return (
    client_secret === undefined &&
    (method === 'private_key_jwt' ||
      method === 'tls_client_auth' ||
      method === 'self_signed_tls_client_auth')
  )
}

export function onlyCode({ response_types }: Metadata): boolean {
  return elementsOf(response_types).every((type) => type === 'code')
}

export function safeRedirects({ redirect_uris }: Metadata): boolean {
  return elementsOf(redirect_uris).every(isSafeRedirect)
}

/** Also of where an end-user is sent after logging out. */
export function isSafeRedirect(uri: unknown): boolean {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  return url !== null && isTrustworthy(url)
}

export function strongAlgorithms(client: Metadata, { algorithms }: Terms): boolean {
  return Object.entries(client)
    .filter(([member, value]) => member.endsWith('_alg') && value !== undefined)
    .every(([, value]) => isOneOf(algorithms, value))
}

export function strongKeys({ jwks }: Metadata, { algorithms }: Terms): boolean {
  return areStrong(jwks, algorithms)
}

export function registeredCertificates(client: Metadata): boolean {
  if (client['token_endpoint_auth_method'] !== 'self_signed_tls_client_auth') return true
  const keys = keysIn(client['jwks'])
  return keys.length > 0 && keys.every(isKeyOfItsCertificate)
}

/** A certificate of another key would authenticate whoever holds that key. */
function isKeyOfItsCertificate(jwk: JsonWebKey): boolean {
  const [certificate] = elementsOf(jwk['x5c'])
  if (typeof certificate !== 'string') return false
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).publicKey.equals(
      createPublicKey({ key: jwk, format: 'jwk' }),
    )
  } catch {
    return false // not a certificate, or not a key: not registered either way
  }
}

export function keysByValue({ jwks_uri }: Metadata): boolean {
  return jwks_uri === undefined
}

const isOneOf = (allowed: readonly string[], value: unknown): boolean =>
  allowed.some((one) => one === value)
