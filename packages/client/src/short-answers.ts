import type { Fetch } from './connection.ts'
import { refusal } from './errors.ts'

/** Bytes: many times what tokens, metadata and keys have. */
const LONGEST = 1024 * 1024

/**
 * Reads the answers of an authorization server, which are short, and refuses one that is not: it may
 * have no end.
 *
 * @returns the same connection; it throws ClientError `HOLDFAST_ANSWER`
 */
export const withShortAnswers =
  (base: Fetch): Fetch =>
  async (url, request) => {
    const response = await base(url, request)
    const { body, status, statusText, headers } = response
    if (!body) return response
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of body) {
      chunks.push(chunk)
      length += chunk.length
      if (length > LONGEST)
        throw refusal('HOLDFAST_ANSWER', `an answer has more than ${LONGEST} bytes`)
    }
    return new Response(Buffer.concat(chunks), { status, statusText, headers })
  }
