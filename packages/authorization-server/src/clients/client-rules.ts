import { createPublicKey, X509Certificate } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { DETAIL_TYPES } from '../extensions/rich-authorization/authorization-details.ts'
import type { Metadata, Terms } from '../profiles/requirement.ts'

/** Whether a client's metadata holds one requirement: the predicates of the tables beside this file. */

export function onlyGrants({ grant_types }: Metadata, { grantTypes }: Terms): boolean {
  return list(grant_types).every((grant) => isOneOf(grantTypes, grant))
}

export function oneConstraint(client: Metadata): boolean {
  const dpop = client['dpop_bound_access_tokens'] === true
  const mtls = client['tls_client_certificate_bound_access_tokens'] === true
  return list(client['grant_types']).length > 0 ? dpop !== mtls : !(dpop && mtls)
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
  return list(response_types).every((type) => type === 'code')
}

/** Host names that are this machine's own. */
export const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

export function safeRedirects({ redirect_uris }: Metadata): boolean {
  return list(redirect_uris).every(isSafeRedirect)
}

export function safePostLogoutRedirects({ post_logout_redirect_uris: uris }: Metadata): boolean {
  return list(uris).every(isSafeRedirect)
}

function isSafeRedirect(uri: unknown): boolean {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
}

export function strongAlgorithms(client: Metadata, { algorithms }: Terms): boolean {
  return Object.entries(client)
    .filter(([member, value]) => member.endsWith('_alg') && value !== undefined)
    .every(([, value]) => isOneOf(algorithms, value))
}

export function strongKeys(client: Metadata, { algorithms }: Pick<Terms, 'algorithms'>): boolean {
  return keysOf(client).every((jwk) => {
    const { kty, crv, alg } = jwk
    if (alg !== undefined && !isOneOf(algorithms, alg)) return false
    if ('d' in jwk || 'priv' in jwk) return false
    if (kty === 'EC') return crv === 'P-256'
    if (kty === 'OKP') return crv === 'Ed25519'
    if (kty === 'AKP') return isOneOf(algorithms, alg) // which of its keys it is, says `alg`
    return kty === 'RSA' && bits(jwk) >= 2048
  })
}

export function registeredCertificates(client: Metadata): boolean {
  if (client['token_endpoint_auth_method'] !== 'self_signed_tls_client_auth') return true
  const keys = keysOf(client)
  return keys.length > 0 && keys.every(isKeyOfItsCertificate)
}

/** A certificate of another key would authenticate whoever holds that key. */
function isKeyOfItsCertificate(jwk: JsonWebKey): boolean {
  const [certificate] = list(jwk['x5c'])
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

export function deliveredByPollOrPing(client: Metadata): boolean {
  const mode = client['backchannel_token_delivery_mode']
  return mode === 'poll' || mode === 'ping'
}

export function notifiableAt(client: Metadata): boolean {
  const endpoint = client['backchannel_client_notification_endpoint']
  return client['backchannel_token_delivery_mode'] === 'ping'
    ? typeof endpoint === 'string' && URL.parse(endpoint)?.protocol === 'https:'
    : endpoint === undefined
}

export function notifiedOfLogoutAt({ backchannel_logout_uri: uri }: Metadata): boolean {
  if (uri === undefined) return true
  return typeof uri === 'string' && !uri.includes('#') && URL.parse(uri)?.protocol === 'https:'
}

export function knownDetailTypes({ authorization_details_types: types }: Metadata): boolean {
  return list(types).every((type) => isOneOf(DETAIL_TYPES, type))
}

export function certificateBound(client: Metadata): boolean {
  return client['tls_client_certificate_bound_access_tokens'] === true
}

/** RFC8693-4.4: who may act for the subjects of this client's tokens, by its client_id. */
export function namedActor({ may_act, exchange_resources: resources }: Metadata): boolean {
  const { sub, ...more }: { sub?: unknown } = Object(may_act)
  return (
    (may_act === undefined || (typeof sub === 'string' && Object.keys(more).length === 0)) &&
    (resources === undefined || list(resources).length > 0)
  )
}

const isOneOf = (allowed: readonly string[], value: unknown): boolean =>
  allowed.some((one) => one === value)

const bits = ({ n }: JsonWebKey): number => Buffer.from(n ?? '', 'base64url').length * 8

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function keysOf({ jwks }: Metadata): readonly JsonWebKey[] {
  const keys = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? list(jwks.keys) : []
  return keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null)
}
