import type { IncomingMessage, ServerResponse } from 'node:http'
// oxlint-disable-next-line no-restricted-imports -- types only: the framework is the user's own
import type { MiddlewareHandler } from 'hono'
import { crossOrigin, type CorsOptions } from '../cors.ts'
import { type MetadataOptions, resourceMetadata } from '../metadata.ts'
import { type ProtectedState, protecting, type ProtectOptions } from '../protecting.ts'
import { type Answer, linesOf, type Nothing, type Step } from '../step.ts'

/** What @hono/node-server gives: elsewhere there is no connection to take a certificate from. */
type OnNode<State extends object> = MiddlewareHandler<{
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse }
  Variables: State
}>

/** The handler finds the token by `c.get('token')`. @throws PolicyError at once */
export const protect = (options: ProtectOptions): OnNode<ProtectedState> =>
  middleware(protecting(options), (c, { token }) => c.set('token', token))

/** For `app.use`, before everything else: preflights end here. @throws PolicyError at once */
export const cors = (options: CorsOptions): OnNode<Nothing> => middleware(crossOrigin(options))

/** For `app.use`: serves the metadata document. @throws PolicyError at once */
export const metadata = (options: MetadataOptions): OnNode<Nothing> =>
  middleware(resourceMetadata(options))

function middleware<State extends object>(
  step: Step<State>,
  leave: (c: Parameters<OnNode<State>>[0], state: State) => void = () => {},
): OnNode<State> {
  return async (c, next) => {
    const outcome = await step(c.env.incoming)
    if ('answer' in outcome) return response(outcome.answer, c.env.outgoing)
    leave(c, outcome.state)
    await next()
    for (const [name, value] of Object.entries(outcome.headers))
      c.header(name, value, { append: true }) // afterwards: a handler may return a Response of its own
    return undefined
  }
}

// `Headers` joins the lines of a field; those of which there are several go past it.
function response({ status, headers, body }: Answer, outgoing: ServerResponse): Response {
  const single = linesOf(headers).filter(([name, lines]) => {
    if (lines.length > 1) outgoing.setHeader(name, lines)
    return lines.length === 1
  })
  const fields = single.map(([name, [line = '']]): [string, string] => [name, line])
  return body
    ? Response.json(body, { status, headers: fields })
    : new Response(null, { status, headers: fields })
}
