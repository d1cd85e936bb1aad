/** The fields of a certificate as bytes, which Node's X509Certificate only gives as joined text. */
import type { X509Certificate } from 'node:crypto'
import { decodeOid, MalformedDer, readElements, readOne, TAG } from './der.ts'

export interface CertificateFields {
  /** DER of the Name. */
  readonly subject: Buffer
  /** Values of the extensions by OID, without the OCTET STRING around them. */
  readonly extensions: ReadonlyMap<string, Buffer>
}

export const EXTENSION = { subjectKeyIdentifier: '2.5.29.14', subjectAltName: '2.5.29.17' } as const

/** RFC 5280 §4.1: `version, serial, signature, issuer, validity, subject, key, …, extensions`. */
export function fieldsOf(certificate: Pick<X509Certificate, 'raw'>): CertificateFields {
  const [tbs] = readElements(readOne(certificate.raw, TAG.SEQUENCE).content)
  const fields = readElements(tbs?.content ?? Buffer.alloc(0))
  const version = fields[0]?.tag === 0xa0 ? 1 : 0
  const subject = fields[version + 4]
  if (!subject) throw new MalformedDer('no subject')
  const last = fields.slice(version + 6).find(({ tag }) => tag === 0xa3)
  const extensions = new Map<string, Buffer>()
  for (const { content } of last ? readElements(readOne(last.content).content) : []) {
    const parts = readElements(content)
    const oid = decodeOid(parts[0]?.content ?? Buffer.alloc(0))
    const value = parts.at(-1)
    if (value?.tag !== TAG.OCTET_STRING) throw new MalformedDer('extension without a value')
    // RFC 5280 §4.2: not more than one of each. Two would be a choice, and ours could be the wrong one.
    if (extensions.has(oid)) throw new MalformedDer(`extension ${oid} twice`)
    extensions.set(oid, value.content)
  }
  return { subject: subject.whole, extensions }
}
