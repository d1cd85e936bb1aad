/**
 * Certificate revocation lists (RFC 5280 §5): written for the authority, read for those who check.
 * Reading is strict: a list that is partial, indirect or a delta, or says something critical that is
 * not understood, is none (RFC 5280 §5.2), for taking it as whole would hide revocations.
 */
import { type KeyObject, X509Certificate } from 'node:crypto'
import { EXTENSION, fieldsOf, keyIdentifierOf, readExtensions } from './certificate-fields.ts'
import { type Element, encode, encodeOid, MalformedDer, readElements, readOne, TAG } from './der.ts'
import {
  decodeNumber,
  decodeSerial,
  decodeTime,
  encodeNumber,
  encodeTime,
  encodeUnsigned,
  explicit,
} from './der-values.ts'
import { REVOCATION_REASONS, type Revocation } from './revocations.ts'
import { algorithmIdentifierFor, readSigned, type SignedDer, signDer } from './signature.ts'

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

/** The issuer's certificate as PEM, and its key. */
interface Issuer {
  readonly certificate: string
  readonly key: KeyObject
}

export function encodeCrl(
  issuer: Issuer,
  content: CrlContent,
  revocations: readonly Revocation[],
): Buffer {
  const fields = fieldsOf(new X509Certificate(issuer.certificate))
  const entries = revocations.map(encodeEntry)
  const keyIdentifier = keyIdentifierOf(fields) ?? Buffer.alloc(0)
  const toBeSigned = sequence(
    encodeNumber(1), // version 2
    algorithmIdentifierFor(issuer.key),
    fields.subject,
    encodeTime(content.thisUpdate),
    encodeTime(content.nextUpdate),
    // RFC 5280 §5.1.2.6: absent, not empty, when nothing is revoked.
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(
      0,
      sequence(
        extension(EXTENSION.authorityKeyIdentifier, sequence(encode(0x80, keyIdentifier))),
        extension(EXTENSION.crlNumber, encodeNumber(content.number)),
      ),
    ),
  )
  return signDer(toBeSigned, issuer.key)
}

function encodeEntry({ serial, at, reason }: Revocation): Buffer {
  const code = REVOCATION_REASONS[reason]
  // RFC 5280 §5.3.1: "unspecified" is said by saying nothing.
  const extensions =
    code === 0
      ? []
      : [sequence(extension(EXTENSION.reasonCode, encode(TAG.ENUMERATED, Buffer.from([code]))))]
  return sequence(encodeUnsigned(Buffer.from(serial, 'hex')), encodeTime(at), ...extensions)
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

function extension(oid: string, value: Buffer): Buffer {
  return sequence(encodeOid(oid), encode(TAG.OCTET_STRING, value))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(TAG.SEQUENCE, ...parts)
}
