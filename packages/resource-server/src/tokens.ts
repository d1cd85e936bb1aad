import type { AccessToken, Facts } from '@holdfast/sender-constraint'
import type { Cache } from './cache.ts'

export type Reading = NonNullable<Facts['token']>

/**
 * Reads one access token. Never throws or rejects: what cannot be read or asked about is a value.
 * Answers at once where nothing has to be waited for.
 */
export interface TokenReader {
  (text: string): Reading | Promise<Reading>
  /** Told of a token that was accepted: what it cost to read may be saved the next time. */
  readonly accepted?: (text: string, token: AccessToken) => void
  /** What it keeps between requests, for metrics. */
  readonly caches?: readonly Cache[]
}
