import { ALGORITHMS, POST_QUANTUM } from '@holdfast/sender-constraint'
import type { Attempt } from './edits.ts'

/** The refusal of a token whose key the issuer may have published since it was asked. */
export const ASKED = 'RFC9110-15.6.4: The issuer'

/**
 * A kid, or an alg that we know, that is not the issuer's: for some seconds the server cannot know that there is no
 * such key, and says so with 503. Any other 5xx is a broken promise.
 */
export function namesAnotherKey({ fields }: Attempt): boolean {
  const [, value = ''] = fields.find(([name]) => name.toLowerCase() === 'authorization') ?? []
  try {
    const [segment = ''] = value.replace(/^\S+ +/, '').split('.')
    const header: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString())
    const { kid, alg }: { kid?: unknown; alg?: unknown } = Object(header)
    const mightBeTheirs = [...ALGORITHMS, ...POST_QUANTUM].some((name) => name === alg)
    return mightBeTheirs && (kid !== 'bench' || alg !== 'ES256')
  } catch {
    return false
  }
}
