import { ClientError, WWWAuthenticateChallengeError } from 'openid-client'

/** What this client refuses beyond what openid-client refuses by itself. */
export type RefusalCode =
  | 'HOLDFAST_ISSUER'
  | 'HOLDFAST_TOKEN_TYPE'
  | 'HOLDFAST_ID_TOKEN'
  | 'HOLDFAST_NONCE'
  | 'HOLDFAST_ANSWER'
  | 'HOLDFAST_REDIRECT_URI'
  | 'HOLDFAST_SUBJECT'
  | 'HOLDFAST_REFRESH_TOKEN'
  | 'HOLDFAST_HEADER'
  | 'HOLDFAST_KEY'
  | 'HOLDFAST_ACR'
  | 'HOLDFAST_LOGOUT_TOKEN'

/** openid-client's own type, so that a caller has one to catch. */
export const refusal = (code: RefusalCode, sentence: string): ClientError =>
  Object.assign(new ClientError(sentence), { code })

/**
 * openid-client's `ClientError` says what in its message, why in `cause.message`, and keeps the
 * answer in `cause.cause`, tokens and codes included, where a log that prints an error finds them.
 * This moves the reason into the message and drops the rest. `code` stays. All other errors pass as
 * they are: they carry what the server said, never what it issued.
 */
export async function withoutSecrets<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (error) {
    if (!(error instanceof ClientError) || error.cause === undefined) throw error
    const reason = reasonOf(error.cause)
    const message = reason === undefined ? error.message : `${error.message}: ${reason}`
    throw Object.assign(new ClientError(message), { code: error.code })
  }
}

/** openid-client throws an answer that carries a challenge; here it is an answer like any other. */
export async function answerOf(request: Promise<Response>): Promise<Response> {
  try {
    return await withoutSecrets(request)
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return error.response
    throw error
  }
}

function reasonOf(cause: unknown): string | undefined {
  if (cause instanceof Error) return cause.message
  const isResponse = typeof cause === 'object' && cause !== null && 'status' in cause
  return isResponse ? `HTTP ${String(cause.status)}` : undefined
}
