import type { JsonWebKey } from 'node:crypto'
import type { ClauseId } from '@holdfast/sender-constraint'
import { browserOrigins } from '../http/cross-origin.ts'
import { ALGORITHMS } from '../vocabulary/algorithms.ts'
import { failures, hsts } from './operations.ts'
import type { FailureLimits } from '../operations/limits.ts'
import { DEFAULT_PROFILE, isProfile, PROFILES, requirementsOf } from '../profiles/profiles.ts'
import type { ProfileName } from '../profiles/profiles.ts'
import { strongKeys } from '../clients/client-rules.ts'
import { OIDC_SCOPES } from '../vocabulary/scopes.ts'
import { ConfigurationError, members, oneOf, seconds } from './values.ts'

/** What the authorization server is told. Clients, keys and secrets are records, not configuration. */
export interface Configuration {
  /** Issuer identifier: an https origin. Also the base URL of the public listener. */
  readonly issuer: string
  /** Base URL of the listener that asks for client certificates: another https origin. */
  readonly mtlsOrigin: string
  /** The first is the default where a request names none. */
  readonly resources: readonly [Resource, ...Resource[]]
  /** Whether proofs must carry a server-provided nonce (RFC 9449 §8). */
  readonly dpopNonce: 'off' | 'required'
  /** What clients may be registered with. The first requirement that this breaks refuses it. */
  readonly profiles: readonly [ProfileName, ...ProfileName[]]
  /** Hosts, without port, at which clients are notified over https (CIBA ping, back-channel logout). */
  readonly notificationHosts: readonly string[]
  /** Whose software statements register clients (RFC 7591). None: there is no registration. */
  readonly softwareStatementIssuers: readonly SoftwareStatementIssuer[]
  /** Seconds between two polls of one client for one end-user's decision (CIBA, RFC 8628). */
  readonly pollInterval: number
  /**
   * `laboratory`: a page on which pressing a button counts as a second factor, so that step-up can be
   * tried out. Where tokens are worth anything: `off`.
   */
  readonly secondFactor: 'off' | 'laboratory'
  readonly lifetimes: Lifetimes
  readonly failures: FailureLimits
  /** Seconds of Strict-Transport-Security (RFC 6797); 0: none. */
  readonly hsts: number
  /** Whose scripts may read answers: clients that run in browsers. Default: none. */
  readonly browserOrigins: readonly string[]
}

interface SoftwareStatementIssuer {
  /** `iss` of its statements. */
  readonly issuer: string
  readonly jwks: { readonly keys: readonly JsonWebKey[] }
}

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

/** Seconds. */
export interface Lifetimes {
  readonly code: number
  /** Of access tokens that are good for userinfo only. */
  readonly accessToken: number
  readonly refreshToken: number
  readonly idToken: number
  readonly session: number
  /** How long an end-user may take to log in and consent. */
  readonly interaction: number
  /** How long an end-user may take to decide on another device (CIBA, RFC 8628). */
  readonly authenticationRequest: number
  /** Longest life of a client assertion: `exp` minus now. */
  readonly assertion: number
}

const DAY = 86_400

/** Longest value allowed, and the value where none is given. */
export const LIFETIMES: {
  readonly [name in keyof Lifetimes]: { most: number; usual: number; clause?: ClauseId }
} = {
  code: { most: 60, usual: 60, clause: 'FAPI2SP-5.3.2.1-11' },
  accessToken: { most: 3_600, usual: 300 },
  refreshToken: { most: 365 * DAY, usual: 14 * DAY },
  idToken: { most: 3_600, usual: 300 },
  session: { most: DAY, usual: 8 * 3_600 },
  interaction: { most: 3_600, usual: 3_600 },
  authenticationRequest: { most: 600, usual: 300 },
  assertion: { most: 600, usual: 600 },
}

/**
 * Refuses what is weaker than the profile, and every key it does not know.
 *
 * @throws ConfigurationError naming the key, its value and what is allowed
 */
