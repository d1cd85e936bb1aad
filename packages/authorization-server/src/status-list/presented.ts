import { IncomingMessage } from 'node:http'
import { importJwk, parseJws, verifies } from '@holdfast/sender-constraint'
import type { Context, Middleware } from 'koa'
import { readBody } from '../http/body.ts'
import { endpoints } from '../vocabulary/endpoints.ts'
import type { House } from '../house.ts'
import { recordOf } from './issuing.ts'

/** Characters of a token that is looked at; bytes of a form, as the library takes them. */
const LONGEST = 56 * 1_024

/** The name of the record of a JWT access token, if it is one that we have signed. */
export function ownJwts({
  configuration: { issuer },
  keys,
}: Pick<House, 'configuration' | 'keys'>) {
  const published = keys.signing.map((jwk) => ({ kid: jwk.kid, key: importJwk(jwk) }))
  return (token: string): string | undefined => {
    const jws = parseJws(token, LONGEST)
    if (typeof jws === 'string') return undefined
    const { header, claims, signingInput, signature } = jws
    const key = published.find(({ kid }) => kid === header['kid'])?.key
    const { iss, jti } = claims
    const isOurs =
      header['typ'] === 'at+jwt' &&
      iss === issuer &&
      key !== undefined &&
      verifies(header['alg'], key, signingInput, signature)
    return isOurs && typeof jti === 'string' ? recordOf(jti) : undefined
  }
}

/**
 * At revocation and introspection the library refuses JWTs unseen. Here a JWT access token of ours
 * is replaced by the name of its record, which the library then finds; any other by a name that no
 * record has: to a client there is no such token (RFC7009-2.2, RFC7662-2.2).
 */
export function jwtsByRecord(house: House): Middleware {
  const recordNamed = ownJwts(house)

  return async (ctx, next) => {
    if (ctx.method !== 'POST' || !TAKES_TOKENS.has(ctx.path) || !ctx.is(FORM)) return next()
    const body = await readBody(ctx, LONGEST)
    const form = new URLSearchParams(body.toString('latin1'))
    const [token, ...more] = form.getAll('token')
    // Tokens of ours that are no JWT have no dot.
    const isJwt = token !== undefined && more.length === 0 && token.includes('.')
    if (isJwt) form.set('token', recordNamed(token) ?? UNKNOWN)
    putBack(ctx, isJwt ? Buffer.from(form.toString()) : body)
    return next()
  }
}

const TAKES_TOKENS: ReadonlySet<string> = new Set([endpoints.revocation, endpoints.introspection])
const FORM = 'application/x-www-form-urlencoded'
const UNKNOWN = 'unknown'

/** The same request with this body, not yet read: the library reads it itself. */
function putBack(ctx: Context, body: Buffer): void {
  const { socket, method, url, rawHeaders, httpVersion } = ctx.req
  const { 'transfer-encoding': _, ...headers } = ctx.req.headers
  const again = Object.assign(new IncomingMessage(socket), {
    method,
    url,
    rawHeaders,
    httpVersion,
    headers: { ...headers, 'content-length': String(body.length) },
    complete: true,
  })
  again.push(body)
  again.push(null)
  ctx.req = again
  ctx.request.req = again
  ctx.response.req = again
}
