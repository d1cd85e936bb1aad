/**
 * What a refusal says to the client: an HTTP status and, where the specification has one, an OAuth
 * error code. The row names it, never the check: the same finding may deserve different answers.
 */
export interface Answer {
  readonly status: 400 | 401 | 403 | 421 | 429 | 503
  readonly error?: OAuthError
}

export type OAuthError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable'

/** RFC 6750 §3.1: a request without credentials is told how to present them, and no error. */
export const CHALLENGE = { status: 401 } satisfies Answer
export const INVALID_REQUEST = { status: 400, error: 'invalid_request' } satisfies Answer
export const INVALID_TOKEN = { status: 401, error: 'invalid_token' } satisfies Answer
export const INSUFFICIENT_SCOPE = { status: 403, error: 'insufficient_scope' } satisfies Answer
/** RFC 9470 §3: the client comes back with the same user, authenticated as the route asks. */
export const INSUFFICIENT_AUTHENTICATION = {
  status: 401,
  error: 'insufficient_user_authentication',
} satisfies Answer
export const INVALID_PROOF = { status: 401, error: 'invalid_dpop_proof' } satisfies Answer
export const USE_NONCE = { status: 401, error: 'use_dpop_nonce' } satisfies Answer
/** RFC 9110 §15.5.20: no error of OAuth's; the client may come back on another connection. */
export const MISDIRECTED = { status: 421 } satisfies Answer
export const TOO_MANY = { status: 429, error: 'temporarily_unavailable' } satisfies Answer
export const UNAVAILABLE = { status: 503, error: 'temporarily_unavailable' } satisfies Answer
