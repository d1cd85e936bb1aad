import {
  type AccessToken,
  type JwtToken,
  readJwtToken,
  Recent,
  type TokenStatus,
  withKey,
} from '@holdfast/sender-constraint'
import type { Cache } from './cache.ts'
import { type FoundKey, issuerKeys, type IssuerOptions } from './issuer-keys.ts'
import { aFunction, https, list, onlyKnown, PolicyError } from './setting.ts'
import { statusLists } from './status-lists.ts'
import type { Reading, TokenReader } from './tokens.ts'

/** An authorization server whose access tokens are JWTs (RFC 9068). */
export interface JwtIssuer
  extends Pick<IssuerOptions, 'issuer'>, Partial<Pick<IssuerOptions, 'fetch' | 'now'>> {
  /**
   * The status lists in which its tokens may stand (Token Status List): they are fetched, verified
   * with the same keys, and followed while tokens name them. Without, nobody looks at `status`; a
   * route that wants it says so in its policy.
   */
  readonly statusListUris?: readonly string[]
}

/**
 * Reads access tokens in JWT form, each with the keys of the issuer that it names. A token that
 * names none of these gets no key, so that no issuer's key ever vouches for another's token.
 *
 * @throws PolicyError at once, if an issuer or the URI of a list is not https
 */
export function jwtTokens(...issuers: readonly [JwtIssuer, ...JwtIssuer[]]): TokenReader {
  const names = issuers.map(({ issuer }) => issuer)
  if (issuers.length === 0 || new Set(names).size < names.length)
    throw new PolicyError('issuer', names, 'one or more, each once')
  const sources = new Map<unknown, Source>(
    issuers.map((options) => [options.issuer, source(options)]),
  )
  const kept = new Recent<JwtToken>(KEPT)
  const read = (text: string) => {
    const token = kept.get(text) ?? readJwtToken(text)
    if (token.form === 'unreadable') return token
    return sources.get(token.claims['iss'])?.complete(token) ?? token
  }
  // Only what was accepted, so that nobody's garbage displaces it. Key and status are asked for anew
  // each time: a token that is kept is parsed and verified, and nothing else.
  const accepted = (text: string, token: AccessToken) => {
    if (token.form === 'jwt') kept.keep(text, token)
  }
  const cache: Cache = { name: 'tokens', figures: () => kept.figures }
  const caches = [cache, ...[...sources.values()].flatMap((one) => one.caches)]
  return Object.assign(read, { accepted, caches })
}

/** Tokens; each takes about as many bytes as three times its text. */
const KEPT = 10_000

const KNOWN = {
  fetch: true,
  issuer: true,
  now: true,
  statusListUris: true,
} satisfies Record<keyof JwtIssuer, true>

/** What one issuer publishes, and what of it belongs to a token. */
interface Source {
  readonly complete: (token: JwtToken) => Reading | Promise<Reading>
  readonly caches: readonly Cache[]
}

function source(options: JwtIssuer): Source {
  onlyKnown(options, KNOWN)
  const { fetch = globalThis.fetch, now = Date.now, statusListUris } = options
  const issuer = https('issuer', options.issuer)
  list('statusListUris', statusListUris ?? [], {
    fits: (uri) => typeof uri === 'string' && uri.startsWith('https://'),
    allowed: 'https URLs',
  })
  aFunction('fetch', fetch)
  aFunction('now', now)
  const keys = issuerKeys({ issuer, fetch, now })
  const lists = statusListUris && statusLists(statusListUris, keys, { issuer, fetch, now })
  return {
    complete: (token) => {
      const key = keys.find(token.jws.header, token.hash)
      const status = lists?.statusOf(token.claims)
      if (key instanceof Promise || status instanceof Promise)
        return Promise.all([key, status]).then((both) => completed(token, ...both))
      return completed(token, key, status)
    },
    caches: [keys.cache, ...(lists?.caches ?? [])],
  }
}

function completed(token: JwtToken, key: FoundKey, status: TokenStatus | undefined): Reading {
  if (key === 'unavailable')
    return { form: 'unavailable', reason: 'the issuer’s keys cannot be fetched now' }
  return withKey(token, key === 'unpublished' ? undefined : key, status)
}
