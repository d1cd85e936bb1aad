import type { Context, Middleware } from 'koa'
import { endpoints } from '../vocabulary/endpoints.ts'

/** What a client in a browser asks by script. To the authorization endpoint it sends its user. */
const scripted: ReadonlySet<string> = new Set([
  endpoints.token,
  endpoints.pushed_authorization_request,
  endpoints.revocation,
  endpoints.userinfo,
])

/** Documents for everybody; the library lets every origin read them. */
const isPublic = (path: string): boolean =>
  path === endpoints.jwks || path.startsWith('/.well-known/')

/** Seconds for which a browser may remember a preflight. */
const MAX_AGE = '600'

/**
 * CORS (the Fetch standard, §3.3) for the origins that are listed, at the endpoints that scripts
 * use. A preflight ends here, wherever it goes. Cookies and client certificates are never allowed to
 * come along, so nothing that a script could do here depends on who sits at the browser.
 *
 * The headers are set before the request goes on: a refusal must be readable as well, above all the
 * one that brings a nonce (RFC 9449 §8). What comes from another origin is left to the library, which
 * finds it in no list and refuses it.
 */
export function crossOrigin(origins: readonly string[]): Middleware {
  const listed = new Set(origins)
  return async (ctx, next) => {
    const origin = ctx.get('origin')
    const preflight = isPreflight(ctx) && !isPublic(ctx.path)
    if (scripted.has(ctx.path) || preflight) ctx.vary('Origin')
    if (scripted.has(ctx.path) && listed.has(origin)) {
      ctx.set('Access-Control-Allow-Origin', origin)
      ctx.set(preflight ? PERMITTED : EXPOSED)
    }
    if (preflight) ctx.status = 204
    else await next()
  }
}

const PERMITTED = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, DPoP',
  'Access-Control-Max-Age': MAX_AGE,
}
const EXPOSED = { 'Access-Control-Expose-Headers': 'DPoP-Nonce, WWW-Authenticate' }

const isPreflight = (ctx: Context): boolean =>
  ctx.method === 'OPTIONS' &&
  ctx.get('origin') !== '' &&
  ctx.get('access-control-request-method') !== ''
