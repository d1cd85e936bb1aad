/** Watches what a client sends and gets, by the `fetch` it is given. */
import type { Fetch } from '@holdfast/client'
import {
  type Fields,
  formatTraceparent,
  nextSpan,
  type Participant,
  type Reporter,
} from '@holdfast/trace'

/**
 * Every request becomes one span of the trace, and says so in its `traceparent`.
 *
 * @param certificateFor thumbprint of the client certificate that is shown to the server of this URL
 */
export const observed =
  (
    trace: { readonly trace: string },
    report: Reporter,
    who: {
      readonly by: Participant
      readonly certificateFor?: (url: string) => string | undefined
    },
  ) =>
  (base: Fetch): Fetch =>
  async (url, request = {}) => {
    const span = nextSpan(trace)
    const headers = { ...request.headers, traceparent: formatTraceparent(span) }
    const { method = 'GET', body } = request
    const certificate = who.certificateFor?.(url)
    report({
      ...span,
      by: who.by,
      type: 'request',
      at: Date.now(),
      method,
      url,
      headers: Object.entries(headers),
      ...(certificate !== undefined && { certificate }),
      ...(isText(body) && { body: String(body) }),
    })
    const response = await base(url, { ...request, headers })
    report({
      ...span,
      by: who.by,
      type: 'response',
      at: Date.now(),
      status: response.status,
      headers: fieldsOf(response),
      body: await response.clone().text(),
    })
    return response
  }

const isText = (body: unknown): body is string | URLSearchParams =>
  typeof body === 'string' || body instanceof URLSearchParams

const fieldsOf = ({ headers }: Response): Fields => [...headers.entries()]
