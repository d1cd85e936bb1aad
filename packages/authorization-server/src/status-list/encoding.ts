import { deflateSync } from 'node:zlib'

/**
 * A status list of one bit per token (Token Status List, draft-ietf-oauth-status-list-21 §4.1): the
 * low bit of the first byte is the first token's, and set if it has been revoked (§7.1).
 *
 * @param size tokens of the list, a multiple of eight
 */
export function encodeStatusList(
  revoked: Iterable<number>,
  size: number,
): { readonly bits: 1; readonly lst: string } {
  const bytes = Buffer.alloc(size / 8)
  // Beyond the end there is no byte: a typed array ignores what is written there.
  for (const idx of revoked) bytes[idx >> 3]! |= 1 << (idx & 7)
  // A millisecond or two, and not behind the password hashes that wait for a thread.
  return { bits: 1, lst: deflateSync(bytes, { level: 9 }).toString('base64url') }
}
