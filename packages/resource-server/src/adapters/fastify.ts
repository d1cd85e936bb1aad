// oxlint-disable-next-line no-restricted-imports -- types only: the framework is the user's own
import type { FastifyPluginCallback, FastifyReply } from 'fastify'
import { crossOrigin, type CorsOptions } from '../cors.ts'
import { type MetadataOptions, resourceMetadata } from '../metadata.ts'
import { type ProtectedState, protecting, type ProtectOptions } from '../protecting.ts'
import { type Answer, linesOf, type Step } from '../step.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a route in a scope where `protect()` is registered. */
    token: ProtectedState['token']
  }
}

/** For `app.register`: all routes of that scope; handlers find `request.token`. @throws PolicyError at once */
export const protect = (options: ProtectOptions): FastifyPluginCallback =>
  plugin(protecting(options))

/** For `app.register`, before everything else: preflights end here. @throws PolicyError at once */
export const cors = (options: CorsOptions): FastifyPluginCallback => plugin(crossOrigin(options))

/** For `app.register`: serves the metadata document. @throws PolicyError at once */
export const metadata = (options: MetadataOptions): FastifyPluginCallback =>
  plugin(resourceMetadata(options))

function plugin<State extends object>(step: Step<State>): FastifyPluginCallback {
  const hooks: FastifyPluginCallback = (app, _, done) => {
    if (!app.hasRequestDecorator('token')) app.decorateRequest('token')
    app.addHook('onRequest', async (request, reply) => {
      const outcome = await step(request.raw, request.originalUrl)
      if ('answer' in outcome) return send(reply, outcome.answer)
      for (const [name, value] of Object.entries(outcome.headers)) void reply.header(name, value)
      Object.assign(request, outcome.state)
      return undefined
    })
    done()
  }
  // Else the hook would hold in the plugin's own scope only, which has no routes.
  return Object.assign(hooks, { [Symbol.for('skip-override')]: true })
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  void reply.code(status)
  for (const [name, lines] of linesOf(headers)) void reply.header(name, lines)
  return reply.send(body)
}
