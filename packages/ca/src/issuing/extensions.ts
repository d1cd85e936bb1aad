/** The extensions that follow from a profile and from where its status is published. */
import type { X509Certificate } from 'node:crypto'
import { EXTENSION, fieldsOf } from '../encoding/certificate-fields.ts'
import { EXTENDED_KEY_USAGE, KEY_USAGE, type Profile } from '../profiles.ts'
import { qcStatements } from '../encoding/qualified.ts'
import type { StatusUrls } from '../status/status-urls.ts'
import * as x509 from '../encoding/x509.ts'

export interface ExtensionValue {
  readonly oid: string
  readonly critical: boolean
  /** Without the OCTET STRING around it. */
  readonly value: Buffer
}

/** The same bytes for the same profile, so that a certificate can be told to be of it. */
export function profileExtensions(profile: Profile): ExtensionValue[] {
  const { pathLength, keyUsage, extendedKeyUsage, policy, qualified } = profile
  const usages = keyUsage.reduce<number>((sum, usage) => sum | (1 << KEY_USAGE[usage]), 0)
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(pathLength !== undefined, pathLength, true),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a sum of flags is none of them
    new x509.KeyUsagesExtension(usages, true),
  ]
  if (extendedKeyUsage.length > 0) {
    extensions.push(new x509.ExtendedKeyUsageExtension([...extendedKeyUsage]))
  }
  if (policy !== undefined) extensions.push(new x509.CertificatePolicyExtension([policy]))
  if (qualified) {
    extensions.push(new x509.Extension(EXTENSION.qcStatements, false, qcStatements(qualified)))
  }
  // RFC 6960 §4.2.2.2.1: else who checks the signer's status asks the signer.
  if (extendedKeyUsage.includes(EXTENDED_KEY_USAGE.ocspSigning)) {
    extensions.push(new x509.Extension(EXTENSION.ocspNoCheck, false, NULL))
  }
  return extensions.map(valueOf)
}

/** RFC 5280 §4.2.1.13 and §4.2.2.1. */
export function statusExtensions({ crl, issuer, ocsp }: StatusUrls): ExtensionValue[] {
  return [
    new x509.CRLDistributionPointsExtension([crl]),
    new x509.AuthorityInfoAccessExtension({
      ...(ocsp !== undefined && { ocsp: [url(ocsp)] }),
      caIssuers: [url(issuer)],
    }),
  ].map(valueOf)
}

/** `true` as well when no URL is configured: a certificate that names one is not worse for that. */
export function namesStatus(certificate: X509Certificate, status: StatusUrls | undefined): boolean {
  const { extensions } = fieldsOf(certificate)
  return (status ? statusExtensions(status) : []).every(
    ({ oid, value }) => extensions.get(oid)?.equals(value) === true,
  )
}

/** DER of NULL. */
const NULL = Buffer.from([0x05, 0x00])

function url(value: string): x509.GeneralName {
  return new x509.GeneralName('url', value)
}

function valueOf({ type, critical, value }: x509.Extension): ExtensionValue {
  return { oid: type, critical, value: Buffer.from(value) }
}
