import type { ClauseId } from '@holdfast/sender-constraint'
import { members, seconds } from './values.ts'

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

/** Milliseconds for which a server-provided nonce is good (RFC 9449 §8). Not to be configured. */
export const NONCE_LIFETIME = 300_000

/** @throws ConfigurationError */
export function lifetimes(value: unknown): Lifetimes {
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
