import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import type { Claims, TokenStatus } from '@holdfast/sender-constraint'

/** Bytes of a list when it is inflated: 32 million tokens of one bit. */
const LARGEST = 4_194_304

/** Token Status List §4.1: one value of `bits` bits for each token, from the low bits of a byte up. */
export interface StatusList {
  readonly bits: number
  readonly bytes: Uint8Array
}

const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)

/**
 * Reads the member `status_list` (Token Status List §4.2).
 *
 * @throws RangeError if it is none; what zlib throws of bytes that cannot be inflated
 */
export async function readStatusList(claim: unknown): Promise<StatusList> {
  const { bits, lst }: Claims = Object(claim)
  if (typeof bits !== 'number' || ![1, 2, 4, 8].includes(bits) || typeof lst !== 'string')
    throw new RangeError('a status list is 1, 2, 4 or 8 bits, and a text')
  const packed = Buffer.from(lst, 'base64url')
  return { bits, bytes: await inflated(packed, { maxOutputLength: LARGEST }) }
}

// §7.1
const MEANINGS: readonly (TokenStatus | undefined)[] = ['valid', 'revoked', 'suspended']

/** @param idx the claim: anything may stand there */
export function statusAt({ bits, bytes }: StatusList, idx: unknown): TokenStatus {
  if (typeof idx !== 'number' || !Number.isSafeInteger(idx)) return 'out of range'
  const perByte = 8 / bits
  const byte = bytes[Math.floor(idx / perByte)]
  if (byte === undefined) return 'out of range'
  const value = (byte >> ((idx % perByte) * bits)) & (2 ** bits - 1)
  return MEANINGS[value] ?? 'other'
}
