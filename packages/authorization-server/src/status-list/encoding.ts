import { promisify } from 'node:util'
import { deflate } from 'node:zlib'

const deflated = promisify<Buffer, { level: number }, Buffer>(deflate)

/**
 * A status list of one bit per token (Token Status List, draft-ietf-oauth-status-list-21 §4.1): the
 * low bit of the first byte is the first token's, and set if it has been revoked (§7.1).
 *
 * @param size tokens of the list, a multiple of eight
 */
export async function encodeStatusList(
  revoked: Iterable<number>,
  size: number,
): Promise<{ readonly bits: 1; readonly lst: string }> {
  const bytes = Buffer.alloc(size / 8)
  // Beyond the end there is no byte: a typed array ignores what is written there.
  for (const idx of revoked) bytes[idx >> 3]! |= 1 << (idx & 7)
  return { bits: 1, lst: (await deflated(bytes, { level: 9 })).toString('base64url') }
}
