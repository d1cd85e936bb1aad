import { hash } from 'node:crypto'
import type { Records } from '@holdfast/store'
import type { Middleware } from 'koa'
import { errors } from 'oidc-provider'
import { endpoints } from '../vocabulary/endpoints.ts'
import { SigningKey } from '../keys/signing-key.ts'
import type { House } from '../house.ts'
import { encodeStatusList } from './encoding.ts'
import { statusListUri } from './places.ts'
import { readRevocations } from './revocations.ts'

/** Seconds for which a list may be used. Soon after that a resource server without us refuses. */
const LIFE = 5
/** Seconds after which a resource server looks again (`ttl`), if it does not sooner. */
const TTL = 1
/** Milliseconds after which the same list is signed again. */
const SIGN_AGAIN = 2_000
/** Milliseconds for which revocations are not read again: part of how late one is known. */
const READ_AGAIN = 100

const ALG = 'ES256'

interface Published {
  readonly version: string
  readonly lst: string
  readonly jwt: string
  readonly etag: string
  /** Milliseconds since the epoch. */
  readonly signedAt: number
}

/**
 * Serves the status lists in their signed form (§5.1, §8.2). A list is made of the revocations in
 * the store when somebody asks for it, so that all nodes publish the same.
 */
export function statusLists(house: House): Middleware {
  const { records, keys } = house
  const { issuer } = house.configuration
  const { shape } = house.places
  const published = new Map<number, Published>()
  const revocations = readAgain(records)
  const jwk = keys.signing.find(({ alg }) => alg === ALG)
  if (!jwk) throw new Error(`there is no ${ALG} key to sign status lists with`)
  const key = new SigningKey(jwk)
  const path = new RegExp(`^${endpoints.status}/(0|[1-9][0-9]{0,3})$`)

  async function listOf(list: number): Promise<Published> {
    const { version, places } = await revocations()
    const last = published.get(list)
    const now = Date.now()
    if (last?.version === version && within(SIGN_AGAIN, last.signedAt)) return last
    const revoked = places.filter((place) => place.list === list).map(({ idx }) => idx)
    const lst = last?.version === version ? last.lst : encodeStatusList(revoked, shape.size).lst
    const iat = Math.floor(now / 1_000)
    const sub = statusListUri(issuer, list)
    const status_list = { bits: 1, lst }
    const claims = { iss: issuer, sub, iat, exp: iat + LIFE, ttl: TTL, status_list }
    const jwt = await signed(claims, key)
    const etag = `"${hash('sha256', jwt, 'base64url')}"`
    const made = { version, lst, jwt, etag, signedAt: now }
    published.set(list, made)
    return made
  }

  return async (ctx, next) => {
    const [, number] = path.exec(ctx.path) ?? []
    const list = Number(number)
    if (number === undefined || list >= shape.lists || !['GET', 'HEAD'].includes(ctx.method))
      return next()
    // §8.4: what was the status at another time? We do not keep that.
    if (ctx.query['time'] !== undefined)
      throw new errors.InvalidRequest('only the present status list can be had')
    const { jwt, etag } = await listOf(list)
    ctx.set('Cache-Control', `public, max-age=${TTL}`)
    ctx.set('ETag', etag)
    // Not `ctx.fresh`: it takes no-cache, which is meant for caches on the way, for a wish to have it
    // all again.
    if (ctx.get('If-None-Match') === etag) {
      ctx.status = 304
      return undefined
    }
    ctx.body = jwt
    ctx.set('Content-Type', 'application/statuslist+jwt')
    return undefined
  }
}

/** The revocations, read once for all who ask within a moment. */
function readAgain(records: Records): () => ReturnType<typeof readRevocations> {
  let reading: ReturnType<typeof readRevocations> | undefined
  let readAt = -Infinity
  return () => {
    if (reading && within(READ_AGAIN, readAt)) return reading
    readAt = Date.now()
    const begun = readRevocations(records)
    reading = begun
    // A store that fails is asked again.
    begun.catch(() => {
      if (reading === begun) reading = undefined
    })
    return begun
  }
}

/** Also after the clock has stepped back. */
const within = (time: number, since: number): boolean => Math.abs(Date.now() - since) < time

/** RFC 7515 §7.1 */
async function signed(claims: object, key: SigningKey): Promise<string> {
  const header = { typ: 'statuslist+jwt', alg: key.alg, kid: key.kid }
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = await key.sign(Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
