/**
 * What each kind of certificate may do, which names it may bear and how long it lives: one table, so
 * that a question such as "may a client certificate authenticate a server?" is answered by reading.
 */
import type { AlternativeNameKind } from './encoding/alternative-names.ts'

/** Bits of the KeyUsage extension by their number (RFC 5280 §4.2.1.3). */
export const KEY_USAGE = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyCertSign: 5,
  cRLSign: 6,
} as const

export type KeyUsage = keyof typeof KEY_USAGE

export const EXTENDED_KEY_USAGE = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const

export interface Profile {
  /** Absent: not a CA. Else the number of CA certificates that may follow (RFC 5280 §4.2.1.9). */
  readonly pathLength?: number
  readonly keyUsage: readonly KeyUsage[]
  /** Dotted. None: the extension is absent. */
  readonly extendedKeyUsage: readonly string[]
  /** The kinds of subjectAltName it may bear; what else a CSR asks for is dropped. */
  readonly names: readonly AlternativeNameKind[]
  /** Attribute types, dotted, that the subject must have. */
  readonly subjectNeeds?: readonly string[]
  /** Exactly one name, of this kind, and perhaps no subject. */
  readonly onlyName?: AlternativeNameKind
  /** Certificate policy, dotted. */
  readonly policy?: string
  /** Qualified in the sense of eIDAS, for PSD2 (ETSI EN 319 412-5, TS 119 495). */
  readonly qualified?: 'web' | 'seal'
  /** Its status is not asked for (RFC 6960 §4.2.2.2.1); and it has no CRLDP and AIA. */
  readonly unchecked?: boolean
  readonly days: number
}

const CA: readonly KeyUsage[] = ['keyCertSign', 'cRLSign']
/** The suites of FAPI 2.0 are ephemeral: also an RSA key only ever signs. */
const SIGN: readonly KeyUsage[] = ['digitalSignature']
const SEAL: readonly KeyUsage[] = ['digitalSignature', 'contentCommitment']
const { serverAuth, clientAuth, ocspSigning } = EXTENDED_KEY_USAGE
/** All that RFC 8705 §2.1.2 knows. */
const ANY = ['dns', 'uri', 'ip', 'email'] as const
/** C, O and organizationIdentifier (ETSI EN 319 412-3 §4.2.1). */
const LEGAL_PERSON = ['2.5.4.6', '2.5.4.10', '2.5.4.97']

// oxfmt-ignore
export const PROFILES = {
  root:                 { pathLength: 1, keyUsage: CA, extendedKeyUsage: [],                       names: [],            days: 3650, unchecked: true },
  issuing:              { pathLength: 0, keyUsage: CA, extendedKeyUsage: [],                       names: [],            days: 1825 },
  server:               { keyUsage: SIGN, extendedKeyUsage: [serverAuth],                          names: ['dns', 'ip'], days: 397 },
  client:               { keyUsage: SIGN, extendedKeyUsage: [clientAuth],                          names: ANY,           days: 397 },
  selfSigned:           { keyUsage: SIGN, extendedKeyUsage: [clientAuth],                          names: ANY,           days: 397,  unchecked: true },
  ocsp:                 { keyUsage: SIGN, extendedKeyUsage: [ocspSigning],                         names: [],            days: 30,   unchecked: true },
  openBankingTransport: { keyUsage: SIGN, extendedKeyUsage: [clientAuth, serverAuth],              names: ['dns'],       days: 397,  qualified: 'web',  policy: '0.4.0.194112.1.4', subjectNeeds: LEGAL_PERSON },
  openBankingSeal:      { keyUsage: SEAL, extendedKeyUsage: [],                                    names: ['dns'],       days: 397,  qualified: 'seal', policy: '0.4.0.194112.1.1', subjectNeeds: LEGAL_PERSON },
  spiffe:               { keyUsage: SIGN, extendedKeyUsage: [clientAuth, serverAuth],              names: ['uri'],       days: 1,    onlyName: 'uri' },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES

/** The profiles of certificates for clients; each lies in the folder `clients`. */
export const CLIENT_PROFILES = [
  'client',
  'openBankingTransport',
  'openBankingSeal',
  'spiffe',
] as const satisfies readonly ProfileName[]

export type ClientProfile = (typeof CLIENT_PROFILES)[number]
/** What can be asked of the authority by name, and what a CSR can be signed as. */
export type LeafProfile = ClientProfile | 'server'
export const LEAF_PROFILES: readonly LeafProfile[] = ['server', ...CLIENT_PROFILES]

export const RENEWAL = {
  /** A certificate with a smaller part of its life left than this is renewed. */
  fraction: 1 / 3,
  /** How far notBefore lies back, for peers whose clock is behind ours, in milliseconds. */
  backdate: 5 * 60_000,
} as const

// oxfmt-ignore
export const SUBJECTS = {
  root:    'CN=Holdfast Root CA,O=Holdfast Lab',
  issuing: 'CN=Holdfast Issuing CA,O=Holdfast Lab',
} as const

/** Where the lab's servers are reached, unless a caller says otherwise. */
export const SERVER_NAMES = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] } as const
