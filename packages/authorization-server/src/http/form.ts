import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import { readBody } from './body.ts'

/** Bytes: an end-user's form is small. */
const LONGEST = 8_192

/** @throws errors.InvalidRequest for a body that is too long or does not arrive */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(ctx, LONGEST)).toString())
}

/**
 * Ports of one host are the same site, and a cookie does not tell them apart; browsers say so in
 * Sec-Fetch-Site.
 *
 * @throws errors.InvalidRequest for a form that another page has sent
 */
export function refuseForeignForm(ctx: Context): void {
  if (ctx.method === 'POST' && !['', 'same-origin', 'none'].includes(ctx.get('sec-fetch-site')))
    throw new errors.InvalidRequest('this form was not sent from its own page')
}

/** FAPI2SP-5.3.2.2-10 and -11: 303, so that the browser does not post the password on. */
export function seeOther(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.redirect(url)
}
