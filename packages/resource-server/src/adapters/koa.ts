import type { Middleware } from 'koa'
import { crossOrigin, type CorsOptions } from '../cors.ts'
import { type MetadataOptions, resourceMetadata } from '../metadata.ts'
import { type ProtectedState, protecting, type ProtectOptions } from '../protecting.ts'
import { linesOf, type Nothing, type Step } from '../step.ts'
import { whenKnown } from '../when-known.ts'

/** The handler finds the token in `ctx.state.token`. @throws PolicyError at once */
export const protect = (options: ProtectOptions): Middleware<ProtectedState> =>
  middleware(protecting(options))

/** For `app.use`, before everything else: preflights end here. @throws PolicyError at once */
export const cors = (options: CorsOptions): Middleware<Nothing> => middleware(crossOrigin(options))

/** For `app.use`: serves the metadata document. @throws PolicyError at once */
export const metadata = (options: MetadataOptions): Middleware<Nothing> =>
  middleware(resourceMetadata(options))

/** A step as Koa middleware. */
export function middleware<State extends object>(step: Step<State>): Middleware<State> {
  return (ctx, next) =>
    // `url` lacks what an app is mounted on
    whenKnown(step(ctx.req, ctx.originalUrl), (outcome) => {
      if ('answer' in outcome) {
        ctx.status = outcome.answer.status
        for (const [name, lines] of linesOf(outcome.answer.headers)) ctx.set(name, lines)
        if (outcome.answer.body) ctx.body = outcome.answer.body
        return undefined
      }
      for (const [name, value] of Object.entries(outcome.headers)) ctx.append(name, value)
      ctx.state = { ...ctx.state, ...outcome.state }
      return next()
    })
}
