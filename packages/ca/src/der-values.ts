/** Integers, times and explicit tags in DER: what CRLs, OCSP answers and extensions are made of. */
import { type Element, encode, MalformedDer, TAG } from './der.ts'

/** The INTEGER of an unsigned number, as bytes. */
export function encodeUnsigned(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const minimal = start < 0 ? Buffer.from([0]) : bytes.subarray(start)
  // A leading one bit would make it negative.
  const sign = (minimal[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []
  return encode(TAG.INTEGER, ...sign, minimal)
}

export function encodeNumber(value: number | bigint): Buffer {
  const hex = value.toString(16)
  return encodeUnsigned(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
}

/** As `X509Certificate.serialNumber` writes it: upper case, whole bytes, no leading zero byte. */
export function decodeSerial({ tag, content }: Element): string {
  if (tag !== TAG.INTEGER || content.length === 0) throw new MalformedDer('no integer')
  const positive = content[0] === 0 && content.length > 1 ? content.subarray(1) : content
  return positive.toString('hex').toUpperCase()
}

export function decodeNumber(element: Element): bigint {
  return BigInt(`0x${decodeSerial(element)}`)
}

export function encodeBits(bytes: Buffer, unused = 0): Buffer {
  return encode(TAG.BIT_STRING, Buffer.from([unused]), bytes)
}

/** Whole bytes only: signatures and keys. */
export function decodeBits({ tag, content }: Element): Buffer {
  if (tag !== TAG.BIT_STRING || content[0] !== 0) throw new MalformedDer('no bit string of bytes')
  return content.subarray(1)
}

export function encodeBoolean(value: boolean): Buffer {
  return encode(TAG.BOOLEAN, Buffer.from([value ? 0xff : 0]))
}

export function explicit(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return encode(0xa0 | number, ...parts)
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. Milliseconds in. */
export function encodeTime(milliseconds: number): Buffer {
  const long = compact(milliseconds)
  return long < '2050'
    ? encode(TAG.UTC_TIME, Buffer.from(long.slice(2)))
    : encodeLongTime(milliseconds)
}

/** GeneralizedTime whatever the year, as OCSP and CRL entries want it. */
export function encodeLongTime(milliseconds: number): Buffer {
  return encode(TAG.GENERALIZED_TIME, Buffer.from(compact(milliseconds)))
}

function compact(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`
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
