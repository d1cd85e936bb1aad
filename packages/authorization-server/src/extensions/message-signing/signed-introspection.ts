import type { Context, Middleware } from 'koa'
import { errors } from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { endpoints } from '../../vocabulary/endpoints.ts'
import { termsOf } from '../../profiles/profiles.ts'

const SIGNED = 'application/token-introspection+jwt'

/**
 * RFC 9701: the library answers as the Accept field asks. A resource server whose profile has its
 * answers signed is told to ask for that, and gets no other, whatever the token.
 */
export const signedIntrospection: Middleware = async (ctx, next) => {
  await next()
  if (ctx.path !== endpoints.introspection || ctx.status !== 200 || ctx.type === SIGNED) return
  if (isRouted(ctx) && termsOf(ctx.oidc.client?.['profile']).signedIntrospection)
    throw new errors.InvalidRequest(`introspection must be requested with Accept: ${SIGNED}`)
}

const isRouted = (ctx: Context): ctx is KoaContextWithOIDC => 'oidc' in ctx
