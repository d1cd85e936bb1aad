import { importJwk, type JwsKey, readJwtToken, withKey } from '@holdfast/sender-constraint'
import { fetchMetadata, type Fetch, getJson, urlIn } from './issuer.ts'
import type { TokenReader } from './tokens.ts'

/** Milliseconds between two fetches that unknown `kid`s can cause. */
const RATE = 10_000
/** Milliseconds for which keys are used without looking again. */
const LIFE = 600_000

interface PublishedKey {
  readonly kid: unknown
  readonly alg: unknown
  readonly key: JwsKey
}

/**
 * Reads access tokens in JWT form, with the keys that the issuer publishes. The keys are fetched
 * when first needed, once for all requests that wait for them, and again for a `kid` that is not
 * among them, so that a rotation costs no request.
 */
export function jwtTokens(options: {
  readonly issuer: string
  readonly fetch?: Fetch
  readonly now?: () => number
}): TokenReader {
  const { issuer, fetch = globalThis.fetch, now = Date.now } = options
  let keys: readonly PublishedKey[] = []
  let fetchedAt = -Infinity
  let lookedAt = -Infinity // for a kid that was not among them
  let fetching: Promise<void> | undefined

  async function refresh(): Promise<void> {
    const metadata = await fetchMetadata(fetch, issuer)
    keys = readKeys(await getJson(fetch, urlIn(metadata, 'jwks_uri')))
    fetchedAt = now()
  }

  function refreshOnce(): Promise<void> {
    fetching ??= refresh().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  return async (text) => {
    const token = readJwtToken(text)
    if (token.form === 'unreadable') return token
    const find = () => findKey(keys, token.jws.header)
    try {
      if (now() - fetchedAt > LIFE) await refreshOnce()
      else if (!find() && now() - lookedAt > RATE) {
        await refreshOnce()
        lookedAt = now()
      }
    } catch {
      return { form: 'unavailable', reason: 'the issuer’s keys cannot be fetched' }
    }
    return withKey(token, find())
  }
}

// Two keys may share a kid and differ in kind; a key that names its alg is used with no other.
function findKey(
  keys: readonly PublishedKey[],
  { kid, alg }: { readonly [name: string]: unknown },
): JwsKey | undefined {
  return keys.find(
    (published) =>
      published.kid === kid &&
      (published.alg === undefined || published.alg === alg) &&
      published.key.algorithms.some((name) => name === alg),
  )?.key
}

function readKeys(set: { readonly [name: string]: unknown }): readonly PublishedKey[] {
  const list: readonly unknown[] = Array.isArray(set['keys']) ? set['keys'] : []
  return list.flatMap((jwk) => {
    const key = importJwk(jwk)
    const { kid, alg, use }: { kid?: unknown; alg?: unknown; use?: unknown } = Object(jwk)
    return key && (use === undefined || use === 'sig') ? [{ kid, alg, key }] : []
  })
}
