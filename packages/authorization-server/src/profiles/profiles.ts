import type { Metadata } from '../clients/client-metadata.ts'
import { ALGORITHMS } from '../vocabulary/algorithms.ts'
import {
  DEFAULT_PROFILE,
  isProfile,
  PROFILE_NAMES,
  type ProfileName,
} from '../vocabulary/profile-names.ts'
import type { Algorithm } from '../vocabulary/algorithms.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { CIBA, CIBA_GRANT, FAPI_CIBA } from '../extensions/ciba/requirements.ts'
import type { House } from '../house.ts'
import { DEVICE_GRANT } from '../extensions/device-authorization/requirements.ts'
import { MESSAGE_SIGNING } from '../extensions/message-signing/requirements.ts'
import type { Offered, Requirement, Terms, Weakness } from './requirement.ts'
import { POST_QUANTUM_PROFILE } from './post-quantum.ts'
import { EXCHANGE_GRANT } from '../extensions/token-exchange/requirements.ts'
import { SECURITY_PROFILE } from './security-profile.ts'

/** Rows beside those of the security profile; a row with the clause of one of them takes its place. */
interface Profile {
  /** What it is, in one sentence. */
  readonly about: string
  /** What is weaker than FAPI 2.0 wants it, for whoever runs or uses a client of this profile. */
  readonly relaxes?: string
  readonly rows: readonly Requirement[]
}

/** Every profile that a client can be registered with. */
export const PROFILES = {
  'fapi2-security-profile': {
    about: 'FAPI 2.0 Security Profile. What holds for every client, whatever its profile.',
    rows: [],
  },
  'fapi2-message-signing': {
    about: 'FAPI 2.0 Message Signing. Requests, responses and introspection responses are signed.',
    rows: MESSAGE_SIGNING,
  },
  'fapi-ciba': {
    about: 'FAPI-CIBA (ID1), poll and ping: the end-user decides on another device.',
    rows: FAPI_CIBA,
  },
  'ciba-dpop': {
    about:
      'The same with tokens constrained by DPoP. Outside FAPI-CIBA, which knows certificate-bound tokens only.',
    rows: CIBA,
  },
  'compat-oauth2c': {
    about: 'For clients that work like oauth2c. Relaxes one requirement and nothing else.',
    relaxes:
      'its assertions may name the token endpoint as audience in place of the issuer (FAPI2SP-5.3.2.1-8)',
    rows: [
      {
        clause: 'FAPI2SP-5.3.2.1-8',
        sentence:
          'aud of a client assertion is the issuer or the URL of the token endpoint, as a string, and its exp is near',
        terms: { audiences: ['token'] },
      },
    ],
  },
  'post-quantum': {
    about:
      'ML-DSA (RFC 9964) for assertions, proofs, tokens. Outside FAPI 2.0, which has no such algorithm.',
    rows: POST_QUANTUM_PROFILE,
  },
} as const satisfies { readonly [name in ProfileName]: Profile }

const STRICT: Terms = {
  grantTypes: [
    'authorization_code',
    'client_credentials',
    'refresh_token',
    DEVICE_GRANT,
    EXCHANGE_GRANT,
  ],
  algorithms: ALGORITHMS,
  audiences: [],
  requestObjects: false,
  signedIntrospection: false,
}

/** Every requirement of a profile, in the order of the tables. */
export function requirementsOf(name: ProfileName): readonly Requirement[] {
  const { rows }: Profile = PROFILES[name]
  const own = new Map(rows.map((row) => [row.clause, row]))
  const base: readonly Requirement[] = SECURITY_PROFILE
  return [
    // A row of the profile's own says what is different; what the library is told stays.
    ...base.map((row) => ({ ...row, ...own.get(row.clause) })),
    ...rows.filter(({ clause }) => !base.some((row) => row.clause === clause)),
  ]
}

const BOUND = new Map(PROFILE_NAMES.map((name) => [name, bind(name)]))

function bind(name: ProfileName) {
  const requirements = requirementsOf(name)
  const terms: Terms = Object.assign({}, STRICT, ...requirements.map((row) => row.terms))
  return { requirements, terms }
}

const boundOf = (profile: unknown = DEFAULT_PROFILE) =>
  isProfile(profile) ? BOUND.get(profile) : undefined

/** @throws Error for an unknown profile; `weakness` has refused its clients before */
function known(profile: unknown) {
  const bound = boundOf(profile)
  if (!bound) throw new Error('a client of an unknown profile')
  return bound
}

export const termsOf = (profile: unknown): Terms => known(profile).terms

/** What the profile has a client registered with. */
export const registeredWith = (client: Metadata): Metadata =>
  Object.assign({}, ...(boundOf(client['profile'])?.requirements ?? []).map((row) => row.registers))

/** The first requirement of its profile that a client's metadata breaks. */
export function weakness(client: Metadata): Weakness | undefined {
  const bound = boundOf(client['profile'])
  if (!bound) return UNKNOWN
  const { requirements, terms } = bound
  return requirements.find(
    ({ asks, registers = {} }) =>
      asks?.(client, terms) === false ||
      Object.entries(registers).some(([member, value]) => !isSame(client[member], value)),
  )
}

const UNKNOWN: Weakness = {
  sentence: `profile is one of ${PROFILE_NAMES.join(', ')}`,
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** What is weaker than FAPI 2.0 wants it for clients of this profile, if anything is. */
export const relaxationOf = (profile: unknown = DEFAULT_PROFILE): string | undefined => {
  const named: { readonly [name: string]: Profile } = PROFILES
  return isProfile(profile) ? named[profile]?.relaxes : undefined
}

/** Of all these profiles together. */
export const algorithmsOf = (profiles: readonly ProfileName[]): readonly Algorithm[] => [
  ...new Set(profiles.flatMap((name) => termsOf(name).algorithms)),
]

export const offeredBy = (configuration: Configuration, rowsOut?: House['rowsOut']): Offered => ({
  algorithms: algorithmsOf(configuration.profiles),
  termsOf,
  requirementsOf: (profile) =>
    known(profile).requirements.filter(({ clause }) => !rowsOut?.has(clause)),
  relaxationOf,
  weakness: (client) => weakness(client) ?? notServed(client, configuration),
})

export const offersCiba = ({ profiles }: Configuration): boolean =>
  profiles.some((name) => termsOf(name).grantTypes.includes(CIBA_GRANT))

function notServed(client: Metadata, configuration: Configuration): Weakness | undefined {
  const { profile = DEFAULT_PROFILE } = client
  const { profiles } = configuration
  return profiles.some((name) => name === profile)
    ? known(profile).requirements.find(({ serves }) => serves?.(client, configuration) === false)
    : { sentence: `profile is one that this server offers: ${profiles.join(', ')}` }
}
