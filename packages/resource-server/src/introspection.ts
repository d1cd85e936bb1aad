import { type Claims, readIntrospection, sha256 } from '@holdfast/sender-constraint'
import type { JWK } from 'jose'
import { byCertificate, type ClientAuthentication, privateKeyJwt } from './client-authentication.ts'
import { introspectionCache } from './introspection-cache.ts'
import { introspectionEndpoint } from './introspection-endpoint.ts'
import type { Cache } from './cache.ts'
import { type AnswerFormat, readPlain, signedAnswers } from './introspection-answer.ts'
import { ask, IssuerError } from './issuer.ts'
import type { IssuerOptions } from './issuer-keys.ts'
import { pauseAfterFailure } from './pause.ts'
import { aFunction, between, https, named, oneOf, onlyKnown, whole } from './setting.ts'
import type { Reading, TokenReader } from './tokens.ts'

export interface IntrospectionOptions
  extends Pick<IssuerOptions, 'issuer'>, Partial<Pick<IssuerOptions, 'fetch' | 'now'>> {
  /** Our own registration with the issuer. */
  readonly clientId: string
  /**
   * Our private key, for `private_key_jwt`: with `alg`, and `kid` if it has one. Or `mtls`: `fetch`
   * has our client certificate, and the issuer's alias for such clients is asked (RFC 8705 §2, §5).
   */
  readonly key: JWK | 'mtls'
  /** `required`: only an answer that the issuer signed for us counts (RFC 9701). Default: `off`. */
  readonly signed?: 'off' | 'required'
  /**
   * Seconds for which an active token is not asked about again, and after which a revoked one is
   * refused at the latest. Default: 1. 0: every use asks. Most: 60.
   */
  readonly cacheFor?: number
  /** Tokens that are remembered at most. Default: 10,000. */
  readonly cacheEntries?: number
}

/**
 * Reads opaque access tokens by asking the issuer (RFC 7662). Requests that use one token at the
 * same time share one call.
 *
 * @throws PolicyError at once, if an option is weaker than allowed or the key does not say with
 *   which algorithm it signs
 */
export function introspectedTokens(given: IntrospectionOptions): TokenReader {
  onlyKnown(given, KNOWN)
  const { key, cacheFor = 1, cacheEntries = 10_000, signed = 'off' } = given
  const clientId = named('clientId', given.clientId, 'the name that the issuer knows us by')
  const issuer = https('issuer', given.issuer)
  const options = { issuer, fetch: given.fetch ?? globalThis.fetch, now: given.now ?? Date.now }
  const { now } = options
  aFunction('fetch', options.fetch)
  aFunction('now', now)
  const life = between('cacheFor', cacheFor, [0, 60]) * 1000
  const entries = whole('cacheEntries', cacheEntries, [1, 10_000_000, 'tokens'])
  const authentication =
    key === 'mtls' ? byCertificate(clientId) : privateKeyJwt(key, { issuer, clientId, now })
  const isSigned = oneOf('signed', signed, ['off', 'required']) === 'required'
  const format = isSigned ? signedAnswers(options, clientId) : readPlain
  const question = asker(options, { authentication, byMtls: key === 'mtls', format })
  const cache = introspectionCache({ life, entries }, now)
  const asking = new Map<string, Promise<Reading>>()

  async function read(text: string): Promise<Reading> {
    const askedAt = now()
    const claims = await question(text)
    if (!claims) return UNAVAILABLE
    const token = readIntrospection(text, claims, issuer)
    cache.put(token, askedAt)
    return token
  }

  const reader = (text: string) => {
    const hash = sha256(text)
    const known = cache.get(hash) ?? asking.get(hash)
    if (known) return known
    const reading = read(text).finally(() => asking.delete(hash))
    asking.set(hash, reading)
    return reading
  }
  const own: Cache = { name: 'introspection', of: issuer, figures: cache.figures }
  return Object.assign(reader, { caches: [own, ...format.caches] })
}

const KNOWN = {
  cacheEntries: true,
  cacheFor: true,
  clientId: true,
  fetch: true,
  issuer: true,
  key: true,
  now: true,
  signed: true,
} satisfies Record<keyof IntrospectionOptions, true>

const UNAVAILABLE = {
  form: 'unavailable',
  reason: 'the issuer’s introspection endpoint gives no answer that counts',
} as const

/** `undefined`: no answer that counts. Never rejects. */
type Asker = (token: string) => Promise<Claims | undefined>

function asker(
  options: IssuerOptions,
  how: {
    readonly authentication: ClientAuthentication
    readonly byMtls: boolean
    readonly format: AnswerFormat
  },
): Asker {
  const { fetch, now } = options
  const { format } = how
  const endpoint = introspectionEndpoint(options, how.byMtls)
  const pause = pauseAfterFailure(now)

  return async (token) => {
    if (pause.lasts()) return undefined
    try {
      const url = await endpoint.locate()
      const form = { token, token_type_hint: 'access_token', ...(await how.authentication()) }
      const answer = await ask(fetch, url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: format.accept,
        },
        body: new URLSearchParams(form).toString(),
      })
      pause.succeeded()
      if (answer.status !== 200) throw new IssuerError(`${url} answered ${answer.status}`)
      return await format.read(answer.body)
    } catch (error) {
      endpoint.doubt()
      // One token's bad answer says nothing about the next; an issuer out of reach does.
      if (!(error instanceof IssuerError)) pause.failed()
      return undefined
    }
  }
}
