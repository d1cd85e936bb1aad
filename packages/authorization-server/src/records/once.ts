import { hash } from 'node:crypto'
import type { Records } from '@holdfast/store'

/** As a name in the store, which then holds nothing that would be good for anything. */
export const hashed = (secret: string): string => hash('sha256', secret, 'base64url')

/**
 * True for whoever comes first, on all nodes together, by one atomic put-if-absent; false for everybody
 * else until then.
 *
 * @param id of what is used, hashed here
 * @param expiresAt milliseconds since the epoch
 */
export const once = (
  records: Records,
  {
    kind,
    id,
    expiresAt,
  }: { readonly kind: string; readonly id: string; readonly expiresAt: number },
): Promise<boolean> => records.add({ kind, id: hashed(id), payload: {}, expiresAt })
