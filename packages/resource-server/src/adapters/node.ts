import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { crossOrigin, type CorsOptions } from '../cors.ts'
import { type MetadataOptions, resourceMetadata } from '../metadata.ts'
import { type ProtectedState, protecting, type ProtectOptions } from '../protecting.ts'
import { type Answer, linesOf, type Step } from '../step.ts'

/** What is called with a request that was let through. */
export type ProtectedListener = (
  request: IncomingMessage,
  response: ServerResponse,
  token: ProtectedState['token'],
) => unknown

/** `createServer(protect(options, (request, response, token) => …))`. @throws PolicyError at once */
export const protect = (options: ProtectOptions, listener: ProtectedListener): RequestListener =>
  before(protecting(options), (request, response, { token }) => listener(request, response, token))

/** Stands around `protect`: preflights end here. @throws PolicyError at once */
export const cors = (options: CorsOptions, listener: RequestListener): RequestListener =>
  before(crossOrigin(options), listener)

/** Serves the metadata document; everything else goes on. @throws PolicyError at once */
export const metadata = (options: MetadataOptions, listener: RequestListener): RequestListener =>
  before(resourceMetadata(options), listener)

// Rejects where the listener does, and nobody catches it: to Node it is an error of the listener.
function before<State>(
  step: Step<State>,
  listener: (request: IncomingMessage, response: ServerResponse, state: State) => unknown,
): RequestListener {
  const run = async (request: IncomingMessage, response: ServerResponse) => {
    const outcome = await step(request)
    if ('answer' in outcome) return send(response, outcome.answer)
    for (const [name, value] of Object.entries(outcome.headers)) response.appendHeader(name, value)
    await listener(request, response, outcome.state)
  }
  return (request, response) => void run(request, response)
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.statusCode = status
  for (const [name, lines] of linesOf(headers)) response.setHeader(name, lines)
  if (body) response.setHeader('content-type', 'application/json')
  response.end(body && JSON.stringify(body))
}
