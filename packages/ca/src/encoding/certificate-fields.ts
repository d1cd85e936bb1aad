/** The fields of a certificate as bytes, which Node's X509Certificate only gives as joined text. */
import type { X509Certificate } from 'node:crypto'
import { decodeOid, type Element, MalformedDer, readElements, readOne, TAG } from './der.ts'

export interface CertificateFields {
  /** DER of the Name. */
  readonly issuer: Buffer
  /** DER of the Name. */
  readonly subject: Buffer
  /** Content of the subjectPublicKey BIT STRING, without its byte of unused bits. */
  readonly publicKeyBits: Buffer
  /** Values of the extensions by OID, without the OCTET STRING around them. */
  readonly extensions: ReadonlyMap<string, Buffer>
  /** OIDs of those extensions that must be understood. */
  readonly critical: ReadonlySet<string>
}

// oxfmt-ignore
export const EXTENSION = {
  subjectKeyIdentifier:   '2.5.29.14',
  keyUsage:               '2.5.29.15',
  subjectAltName:         '2.5.29.17',
  basicConstraints:       '2.5.29.19',
  crlNumber:              '2.5.29.20',
  reasonCode:             '2.5.29.21',
  deltaCrlIndicator:      '2.5.29.27',
  distributionPoint:      '2.5.29.28',
  nameConstraints:        '2.5.29.30',
  crlDistributionPoints:  '2.5.29.31',
  certificatePolicies:    '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage:       '2.5.29.37',
  authorityInfoAccess:    '1.3.6.1.5.5.7.1.1',
  qcStatements:           '1.3.6.1.5.5.7.1.3',
  ocspNoCheck:            '1.3.6.1.5.5.7.48.1.5',
} as const

/** RFC 5280 §4.1: `version, serial, signature, issuer, validity, subject, key, …, extensions`. */
export function fieldsOf(certificate: Pick<X509Certificate, 'raw'>): CertificateFields {
  const [tbs] = readElements(readOne(certificate.raw, TAG.SEQUENCE).content)
  const fields = readElements(tbs?.content ?? Buffer.alloc(0))
  const version = fields[0]?.tag === 0xa0 ? 1 : 0
  const [issuer, subject, key] = [2, 4, 5].map((index) => fields[version + index])
  if (!issuer || !subject || !key) throw new MalformedDer('no issuer, subject or key')
  const last = fields.slice(version + 6).find(({ tag }) => tag === 0xa3)
  const bits = readElements(readOne(key.whole, TAG.SEQUENCE).content)[1]
  return {
    issuer: issuer.whole,
    subject: subject.whole,
    publicKeyBits: bits?.content.subarray(1) ?? Buffer.alloc(0),
    ...readExtensions(last && readOne(last.content)),
  }
}

/** Of certificates, CRLs, CRL entries and requests alike. Throws MalformedDer. */
export function readExtensions(
  list: Element | undefined,
): Pick<CertificateFields, 'extensions' | 'critical'> {
  const extensions = new Map<string, Buffer>()
  const critical = new Set<string>()
  for (const { content } of list ? readElements(list.content) : []) {
    const parts = readElements(content)
    const oid = decodeOid(parts[0]?.content ?? Buffer.alloc(0))
    const value = parts.at(-1)
    if (value?.tag !== TAG.OCTET_STRING) throw new MalformedDer('extension without a value')
    // RFC 5280 §4.2: not more than one of each. Two would be a choice, and ours could be the wrong one.
    if (extensions.has(oid)) throw new MalformedDer(`extension ${oid} twice`)
    extensions.set(oid, value.content)
    if (parts.length === 3 && parts[1]?.tag === TAG.BOOLEAN && parts[1].content[0] !== 0) {
      critical.add(oid)
    }
  }
  return { extensions, critical }
}

/** Content of the SubjectKeyIdentifier; `undefined` if there is none. */
export function keyIdentifierOf({
  extensions,
}: Pick<CertificateFields, 'extensions'>): Buffer | undefined {
  const value = extensions.get(EXTENSION.subjectKeyIdentifier)
  return value && readOne(value, TAG.OCTET_STRING).content
}
