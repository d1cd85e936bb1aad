// oxlint-disable-next-line no-restricted-imports -- types only: the framework is the user's own
import type { Request, RequestHandler } from 'express'
import { crossOrigin, type CorsOptions } from '../cors.ts'
import { type MetadataOptions, resourceMetadata } from '../metadata.ts'
import { type ProtectedState, protecting, type ProtectOptions } from '../protecting.ts'
import { linesOf, type Nothing, type Step } from '../step.ts'

type Middleware<Locals extends object> = RequestHandler<
  Request['params'],
  unknown,
  unknown,
  Request['query'],
  Locals
>

/** The handler finds the token in `res.locals.token`. @throws PolicyError at once */
export const protect = (options: ProtectOptions): Middleware<ProtectedState> =>
  middleware(protecting(options))

/** For `app.use`, before everything else: preflights end here. @throws PolicyError at once */
export const cors = (options: CorsOptions): Middleware<Nothing> => middleware(crossOrigin(options))

/** For `app.use`: serves the metadata document. @throws PolicyError at once */
export const metadata = (options: MetadataOptions): Middleware<Nothing> =>
  middleware(resourceMetadata(options))

function middleware<State extends object>(step: Step<State>): Middleware<State> {
  return async (req, res, next) => {
    const outcome = await step(req, req.originalUrl) // `url` lacks what a router is mounted on
    if ('answer' in outcome) {
      res.status(outcome.answer.status)
      for (const [name, lines] of linesOf(outcome.answer.headers)) res.setHeader(name, lines)
      if (outcome.answer.body) res.json(outcome.answer.body)
      else res.end()
      return
    }
    for (const [name, value] of Object.entries(outcome.headers)) res.append(name, value)
    Object.assign(res.locals, outcome.state)
    next()
  }
}
