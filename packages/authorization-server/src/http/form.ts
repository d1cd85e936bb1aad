import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import { getRawBody } from 'raw-body'

/** @throws errors.InvalidRequest for a body that is too long or does not arrive */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  try {
    return new URLSearchParams(await getRawBody(ctx.req, { limit: '8kb', encoding: 'utf8' }))
  } catch (cause) {
    throw new errors.InvalidRequest('the form cannot be read', 400, { cause })
  }
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
