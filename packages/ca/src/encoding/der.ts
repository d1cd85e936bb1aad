/**
 * Just enough DER to read certificates, CRLs and requests byte by byte. Names decide who a client is:
 * every text form of a certificate on the way there (Node's joined subject, a library's JSON) has
 * two certificates that look alike. Strict: definite minimal lengths, one-byte tags, nothing left over.
 */
export class MalformedDer extends Error {
  override readonly name = 'MalformedDer'
}

export interface Element {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content. */
  readonly whole: Buffer
}

// oxfmt-ignore
export const TAG = {
  BOOLEAN: 0x01, INTEGER: 0x02, BIT_STRING: 0x03, OCTET_STRING: 0x04, NULL: 0x05, OID: 0x06,
  ENUMERATED: 0x0a, UTF8: 0x0c, PRINTABLE: 0x13, T61: 0x14, IA5: 0x16, UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18, UNIVERSAL: 0x1c, BMP: 0x1e, SEQUENCE: 0x30, SET: 0x31,
} as const

/** All elements, one after the other, until the bytes are used up. */
export function readElements(bytes: Buffer): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const element = readElement(bytes.subarray(at))
    elements.push(element)
    at += element.whole.length
  }
  return elements
}

/** The only element, of the tag if one is given. */
export function readOne(bytes: Buffer, tag?: number): Element {
  const [element, ...rest] = readElements(bytes)
  if (!element || rest.length > 0) throw new MalformedDer('expected exactly one element')
  if (tag !== undefined && element.tag !== tag) throw new MalformedDer(`expected tag ${tag}`)
  return element
}

function readElement(bytes: Buffer): Element {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined) throw new MalformedDer('cut off')
  if ((tag & 0x1f) === 0x1f) throw new MalformedDer('tag of more than one byte')
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || lengthBytes > 4) throw new MalformedDer('indefinite or absurd length')
  if (bytes.length < 2 + lengthBytes) throw new MalformedDer('cut off')
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes)
  const start = 2 + lengthBytes
  if (lengthBytes > 0 && encodeLength(length).length !== 1 + lengthBytes) {
    throw new MalformedDer('length not minimal')
  }
  if (bytes.length < start + length) throw new MalformedDer('cut off')
  const whole = bytes.subarray(0, start + length)
  return { tag, content: whole.subarray(start), whole }
}

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content])
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export function encodeOid(text: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt)
  if (first > 2n || (first < 2n && second > 39n)) throw new MalformedDer(`no OID: ${text}`)
  return encode(TAG.OID, ...[first * 40n + second, ...rest].map(encodeArc))
}

function encodeArc(arc: bigint): Buffer {
  const septets = [Number(arc & 0x7fn)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) septets.unshift(Number(left & 0x7fn) | 0x80)
  return Buffer.from(septets)
}

/** Dotted text of the content of an OBJECT IDENTIFIER. */
export function decodeOid(content: Buffer): string {
  const arcs: bigint[] = []
  let arc = 0n
  for (const byte of content) {
    if (arc === 0n && byte === 0x80) throw new MalformedDer('OID arc not minimal')
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    arcs.push(arc)
    arc = 0n
  }
  const [joined, ...rest] = arcs
  if (joined === undefined || (content.at(-1) ?? 0) >= 0x80) throw new MalformedDer('OID cut off')
  const first = joined < 80n ? joined / 40n : 2n
  return [first, joined - first * 40n, ...rest].join('.')
}
