import { createPublicKey, X509Certificate } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { ALGORITHMS } from './algorithms.ts'
import type { ClauseId } from '@holdfast/sender-constraint'

export type Metadata = { readonly [member: string]: unknown }

interface Rule {
  readonly clause: ClauseId
  readonly sentence: string
  readonly holds: (client: Metadata) => boolean
}

// oxfmt-ignore
const rules: readonly Rule[] = [
  { clause: 'FAPI2SP-5.3.2.1-2', holds: onlyGrants, sentence: 'grant_types are authorization_code, client_credentials, refresh_token' },
  { clause: 'FAPI2SP-5.3.2.1-5', holds: oneConstraint, sentence: 'exactly one of dpop_bound_access_tokens and tls_client_certificate_bound_access_tokens is true' },
  { clause: 'FAPI2SP-5.3.2.1-6', holds: strongAuthentication, sentence: 'token_endpoint_auth_method is private_key_jwt, tls_client_auth or self_signed_tls_client_auth, and there is no client_secret' },
  { clause: 'FAPI2SP-5.3.2.2-1', holds: onlyCode, sentence: 'response_types is code or empty' },
  { clause: 'FAPI2SP-5.3.2.2-8', holds: safeRedirects, sentence: 'redirect_uris are https, or http on a loopback host' },
  { clause: 'FAPI2SP-5.4.1-1',   holds: strongAlgorithms, sentence: `every algorithm is one of ${ALGORITHMS.join(', ')}` },
  { clause: 'FAPI2SP-5.4.1-2',   holds: strongKeys, sentence: 'jwks holds public keys: RSA of 2048 bits or more, P-256, Ed25519' },
  { clause: 'RFC8705-2.2',       holds: registeredCertificates, sentence: 'self_signed_tls_client_auth needs jwks whose keys carry their certificate in x5c' },
  { clause: 'RFC7591-2',         holds: keysByValue, sentence: 'keys are registered by value: jwks, not jwks_uri' },
]

/** The first rule that a client's metadata breaks. Holds for every way in (see profile.ts). */
export const weakness = (client: Metadata): Rule | undefined =>
  rules.find((rule) => !rule.holds(client))

function onlyGrants({ grant_types }: Metadata): boolean {
  return list(grant_types).every(
    (grant) =>
      grant === 'authorization_code' || grant === 'client_credentials' || grant === 'refresh_token',
  )
}

function oneConstraint(client: Metadata): boolean {
  const dpop = client['dpop_bound_access_tokens'] === true
  const mtls = client['tls_client_certificate_bound_access_tokens'] === true
  return list(client['grant_types']).length > 0 ? dpop !== mtls : !(dpop && mtls)
}

function strongAuthentication({ token_endpoint_auth_method: method, client_secret }: Metadata) {
  return (
    client_secret === undefined &&
    (method === 'private_key_jwt' ||
      method === 'tls_client_auth' ||
      method === 'self_signed_tls_client_auth')
  )
}

function onlyCode({ response_types }: Metadata): boolean {
  return list(response_types).every((type) => type === 'code')
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

function safeRedirects({ redirect_uris }: Metadata): boolean {
  return list(redirect_uris).every((uri) => {
    const url = typeof uri === 'string' ? URL.parse(uri) : null
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
  })
}

function strongAlgorithms(client: Metadata): boolean {
  return Object.entries(client)
    .filter(([member, value]) => member.endsWith('_alg') && value !== undefined)
    .every(([, value]) => isAllowed(value))
}

function strongKeys(client: Metadata): boolean {
  return keysOf(client).every((jwk) => {
    const { kty, crv, alg } = jwk
    if (alg !== undefined && !isAllowed(alg)) return false
    if ('d' in jwk) return false
    if (kty === 'EC') return crv === 'P-256'
    if (kty === 'OKP') return crv === 'Ed25519'
    return kty === 'RSA' && bits(jwk) >= 2048
  })
}

function registeredCertificates(client: Metadata): boolean {
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

function keysByValue({ jwks_uri }: Metadata): boolean {
  return jwks_uri === undefined
}

const isAllowed = (alg: unknown): boolean => ALGORITHMS.some((allowed) => allowed === alg)

const bits = ({ n }: JsonWebKey): number => Buffer.from(n ?? '', 'base64url').length * 8

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function keysOf({ jwks }: Metadata): readonly JsonWebKey[] {
  const keys = typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? list(jwks.keys) : []
  return keys.filter((key): key is JsonWebKey => typeof key === 'object' && key !== null)
}
