/**
 * The lab's API: accounts and payments, three times. Under `/` it takes access tokens in JWT form,
 * under `/opaque` opaque ones, and under `/pki` those in JWT form again, but there a certificate must
 * also lead to a root that is trusted, and not be revoked. Every route takes either binding, and none
 * takes neither. One account, and a payment, ask for the consent to just that (RFC 9396); `/step-up`
 * asks for a second factor, a moment ago (RFC 9470).
 */
import { Router } from '@koa/router'
import { type Clause, type Row, ROWS } from '@holdfast/sender-constraint'
import Koa from 'koa'
import type { RoutePolicy, ServerOptions, TokenReader } from '../src/index.ts'
import type { ProtectedState } from '../src/index.ts'
import { cors } from '../src/adapters/koa.ts'
import { protectWith } from '../src/rows-out.ts'
import { account, accounts, ONE_ACCOUNT } from './accounts.ts'
import { type Context, readText } from './context.ts'
import { ONE_PAYMENT, payments } from './payments.ts'
import { STEP_UP, steppedUp } from './step-up.ts'

export type ApiOptions = Omit<ServerOptions, 'tokens'> &
  Omit<RoutePolicy, 'audience' | 'scopes'> & {
    readonly jwtTokens: TokenReader
    readonly opaqueTokens: TokenReader
    /** Rows of the table to enforce: all, unless an experiment takes some out. */
    readonly rows?: readonly Row<Clause>[]
    /** Whose scripts may call. Default: nobody's. */
    readonly browserOrigins?: readonly string[]
  }

export function createApi(options: ApiOptions): Koa {
  const { rows = ROWS, jwtTokens, opaqueTokens, browserOrigins = [], ...shared } = options
  const { resource } = shared
  const app = new Koa()
  if (browserOrigins.length > 0) app.use(cors({ origins: browserOrigins }))
  app.use(interactionId).use(readableTarget).use(nothingThere)
  const parts = [
    { prefix: '', tokens: jwtTokens, audience: resource },
    { prefix: '/opaque', tokens: opaqueTokens, audience: `${resource}/opaque` },
    ...(options.certificateStatus
      ? [
          {
            prefix: '/pki',
            tokens: jwtTokens,
            audience: resource,
            certificateTrust: 'pki' as const,
          },
        ]
      : []),
  ]
  for (const { prefix, ...part } of parts) {
    const asking = (asked: Partial<RoutePolicy> = {}) =>
      protectWith(rows, { scopes: [], ...shared, ...part, ...asked })
    const router = new Router<ProtectedState>({ prefix })
    router.get('/accounts', asking({ scopes: ['accounts'] }), accounts)
    router.get('/accounts/:id', asking({ scopes: ['accounts'], ...ONE_ACCOUNT }), account)
    router.post('/payments', asking({ scopes: ['payments'], ...ONE_PAYMENT }), payments)
    router.get('/step-up', asking({ scopes: ['accounts'], ...STEP_UP }), steppedUp)
    router.all('/anything', asking(), anything)
    app.use(router.routes()).use(router.allowedMethods())
  }
  return app
}

// What the API saw, for people who debug a client. The credentials stay out of it.
async function anything(ctx: Context): Promise<void> {
  const { authorization: _, dpop: __, ...headers } = ctx.headers
  const { method, url } = ctx
  ctx.body = { method, url, headers, body: await readText(ctx), claims: ctx.state.token.claims }
}

const NOTHING: Readonly<Record<number, object>> = {
  404: { error: 'not_found', error_description: 'There is no such resource.' },
  405: { error: 'method_not_allowed', error_description: 'The resource knows no such method.' },
  501: { error: 'method_not_allowed', error_description: 'There is no such method.' },
}

const nothingThere: Koa.Middleware = async (ctx, next) => {
  await next()
  const { status } = ctx
  if (ctx.body !== undefined || !NOTHING[status]) return
  ctx.body = NOTHING[status]
  ctx.status = status // which setting a body made 200
}

// Koa and its router read the path with url.parse, which throws at `http://[`: our 400, not a 500.
const readableTarget: Koa.Middleware = (ctx, next) => {
  try {
    void ctx.path
  } catch {
    ctx.status = 400
    ctx.body = { error: 'invalid_request', error_description: 'The request target is no URI.' }
    return undefined
  }
  return next()
}

const INTERACTION_ID = /^[0-9a-f-]{1,64}$/i

// FAPI: the identifier that a client gives to an interaction comes back with its answer.
const interactionId: Koa.Middleware = (ctx, next) => {
  const id = ctx.get('x-fapi-interaction-id')
  if (INTERACTION_ID.test(id)) ctx.set('x-fapi-interaction-id', id)
  return next()
}
