import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import { getRawBody } from 'raw-body'

/**
 * @param limit bytes
 * @throws errors.InvalidRequest for a body that is too long or does not arrive
 */
export async function readBody(ctx: Context, limit: number): Promise<Buffer> {
  try {
    return await getRawBody(ctx.req, { limit, length: ctx.get('content-length') || null })
  } catch (cause) {
    throw new errors.InvalidRequest('the body cannot be read', 400, { cause })
  }
}

/** @throws errors.InvalidRequest as well for one that is no JSON object */
export async function readJsonObject(
  ctx: Context,
  limit: number,
): Promise<{ readonly [member: string]: unknown }> {
  const text = (await readBody(ctx, limit)).toString()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw new errors.InvalidRequest('the body is no JSON', 400, { cause })
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new errors.InvalidRequest('the body is no JSON object')
  return { ...body }
}
