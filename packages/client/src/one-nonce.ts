import type { Fetch } from './connection.ts'
import { refusal } from './errors.ts'

/** RFC 9449 §8.1: the syntax of a nonce. Two fields arrive here joined by a comma and a space. */
const NONCE = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Refuses an answer whose DPoP-Nonce is none or several: which of them would the next proof hold?
 *
 * @returns the same connection; it throws ClientError `HOLDFAST_NONCE`
 */
export const withOneNonce =
  (base: Fetch): Fetch =>
  async (url, request) => {
    const response = await base(url, request)
    const nonce = response.headers.get('dpop-nonce')
    if (nonce === null || NONCE.test(nonce)) return response
    await response.body?.cancel()
    throw refusal('HOLDFAST_NONCE', 'the answer has no single DPoP-Nonce')
  }
