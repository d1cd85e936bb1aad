import type { OpaqueToken } from '@holdfast/sender-constraint'
import type { CacheFigures } from './cache.ts'
import { elapsed } from './elapsed.ts'

/** Remembers active tokens for a moment, by their hash; those asked about first go first. */
export interface IntrospectionCache {
  readonly get: (hash: string) => OpaqueToken | undefined
  /** @param askedAt milliseconds */
  readonly put: (token: OpaqueToken, askedAt: number) => void
  readonly figures: () => CacheFigures
}

/** @param limits.life milliseconds */
export function introspectionCache(
  limits: { readonly life: number; readonly entries: number },
  now: () => number,
): IntrospectionCache {
  const tokens = new Map<
    string,
    { readonly token: OpaqueToken; readonly askedAt: number; readonly life: number }
  >()
  let hits = 0
  let misses = 0
  return {
    get: (hash) => {
      const known = tokens.get(hash)
      if (known && elapsed(known.askedAt, now()) < known.life) {
        hits += 1
        return known.token
      }
      misses += 1
      tokens.delete(hash)
      return undefined
    },
    put: (token, askedAt) => {
      // An inactive token is asked about again: whoever sends garbage fills nothing.
      if (limits.life === 0 || token.claims['active'] !== true) return
      const { exp } = token.claims
      const left = typeof exp === 'number' ? exp * 1000 - askedAt : Infinity
      tokens.set(token.hash, { token, askedAt, life: Math.min(limits.life, left) })
      const [oldest] = tokens.keys()
      if (tokens.size > limits.entries && oldest !== undefined) tokens.delete(oldest)
    },
    figures: () => ({ entries: tokens.size, hits, misses }),
  }
}
