/** IP addresses as bytes, since `::1` and `0:0:0:0:0:0:0:1` are one address and two texts. */
import { isIPv4, isIPv6 } from 'node:net'

/** 4 or 16 bytes; `undefined` if the text is no address (a zone such as `%eth0` makes it none). */
export function ipBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [left = [], right = []] = text.split('::').map((half) => half.split(':').flatMap(groups))
  const missing = 16 - left.length - right.length
  return Buffer.from([...left, ...Array.from({ length: missing }, () => 0), ...right])
}

function groups(part: string): number[] {
  if (part === '') return []
  if (part.includes('.')) return part.split('.').map(Number)
  const value = Number.parseInt(part, 16)
  return [value >> 8, value & 0xff]
}

/** `undefined` if the bytes are no address. */
export function ipText(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return undefined
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  return words.join(':')
}
