/**
 * What each kind of certificate may do and how long it lives: one table, so that a question such as
 * "may a client certificate authenticate a server?" is answered by reading and not by searching.
 */
import { ExtendedKeyUsage, KeyUsageFlags } from '@peculiar/x509'

export interface Profile {
  /** Absent: not a CA. Else the number of CA certificates that may follow (RFC 5280 §4.2.1.9). */
  readonly pathLength?: number
  /** Bits of KeyUsageFlags. */
  readonly keyUsage: number
  readonly extendedKeyUsage: readonly string[]
  readonly days: number
}

const CA: number = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
/** The suites of FAPI 2.0 are ephemeral: also an RSA key only ever signs. */
const LEAF: number = KeyUsageFlags.digitalSignature
const { clientAuth, serverAuth } = ExtendedKeyUsage

// oxfmt-ignore
export const PROFILES = {
  root:       { pathLength: 1, keyUsage: CA,   extendedKeyUsage: [],           days: 3650 },
  issuing:    { pathLength: 0, keyUsage: CA,   extendedKeyUsage: [],           days: 1825 },
  server:     {                keyUsage: LEAF, extendedKeyUsage: [serverAuth], days: 397 },
  client:     {                keyUsage: LEAF, extendedKeyUsage: [clientAuth], days: 397 },
  selfSigned: {                keyUsage: LEAF, extendedKeyUsage: [clientAuth], days: 397 },
} as const satisfies Record<string, Profile>

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
