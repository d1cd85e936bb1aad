/**
 * Certificate revocation lists (RFC 5280 §5), read for those who check. Reading is strict: a list that is partial, indirect or a delta, or says something critical that is
 * not understood, is none (RFC 5280 §5.2), for taking it as whole would hide revocations.
 */
import { EXTENSION, readExtensions } from './certificate-fields.ts'
import { type Element, MalformedDer, readElements, readOne, TAG } from './der.ts'
import { decodeNumber, decodeSerial, decodeTime } from './der-values.ts'
import { readSigned, type SignedDer } from './signature.ts'

export interface CrlContent {
  readonly number: bigint
  /** Both in milliseconds since the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number
}

export interface Crl extends CrlContent {
  readonly der: Buffer
  readonly signed: SignedDer
  /** DER of the Name. */
  readonly issuer: Buffer
  /** Number of the reasonCode by serial number. */
  readonly entries: ReadonlyMap<string, number>
}

/** Throws MalformedDer. The signature is the caller's to check, who knows the issuer. */
export function decodeCrl(der: Buffer): Crl {
  const signed = readSigned(der)
  const fields = readElements(readOne(signed.toBeSigned.whole, TAG.SEQUENCE).content)
  const [version, algorithm, issuer, thisUpdate, nextUpdate, ...rest] = fields
  // RFC 5280 §5.1.2.1, §5.1.2.5: version 2, and nextUpdate is there.
  if (!version || decodeNumber(version) !== 1n) throw new MalformedDer('not a version 2 CRL')
  if (!algorithm?.whole.equals(signed.algorithm)) throw new MalformedDer('two algorithms')
  if (!issuer || !thisUpdate || !nextUpdate) throw new MalformedDer('cut off')
  const list = rest.find(({ tag }) => tag === TAG.SEQUENCE)
  const extensions = rest.find(({ tag }) => tag === 0xa0)
  return {
    der,
    signed,
    issuer: issuer.whole,
    number: readNumber(extensions),
    thisUpdate: decodeTime(thisUpdate),
    nextUpdate: decodeTime(nextUpdate),
    entries: new Map((list ? readElements(list.content) : []).map(decodeEntry)),
  }
}

function readNumber(element: Element | undefined): bigint {
  const { extensions, critical } = readExtensions(element && readOne(element.content))
  if (critical.size > 0) throw new MalformedDer(`critical: ${[...critical].join()}`)
  // RFC 5280 §5.2.4, §5.2.5 have both critical; a list that is not whole is none where they are not, too.
  if (extensions.has(EXTENSION.deltaCrlIndicator) || extensions.has(EXTENSION.distributionPoint))
    throw new MalformedDer('a list that is not whole')
  const number = extensions.get(EXTENSION.crlNumber)
  if (!number) throw new MalformedDer('no CRL number') // RFC 5280 §5.2.3
  return decodeNumber(readOne(number, TAG.INTEGER))
}

function decodeEntry({ content }: Element): [string, number] {
  const [serial, date, list] = readElements(content)
  if (!serial || !date) throw new MalformedDer('cut off')
  const { extensions, critical } = readExtensions(list)
  if (critical.size > 0) throw new MalformedDer(`critical: ${[...critical].join()}`)
  const reason = extensions.get(EXTENSION.reasonCode)
  return [decodeSerial(serial), reason ? (readOne(reason, TAG.ENUMERATED).content[0] ?? 0) : 0]
}
