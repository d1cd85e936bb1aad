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
 * @param certificate thumbprint of the client certificate that the connection offers
 */
export const observed =
  (
    trace: { readonly trace: string },
    report: Reporter,
    who: { readonly by: Participant; readonly certificate?: string },
  ) =>
  (base: Fetch): Fetch =>
  async (url, request = {}) => {
    const span = nextSpan(trace)
    const headers = { ...request.headers, traceparent: formatTraceparent(span) }
    const { method = 'GET', body } = request
    report({
      ...span,
      ...who,
      type: 'request',
      at: Date.now(),
      method,
      url,
      headers: Object.entries(headers),
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
