import type { Cache } from './cache.ts'
import { forwardedCertificates } from './hop/forwarded-certificate.ts'
import type { Protected } from './protected.ts'

/** Of one route, and of what it shares with others. */
export const cachesOf = ({ tokens, hops, accepted }: Protected): readonly Cache[] => [
  { name: 'credentials', figures: () => accepted.credentials.figures },
  { name: 'proof keys', figures: () => accepted.headers.figures },
  ...(tokens.caches ?? []),
  ...(hops ? [forwardedCertificates] : []),
]
