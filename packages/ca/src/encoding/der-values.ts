/** Integers, bit strings, times and explicit tags in DER. */
import { type Element, encode, MalformedDer, TAG } from './der.ts'

/**
 * As `X509Certificate.serialNumber` writes it: upper case, whole bytes, `0` and `-01` too. RFC 5280
 * §4.1.2.2 allows neither, and has us read both: a list must find whom it revokes.
 */
export function decodeSerial(element: Element): string {
  const value = decodeInteger(element)
  if (value === 0n) return '0'
  const [sign, digits] = value < 0n ? ['-', -value] : ['', value]
  const hex = digits.toString(16).toUpperCase()
  return sign + (hex.length % 2 === 0 ? hex : `0${hex}`)
}

/** Versions, lengths and numbers of lists are not negative. */
export function decodeNumber(element: Element): bigint {
  const value = decodeInteger(element)
  if (value < 0n) throw new MalformedDer('a negative number')
  return value
}

function decodeInteger({ tag, content }: Element): bigint {
  if (tag !== TAG.INTEGER || content.length === 0) throw new MalformedDer('no integer')
  return BigInt.asIntN(8 * content.length, BigInt(`0x${content.toString('hex')}`))
}

export function encodeBits(bytes: Buffer): Buffer {
  return encode(TAG.BIT_STRING, Buffer.from([0]), bytes)
}

/** Whole bytes only: signatures and keys. */
export function decodeBits({ tag, content }: Element): Buffer {
  if (tag !== TAG.BIT_STRING || content[0] !== 0) throw new MalformedDer('no bit string of bytes')
  return content.subarray(1)
}

export function explicit(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return encode(0xa0 | number, ...parts)
}

/** GeneralizedTime in whole seconds. Milliseconds since the epoch in. */
export function encodeTime(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')
  return encode(TAG.GENERALIZED_TIME, Buffer.from(`${text}Z`))
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/** Milliseconds since the epoch. */
export function decodeTime({ tag, content }: Element): number {
  const text = content.toString('latin1')
  // RFC 5280 §4.1.2.5.1: years from 50 are of the last century.
  const century = Number(text.slice(0, 2)) >= 50 ? '19' : '20'
  const full = tag === TAG.UTC_TIME ? century + text : text
  const parts = TIME.exec(full)
  if ((tag !== TAG.UTC_TIME && tag !== TAG.GENERALIZED_TIME) || !parts) {
    throw new MalformedDer('no time')
  }
  const [, year, month, day, hour, minute, second] = parts
  return Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
}
