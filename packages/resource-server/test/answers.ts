import type { Incoming } from './stage.ts'

const ALGS = 'algs="ES256 PS256 EdDSA Ed25519"'

/** The challenges of a route, as they stand on the wire: without an error, and with one. */
export const BEARER = 'Bearer'
export const DPOP = `DPoP ${ALGS}`
export const bearer = (error: string, description: string, more = '') =>
  `Bearer error="${error}", error_description="${description}"${more}`
export const dpop = (error: string, description: string, more = '') =>
  `DPoP error="${error}", error_description="${description}"${more}, ${ALGS}`

export interface Expected {
  readonly status: number
  readonly challenges: readonly string[]
  readonly error?: string
  /** Is a nonce handed out? */
  readonly nonce?: boolean
  readonly retryAfter?: string
}

/** Everything that a refusal says. */
export const answerOf = ({
  status,
  challenges,
  cacheControl,
  retryAfter,
  nonce,
  body,
}: Incoming) => ({
  status,
  challenges,
  cacheControl,
  retryAfter,
  nonce: nonce !== undefined,
  error: body['error'],
  members: Object.keys(body).toSorted(),
})

/** What it must be: this, and nothing else. */
export const refusal = ({ nonce = false, retryAfter, error, ...rest }: Expected) => ({
  ...rest,
  cacheControl: 'no-store',
  retryAfter,
  nonce,
  error,
  members: error === undefined ? ['error_description'] : ['error', 'error_description'],
})
