import type { OpaqueToken } from '@holdfast/sender-constraint'

/** Remembers active tokens for a moment, by their hash; those asked about first go first. */
export interface IntrospectionCache {
  readonly get: (hash: string) => OpaqueToken | undefined
  /** @param askedAt milliseconds */
  readonly put: (token: OpaqueToken, askedAt: number) => void
}

/** @param limits.life milliseconds */
export function introspectionCache(
  limits: { readonly life: number; readonly entries: number },
  now: () => number,
): IntrospectionCache {
  const tokens = new Map<string, { readonly token: OpaqueToken; readonly until: number }>()
  return {
    get: (hash) => {
      const known = tokens.get(hash)
      if (!known || now() < known.until) return known?.token
      tokens.delete(hash)
      return undefined
    },
    put: (token, askedAt) => {
      // An inactive token is asked about again: whoever sends garbage fills nothing.
      if (limits.life === 0 || token.claims['active'] !== true) return
      const { exp } = token.claims
      const until = Math.min(askedAt + limits.life, typeof exp === 'number' ? exp * 1000 : Infinity)
      tokens.set(token.hash, { token, until })
      const [oldest] = tokens.keys()
      if (tokens.size > limits.entries && oldest !== undefined) tokens.delete(oldest)
    },
  }
}
