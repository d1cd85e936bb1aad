import type { Clause } from '@holdfast/sender-constraint'
import type { Scene } from './scene.ts'
import type { WireResponse } from '../wire.ts'

/** An honest request with one edit, and what must become of it. */
export interface Attack {
  readonly id: `${Family}/${string}`
  /** What the attacker does. */
  readonly title: string
  /** What refuses it. */
  readonly clause: Clause
  /** The exact answer of the lab's servers. */
  readonly answer: { readonly status: number; readonly error?: string }
  /** Clauses that would refuse it too, were its own not there. */
  readonly overlaps?: readonly Clause[]
  /** How the resource server must be set up for the attack to make sense; default: as it is. */
  readonly situation?: Situation
  /** Needs a token that an honest issuer would not make. */
  readonly forges?: true
  /** Plays it; the answer to the last request counts. */
  readonly play: (scene: Scene) => Promise<WireResponse>
}

export type Family = 'request' | 'token' | 'binding' | 'certificate' | 'proxy' | 'proof' | 'time'

/**
 * - `fresh-memory`: the replay memory has just started
 * - `settled-memory`: it started long ago, so that nobody is asked for a nonce on its account
 * - `memory-lost-meanwhile`: it loses all it knows between our look at it and the record of a proof
 * - `full-memory`, `one-proof-quota`: it has no room; each key may have one live record
 * - `nonce-required`: the route's policy asks for a nonce
 * - `issuer-unreachable`: nobody answers for the issuer
 * - `plain-introspection`: the route takes signed introspection answers only, and gets plain JSON
 * - `status-required`: a token must name its place in the list of `STATUS_LIST_URI`
 * - `status-list-unreachable`: the same, and nobody serves the list
 * - `acr-required`, `recent-login-required`: the route asks for a certain login, or a recent one
 * - `payment-consent-required`: the route asks for an authorization detail `payment_initiation`
 * - `behind-a-proxy`: the stage's proxy is known to the server, and forwards as RFC 9440 says
 * - `pki-trust`: certificates must be of the lab's authority, for clients, and not revoked
 * - `certificate-status-unreachable`: the same, and no revocation list can be had
 * - `mislabelled`: introspection says `token_type: Bearer` of a DPoP-bound token
 */
export type Situation =
  | 'fresh-memory'
  | 'settled-memory'
  | 'memory-lost-meanwhile'
  | 'full-memory'
  | 'one-proof-quota'
  | 'nonce-required'
  | 'issuer-unreachable'
  | 'mislabelled'
  | 'behind-a-proxy'
  | 'pki-trust'
  | 'certificate-status-unreachable'
  | 'plain-introspection'
  | 'status-required'
  | 'status-list-unreachable'
  | 'acr-required'
  | 'recent-login-required'
  | 'payment-consent-required'
