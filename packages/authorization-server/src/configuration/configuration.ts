import type { JsonWebKey } from 'node:crypto'
import { areStrong } from '../vocabulary/strong-keys.ts'
import type { FailureLimits } from '../operations/limits.ts'
import { ALGORITHMS, POST_QUANTUM } from '../vocabulary/algorithms.ts'
import { DEFAULT_PROFILE, isProfile, PROFILE_NAMES } from '../vocabulary/profile-names.ts'
import type { ProfileName } from '../vocabulary/profile-names.ts'
import { type Lifetimes, lifetimes } from './lifetimes.ts'
import { failures, hsts } from './operations.ts'
import { type Resource, resources } from './resources.ts'
import { browserOrigins, hosts, origin } from './urls.ts'
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
  return {
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
}

function profiles(value: unknown): readonly [ProfileName, ...ProfileName[]] {
  const allowed = `a list of ${PROFILE_NAMES.join(', ')}`
  if (!Array.isArray(value) || !value.every(isProfile))
    throw new ConfigurationError('profiles', value, allowed)
  if (value.includes('post-quantum') && POST_QUANTUM.length === 0)
    throw new ConfigurationError('profiles', 'post-quantum', 'with Node 24.7 or later')
  const [first, ...rest] = new Set(value)
  if (first === undefined) throw new ConfigurationError('profiles', value, allowed)
  return [first, ...rest]
}

function statementIssuers(value: unknown): readonly SoftwareStatementIssuer[] {
  const key = 'softwareStatementIssuers'
  if (!Array.isArray(value)) throw new ConfigurationError(key, value, 'a list of issuer and jwks')
  return value.map((entry: unknown, i) => {
    const { issuer, jwks } = members(`${key}[${i}]`, entry, ['issuer', 'jwks'])
    const { keys } = members(`${key}[${i}].jwks`, jwks, ['keys'])
    if (typeof issuer !== 'string' || URL.parse(issuer)?.protocol !== 'https:')
      throw new ConfigurationError(`${key}[${i}].issuer`, issuer, 'an https URL')
    if (!Array.isArray(keys) || keys.length === 0 || !areStrong({ keys }, ALGORITHMS))
      throw new ConfigurationError(
        `${key}[${i}].jwks`,
        'what is given',
        'public keys: RSA of 2048 bits or more, P-256, Ed25519',
        'FAPI2SP-5.4.1-2',
      )
    return { issuer, jwks: { keys } }
  })
}
