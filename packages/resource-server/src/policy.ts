import {
  type Algorithm,
  ALGORITHMS,
  type ConfirmationMethod,
  type Policy,
  POST_QUANTUM,
} from '@holdfast/sender-constraint'
import { between, https, list, named, oneOf, oneOrMore, PolicyError, whole } from './setting.ts'

/** What a route asks. Everything but the first three has the profile's value if left out. */
export interface RoutePolicy {
  /** Issuer identifier of the authorization server, or of each that counts here: https. */
  readonly issuer: string | readonly [string, ...string[]]
  /** What a token's `aud` must contain: our resource indicator (RFC 8707). */
  readonly audience: string
  /** Every one of these must have been granted. */
  readonly scopes: readonly string[]
  /** The confirmation methods in force here. Default: both. */
  readonly methods?: readonly ConfirmationMethod[]
  /** Must a token be constrained by `one` of them (default), or by `all` at once? */
  readonly require?: 'one' | 'all'
  /**
   * What a client certificate must be, besides the one in `cnf` and within its time. Default:
   * `thumbprint`, nothing more (RFC 8705 §6.2). `pki`: of an authority of yours, for clients, and not
   * revoked, as `certificateStatus` of the server says.
   */
  readonly certificateTrust?: 'thumbprint' | 'pki'
  /** `required`: every proof carries a nonce of this server. Default: `off`. */
  readonly nonce?: 'off' | 'required'
  /**
   * Whose algorithms count. Default: those of the FAPI 2.0 Security Profile. `post-quantum` takes
   * ML-DSA (RFC 9964) as well, outside that profile and on a Node that has it (24.7 or later).
   */
  readonly profile?: 'fapi2-security-profile' | 'post-quantum'
  /** Some of the profile's. Default: all of them. */
  readonly tokenAlgorithms?: readonly Algorithm[]
  readonly proofAlgorithms?: readonly Algorithm[]
  /** Seconds. Default and most: 60 in the past, 10 ahead. */
  readonly proofWindow?: { readonly past: number; readonly ahead: number }
  /** Seconds by which iat and nbf of a token may lie ahead. Default and most: 10. */
  readonly tokenAhead?: number
  /**
   * `required`: a JWT must name its place in a status list that its reader looks at. Default: `off`;
   * a status that is known counts all the same.
   */
  readonly status?: 'off' | 'required'
  /**
   * The type of an authorization detail that the token must carry (RFC 9396). What is in it, the
   * handler compares with the request: `authorizationDetailsOf`.
   */
  readonly authorizationDetails?: string
  /** Step-up (RFC 9470): the user was authenticated in one of these ways, the best first. */
  readonly acrValues?: readonly string[]
  /** Step-up (RFC 9470): seconds since the user was last authenticated, at most. */
  readonly maxAge?: number
  /** Seconds by which the clocks of two nodes may differ. Default: 5. Most: 60. */
  readonly clockMargin?: number
}

/** @throws PolicyError */
export function checkPolicy(route: RoutePolicy): Policy {
  const [first, ...more] = oneOrMore('methods', route.methods ?? METHODS, METHODS)
  const window: Policy['proofWindow'] = Object(route.proofWindow ?? { past: 60, ahead: 10 })
  const algorithms = algorithmsOf(route.profile)
  const methods = [first, ...more] as const
  return {
    issuers: issuersOf(route.issuer),
    audience: https('audience', route.audience),
    scopes: words('scopes', route.scopes),
    methods: [first, ...more],
    require: oneOf('require', route.require ?? 'one', ['one', 'all']),
    certificateTrust: trustOf(route.certificateTrust, methods),
    nonce: nonceOf(route.nonce, methods),
    tokenAlgorithms: oneOrMore('tokenAlgorithms', route.tokenAlgorithms ?? algorithms, algorithms),
    proofAlgorithms: oneOrMore('proofAlgorithms', route.proofAlgorithms ?? algorithms, algorithms),
    proofWindow: {
      past: between('proofWindow.past', window.past, [1, 60]),
      ahead: between('proofWindow.ahead', window.ahead, [0, 10]),
    },
    tokenAhead: between('tokenAhead', route.tokenAhead ?? 10, [0, 10]),
    status: oneOf('status', route.status ?? 'off', ['off', 'required']),
    ...(route.authorizationDetails !== undefined && {
      authorizationDetails: named(
        'authorizationDetails',
        route.authorizationDetails,
        'the name of a type',
      ),
    }),
    acrValues: words('acrValues', route.acrValues ?? []),
    ...(route.maxAge !== undefined && { maxAge: whole('maxAge', route.maxAge, [0, YEAR]) }),
    clockMargin: between('clockMargin', route.clockMargin ?? 5, [0, 60]),
  }
}

const TRUST = ['thumbprint', 'pki'] as const
const PROFILES = ['fapi2-security-profile', 'post-quantum'] as const
const METHODS = ['dpop', 'mtls'] as const
/** Seconds. */
const YEAR = 31_536_000

function algorithmsOf(profile: RoutePolicy['profile'] = 'fapi2-security-profile') {
  if (oneOf('profile', profile, PROFILES) === 'fapi2-security-profile') return ALGORITHMS
  if (POST_QUANTUM.length > 0) return [...ALGORITHMS, ...POST_QUANTUM]
  throw new PolicyError('profile', profile, 'fapi2-security-profile: this Node has no ML-DSA')
}

function issuersOf(issuer: RoutePolicy['issuer']): Policy['issuers'] {
  const [first, ...more] = Array.isArray(issuer) ? issuer : [issuer]
  if (first === undefined) throw new PolicyError('issuer', issuer, 'one or more https URLs')
  return [https('issuer', first), ...more.map((one) => https('issuer', one))]
}

// What is asked of a thing that cannot come would never be met, or is not what somebody meant.
function nonceOf(nonce: Policy['nonce'] = 'off', methods: Policy['methods']): Policy['nonce'] {
  if (oneOf('nonce', nonce, ['off', 'required']) === 'required' && !methods.includes('dpop'))
    throw new PolicyError('nonce', nonce, 'off, where methods leave out dpop')
  return nonce
}

function trustOf(trust: Policy['certificateTrust'] = 'thumbprint', methods: Policy['methods']) {
  if (oneOf('certificateTrust', trust, TRUST) === 'pki' && !methods.includes('mtls'))
    throw new PolicyError('certificateTrust', trust, 'thumbprint, where methods leave out mtls')
  return trust
}

// They stand in a challenge, between quotes and separated by spaces (RFC 6749 §3.3, RFC 9470 §3).
const WORD = /^[\x21\x23-\x5B\x5D-\x7E]+$/

const words = (key: string, values: readonly string[]): readonly string[] =>
  list(key, values, {
    fits: (value) => typeof value === 'string' && WORD.test(value),
    allowed: 'ASCII without space, quote and backslash',
  })
