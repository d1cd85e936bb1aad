import {
  ALGORITHMS,
  type Claims,
  importJwk,
  isOfGoodSize,
  type JwsKey,
  POST_QUANTUM,
  privateMember,
} from '@holdfast/sender-constraint'
import type { Cache } from './cache.ts'
import { elapsed } from './elapsed.ts'
import { fetchMetadata, type Fetch, getJson, IssuerError, urlIn } from './issuer.ts'
import { pauseAfterFailure } from './pause.ts'

/** Milliseconds between two fetches that unknown `kid`s can cause: what we tell clients to wait. */
const RATE = 5_000
/** Milliseconds for which keys are used without looking again; from half of it on, we look. */
const LIFE = 600_000
const KNOWN = [...ALGORITHMS, ...POST_QUANTUM]

/**
 * - `unpublished`: the issuer was asked since this was first shown, and has no such key
 * - `unavailable`: that cannot be said now; it may have, and the client should try again
 */
export type FoundKey = JwsKey | 'unpublished' | 'unavailable'

export interface IssuerKeys {
  /**
   * @param header of the JWS: `kid` and `alg` count
   * @param subject what is to be verified, by its hash: nobody can know that of a token that has not
   *   been issued yet, so nobody can have an honest new `kid` looked up in vain beforehand
   */
  readonly find: (header: Claims, subject: string) => FoundKey | Promise<FoundKey>
  readonly cache: Cache
}

export interface IssuerOptions {
  /** Issuer identifier, where the metadata (RFC 8414) is found. */
  readonly issuer: string
  /** Whoever needs a trust or a client certificate of their own gives a `fetch` that has it. */
  readonly fetch: Fetch
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * The keys that an issuer publishes. They are fetched when first needed, once for all who wait, and
 * again for a `kid` that is not among them, so that a rotation costs no request. Unknown `kid`s
 * cause at most one fetch in five seconds: meanwhile others are `unavailable`, not `unpublished`,
 * since the key may have been published after we looked.
 */
export function issuerKeys({ issuer, fetch, now }: IssuerOptions): IssuerKeys {
  let keys: readonly PublishedKey[] = []
  let fetchedAt = -Infinity
  let lookedAt = -Infinity
  let hits = 0
  let misses = 0
  const inVain = new Set<string>()
  let fetching: Promise<boolean> | undefined
  const pause = pauseAfterFailure(now)

  async function refresh(): Promise<boolean> {
    try {
      const metadata = await fetchMetadata(fetch, issuer)
      keys = readKeys(await getJson(fetch, urlIn(metadata, 'jwks_uri')))
      fetchedAt = now()
      inVain.clear()
      pause.succeeded()
      return true
    } catch {
      pause.failed() // out of reach, or not an answer: whoever waits is told to come again
      return false
    }
  }

  function refreshOnce(): Promise<boolean> {
    fetching ??= refresh().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  function find(header: Claims, subject: string): FoundKey | Promise<FoundKey> {
    const age = elapsed(fetchedAt, now())
    const key = age <= LIFE ? findKey(keys, header) : undefined
    if (key) {
      hits += 1
      if (age > LIFE / 2 && !pause.lasts()) void refreshOnce()
      return key
    }
    misses += 1
    // No key that we could use fits; nothing need be asked to know it.
    if (!KNOWN.some((name) => name === header['alg'])) return 'unpublished'
    // A fetch that began before this was shown proves nothing against it.
    if (fetching) return fetching.then(() => find(header, subject))
    if (pause.lasts()) return 'unavailable'
    if (age <= LIFE && now() - lookedAt <= RATE)
      return inVain.has(subject) ? 'unpublished' : 'unavailable'
    return look(header, subject)
  }

  async function look(header: Claims, subject: string): Promise<FoundKey> {
    if (!(await refreshOnce())) return 'unavailable'
    const key = findKey(keys, header)
    if (key) return key
    lookedAt = now()
    inVain.add(subject)
    return 'unpublished'
  }

  const figures = () => ({
    entries: keys.length,
    hits,
    misses,
    ...(fetchedAt > -Infinity && { age: now() - fetchedAt }),
  })
  return { find, cache: { name: 'issuer keys', of: issuer, figures } }
}

interface PublishedKey {
  readonly kid: unknown
  readonly alg: unknown
  readonly key: JwsKey
}

// Two keys may share a kid and differ in kind; a key that names its alg is used with no other.
function findKey(keys: readonly PublishedKey[], { kid, alg }: Claims): JwsKey | undefined {
  return keys.find(
    (published) =>
      published.kid === kid &&
      (published.alg === undefined || published.alg === alg) &&
      published.key.algorithms.some((name) => name === alg),
  )?.key
}

// What answers without a list of keys is no key set (RFC 7517 §5.1), and takes none of ours away.
function readKeys({ keys }: Claims): readonly PublishedKey[] {
  if (!Array.isArray(keys)) throw new IssuerError('a key set without keys')
  return keys.flatMap((jwk: unknown) => {
    const key = importJwk(jwk)
    const { kid, alg, use, key_ops }: Claims = Object(jwk)
    // With a private member in it, everybody can sign.
    const isPublic = privateMember(jwk) === undefined
    const forSignatures =
      (use === undefined || use === 'sig') &&
      (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify')))
    // FAPI2SP-5.4.1-2: a shorter key is not used, whoever publishes it.
    return key && isOfGoodSize(key) && isPublic && forSignatures ? [{ kid, alg, key }] : []
  })
}
