import type { Algorithm } from './jose/signature.ts'

export type ConfirmationMethod = 'dpop' | 'mtls'

/** What one route asks of a request. All of it is checked when the server starts. */
export interface Policy {
  /** The authorization servers whose tokens count here. */
  readonly issuers: readonly [string, ...string[]]
  /** Our resource indicator (RFC 8707): what a token's `aud` must contain. */
  readonly audience: string
  /** Every one of these must have been granted. */
  readonly scopes: readonly string[]
  /** The confirmation methods in force. Never empty. */
  readonly methods: readonly [ConfirmationMethod, ...ConfirmationMethod[]]
  /** Must a token be constrained by `one` of the methods, or by `all` of them at once? */
  readonly require: 'one' | 'all'
  /**
   * What a client certificate must be, besides the one in `cnf` and within its time: `thumbprint`
   * (default), nothing more (RFC 8705 §6.2); `pki`, of a trusted authority, for clients, not revoked.
   */
  readonly certificateTrust?: 'thumbprint' | 'pki'
  /** `required`: every proof carries a nonce of ours (RFC 9449 §9). */
  readonly nonce: 'off' | 'required'
  readonly tokenAlgorithms: readonly Algorithm[]
  readonly proofAlgorithms: readonly Algorithm[]
  /** Seconds by which a proof's `iat` may differ from our clock (RFC 9449 §11.1). */
  readonly proofWindow: { readonly past: number; readonly ahead: number }
  /** Seconds by which a token's `iat` and `nbf` may lie ahead of our clock; its `exp` gets none. */
  readonly tokenAhead: number
  /** `required`: a JWT names its place in a status list. A status that is known always counts. */
  readonly status?: 'off' | 'required'
  /** RFC 9396: the token must carry an authorization detail of this type. */
  readonly authorizationDetails?: string
  /** RFC 9470: the user must have been authenticated in one of these ways. Empty: in any. */
  readonly acrValues?: readonly string[]
  /** RFC 9470: seconds since the user was last authenticated, at most. */
  readonly maxAge?: number
  /** Seconds by which the clocks of two nodes of this server may differ. */
  readonly clockMargin: number
}