export function checkConfiguration(value: unknown): Configuration {
  const top = members('configuration', value, [
    'issuer',
    'mtlsOrigin',
    'resources',
    'dpopNonce',
    'profiles',
    'notificationHosts',
    'softwareStatementIssuers',
    'pollInterval',
    'secondFactor',
    'lifetimes',
    'failures',
    'hsts',
    'browserOrigins',
  ])
  const issuer = origin('issuer', top['issuer'])
  const mtlsOrigin = origin('mtlsOrigin', top['mtlsOrigin'])
  // One listener asks for a certificate and one does not: browsers would pop up a dialogue.
  if (mtlsOrigin === issuer)
    throw new ConfigurationError('mtlsOrigin', mtlsOrigin, 'another origin than the issuer')
  const configuration: Configuration = {
    issuer,
    mtlsOrigin,
    resources: resources(top['resources']),
    dpopNonce: oneOf('dpopNonce', top['dpopNonce'] ?? 'off', ['off', 'required']),
    profiles: profiles(top['profiles'] ?? [DEFAULT_PROFILE]),
    notificationHosts: hosts('notificationHosts', top['notificationHosts'] ?? []),
    softwareStatementIssuers: statementIssuers(top['softwareStatementIssuers'] ?? []),
    pollInterval: seconds('pollInterval', top['pollInterval'] ?? 5, { most: 30 }),
    secondFactor: oneOf('secondFactor', top['secondFactor'] ?? 'off', ['off', 'laboratory']),
    lifetimes: lifetimes(top['lifetimes'] ?? {}),
    failures: failures(top['failures'] ?? {}),
    hsts: hsts(top['hsts'], issuer),
    browserOrigins: browserOrigins(top['browserOrigins'] ?? []),
  }
  for (const { needs, clause } of configuration.profiles.flatMap(requirementsOf)) {
    const fault = needs?.(configuration)
    if (fault) throw new ConfigurationError(fault.key, fault.value, fault.allowed, clause)
  }
  return configuration
}

function profiles(value: unknown): readonly [ProfileName, ...ProfileName[]] {
  const allowed = `a list of ${Object.keys(PROFILES).join(', ')}`
  if (!Array.isArray(value) || !value.every(isProfile))
    throw new ConfigurationError('profiles', value, allowed)
  const [first, ...rest] = new Set(value)
  if (first === undefined) throw new ConfigurationError('profiles', value, allowed)
  return [first, ...rest]
}

function resources(value: unknown): readonly [Resource, ...Resource[]] {
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

function lifetimes(value: unknown): Lifetimes {
  const entry = members('lifetimes', value, Object.keys(LIFETIMES))
  const read = (name: keyof Lifetimes): number =>
    seconds(`lifetimes.${name}`, entry[name] ?? LIFETIMES[name].usual, LIFETIMES[name])
  return {
    code: read('code'),
    accessToken: read('accessToken'),
    refreshToken: read('refreshToken'),
    idToken: read('idToken'),
    session: read('session'),
    interaction: read('interaction'),
    authenticationRequest: read('authenticationRequest'),
    assertion: read('assertion'),
  }
}

function origin(key: string, value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url?.protocol !== 'https:' || url.origin !== value)
    throw new ConfigurationError(
      key,
      value,
      'an https origin without path, such as https://host:9443',
    )
  return url.origin
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

function statementIssuers(value: unknown): readonly SoftwareStatementIssuer[] {
  const key = 'softwareStatementIssuers'
  if (!Array.isArray(value)) throw new ConfigurationError(key, value, 'a list of issuer and jwks')
  return value.map((entry: unknown, i) => {
    const { issuer, jwks } = members(`${key}[${i}]`, entry, ['issuer', 'jwks'])
    const { keys } = members(`${key}[${i}].jwks`, jwks, ['keys'])
    if (typeof issuer !== 'string' || URL.parse(issuer)?.protocol !== 'https:')
      throw new ConfigurationError(`${key}[${i}].issuer`, issuer, 'an https URL')
    if (
      !Array.isArray(keys) ||
      keys.length === 0 ||
      !strongKeys({ jwks }, { algorithms: ALGORITHMS })
    )
      throw new ConfigurationError(
        `${key}[${i}].jwks`,
        'what is given',
        'public keys: RSA of 2048 bits or more, P-256, Ed25519',
        'FAPI2SP-5.4.1-2',
      )
    return { issuer, jwks: { keys } }
  })
}

function hosts(key: string, value: unknown): readonly string[] {
  const isHost = (host: unknown): host is string =>
    typeof host === 'string' && URL.parse(`https://${host}`)?.hostname === host
  if (!Array.isArray(value) || !value.every(isHost))
    throw new ConfigurationError(key, value, 'a list of host names in lower case, without port')
  return value
}
