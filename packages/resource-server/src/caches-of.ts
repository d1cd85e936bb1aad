import type { Cache } from './cache.ts'
import { forwardedCertificates } from './hop/forwarded-certificate.ts'
import type { Protected } from './protected.ts'

/** Of one route, and of what it shares with others. */
export const cachesOf = (
  { tokens, hops }: Pick<Protected, 'tokens'> & Partial<Pick<Protected, 'hops'>>,
  { credentials, headers }: Protected['accepted'],
): readonly Cache[] => [
  { name: 'credentials', figures: () => credentials.figures },
  { name: 'proof keys', figures: () => headers.figures },
  ...(tokens.caches ?? []),
  ...(hops ? [forwardedCertificates] : []),
]
