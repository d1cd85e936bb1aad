import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { equal } from '../jose/hash.ts'

/**
 * Server-provided nonces (RFC 9449 §8, §9) without a record of them: the time of issue and a MAC
 * over it, the server's label and the generation of its replay memory. Nobody else can make one, no
 * other server's fits, and none outlives a memory that has forgotten what was used under it.
 */
export interface NonceKeeper {
  /** 32 bytes, the same on all nodes. */
  readonly secret: Uint8Array
  /** While the secret is changed: those before and after it. Nonces made with them are good, too. */
  readonly alsoAccepted?: readonly Uint8Array[]
  /** Distinguishes the origins that share a secret. */
  readonly label: string
  /** Milliseconds for which a nonce is accepted. */
  readonly lifetime: number
}

export type NonceReading =
  | { readonly state: 'absent' }
  | { readonly state: 'fresh'; readonly issuedAt: number; readonly expiresAt: number }
  | { readonly state: 'expired' }
  | { readonly state: 'foreign' }

const FORM = /^([0-9a-z]{1,10})\.([A-Za-z0-9_-]{43})$/

/** @param now milliseconds since the epoch */
export function issueNonce(keeper: NonceKeeper, generation: string, now: number): string {
  const time = Math.floor(now).toString(36)
  return `${time}.${mac(keeper.secret, keeper.label, [generation, time])}`
}

/** @param value the claim `nonce` of a proof, whatever it is */
export function readNonce(
  keeper: NonceKeeper,
  generation: string,
  now: number,
  value: unknown,
): NonceReading {
  if (value === undefined) return { state: 'absent' }
  const [, time, code] = typeof value === 'string' ? (FORM.exec(value) ?? []) : []
  if (!time || !code) return { state: 'foreign' }
  const { secret, alsoAccepted, label } = keeper
  const madeWith = (key: Uint8Array) => equal(code, mac(key, label, [generation, time]))
  if (!madeWith(secret) && !alsoAccepted?.some(madeWith)) return { state: 'foreign' }
  const issuedAt = Number.parseInt(time, 36)
  const expiresAt = issuedAt + keeper.lifetime
  return now < expiresAt ? { state: 'fresh', issuedAt, expiresAt } : { state: 'expired' }
}

/** RFC 9449 §8.2: in the second half of a nonce's life its client is given the next one. */
export const isAgeing = (nonce: NonceReading | undefined, now: number): boolean =>
  nonce?.state === 'fresh' && now > (nonce.issuedAt + nonce.expiresAt) / 2

function mac(secret: Uint8Array, label: string, made: readonly [string, string]): string {
  return createHmac('sha256', keyOf(secret))
    .update(JSON.stringify([label, ...made]))
    .digest('base64url')
}

// Node takes five times as long over bytes as over a key.
const keys = new WeakMap<Uint8Array, KeyObject>()

function keyOf(secret: Uint8Array): KeyObject {
  const known = keys.get(secret)
  if (known) return known
  const key = createSecretKey(secret)
  keys.set(secret, key)
  return key
}
