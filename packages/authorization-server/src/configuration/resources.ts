import { OIDC_SCOPES } from '../vocabulary/scopes.ts'
import { LIFETIMES } from './lifetimes.ts'
import { ConfigurationError, members, oneOf, seconds } from './values.ts'

export interface Resource {
  /** Resource indicator (RFC 8707 §2), also the audience of its access tokens. */
  readonly indicator: string
  readonly scopes: readonly string[]
  readonly format: 'jwt' | 'opaque'
  /** Life of its access tokens in seconds. */
  readonly ttl: number
  /** Signature of its JWT access tokens. */
  readonly alg: 'ES256' | 'PS256' | 'EdDSA'
}

/** @throws ConfigurationError */
export function resources(value: unknown): readonly [Resource, ...Resource[]] {
  if (!Array.isArray(value) || value.length === 0)
    throw new ConfigurationError('resources', value, 'a list of at least one resource')
  const [first, ...rest] = value.map((entry: unknown, i) => resource(`resources[${i}]`, entry))
  const all: readonly [Resource, ...Resource[]] = [first!, ...rest]
  all.forEach(({ indicator }, i) => {
    if (all.findIndex((other) => other.indicator === indicator) !== i)
      throw new ConfigurationError(`resources[${i}].indicator`, indicator, 'each indicator once')
  })
  return all
}

function resource(key: string, value: unknown): Resource {
  const entry = members(key, value, ['indicator', 'scopes', 'format', 'ttl', 'alg'])
  return {
    indicator: resourceUrl(`${key}.indicator`, entry['indicator']),
    scopes: scopes(`${key}.scopes`, entry['scopes']),
    format: oneOf(`${key}.format`, entry['format'], ['jwt', 'opaque']),
    ttl: seconds(`${key}.ttl`, entry['ttl'], LIFETIMES.accessToken),
    alg: oneOf(`${key}.alg`, entry['alg'] ?? 'ES256', ['ES256', 'PS256', 'EdDSA']),
  }
}

/** RFC 8707 §2: absolute, no fragment. FAPI2SP-5.2.1: TLS. */
function resourceUrl(key: string, value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (typeof value !== 'string' || url?.protocol !== 'https:' || value.includes('#'))
    throw new ConfigurationError(key, value, 'an https URL without fragment')
  return value
}

/** RFC 6749 §3.3: scope-token. Scopes of OpenID Connect belong to userinfo, not to a resource. */
function scopes(key: string, value: unknown): readonly string[] {
  const fits = (scope: unknown): scope is string =>
    typeof scope === 'string' && /^[!#-[\]-~]+$/.test(scope) && !OIDC_SCOPES.has(scope)
  if (!Array.isArray(value) || value.length === 0 || !value.every(fits))
    throw new ConfigurationError(
      key,
      value,
      `scope names other than ${[...OIDC_SCOPES].join(', ')}`,
    )
  return value
}
