/** A certificate with all that a path check asks of it, read once. */
import type { KeyObject, X509Certificate } from 'node:crypto'
import { type CertificateFields, EXTENSION, fieldsOf } from '../encoding/certificate-fields.ts'
import { decodeOid, MalformedDer, readElements, readOne, TAG } from '../encoding/der.ts'
import { decodeNumber } from '../encoding/der-values.ts'
import { KEY_USAGE, type KeyUsage } from '../profiles.ts'

export interface ParsedCertificate extends CertificateFields {
  readonly certificate: X509Certificate
  readonly publicKey: KeyObject
  readonly serial: string
  readonly fingerprint: string
  /** Both in milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly ca: boolean
  /** Absent: no limit. */
  readonly pathLength: number | undefined
  /** `undefined`: no keyUsage extension. */
  readonly may: ((usage: KeyUsage) => boolean) | undefined
  /** Dotted; `undefined`: no extension, so no restriction. */
  readonly purposes: readonly string[] | undefined
}

/** Throws MalformedDer. */
export function parse(certificate: X509Certificate): ParsedCertificate {
  const fields = fieldsOf(certificate)
  const { extensions } = fields
  const keyUsage = extensions.get(EXTENSION.keyUsage)
  const purposes = extensions.get(EXTENSION.extendedKeyUsage)
  return {
    ...fields,
    ...readBasicConstraints(extensions.get(EXTENSION.basicConstraints)),
    certificate,
    publicKey: readKey(certificate),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
    from: readTime(certificate.validFrom, certificate.validFromDate),
    to: readTime(certificate.validTo, certificate.validToDate),
    may: keyUsage && readKeyUsage(keyUsage),
    purposes:
      purposes &&
      readElements(readOne(purposes, TAG.SEQUENCE).content).map(({ content }) =>
        decodeOid(content),
      ),
  }
}

function readKey(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey
  } catch (cause) {
    throw new MalformedDer('no public key that OpenSSL can read', { cause })
  }
}

/** For a time that cannot be read Node's text says so; its date is what happened to be in memory. */
function readTime(text: string, date: Date): number {
  if (!text.endsWith(' GMT')) throw new MalformedDer('no time')
  return date.getTime()
}

function readBasicConstraints(
  value: Buffer | undefined,
): Pick<ParsedCertificate, 'ca' | 'pathLength'> {
  if (!value) return { ca: false, pathLength: undefined }
  const [first, second, ...rest] = readElements(readOne(value, TAG.SEQUENCE).content)
  const ca = first?.tag === TAG.BOOLEAN && first.content[0] === 0xff
  if (first && (!ca || rest.length > 0)) throw new MalformedDer('no basic constraints')
  return { ca, pathLength: second && Number(decodeNumber(second)) }
}

function readKeyUsage(value: Buffer): (usage: KeyUsage) => boolean {
  const bits = readOne(value, TAG.BIT_STRING).content[1] ?? 0
  return (usage) => (bits & (0x80 >> KEY_USAGE[usage])) !== 0
}
