import type { RouterContext } from '@koa/router'
import rawBody from 'raw-body'
import type { ProtectedState } from '../src/index.ts'

export type Context = RouterContext<ProtectedState>

/** Bytes. */
const LONGEST_BODY = 64 * 1024

/** The body; `undefined`: too long, or cut off. */
export async function readText(ctx: Context): Promise<string | undefined> {
  try {
    return await rawBody(ctx.req, { limit: LONGEST_BODY, encoding: 'utf8' })
  } catch {
    return undefined // the caller says what it wants instead
  }
}

/**
 * The token is good, but not for this: nobody has consented to it. RFC 9396 leaves the error open;
 * RFC 6750 §3.1 has the one that fits.
 */
export function notConsented(ctx: Context, sentence: string): void {
  const scheme = ctx.state.token.confirmation.jkt === undefined ? 'Bearer' : 'DPoP'
  const [error, description] = ['insufficient_scope', `RFC9396-9: ${sentence}`]
  ctx.status = 403
  ctx.set('Cache-Control', 'no-store')
  ctx.set('WWW-Authenticate', `${scheme} error="${error}", error_description="${description}"`)
  ctx.body = { error, error_description: description }
}
