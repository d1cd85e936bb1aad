/** Where a CA publishes its list, its certificate and its answers. */
import type { X509Certificate } from 'node:crypto'
import { fieldsOf } from './certificate-fields.ts'
import { statusExtensions } from './extensions.ts'

/** Where the issuer publishes; goes into the certificates that it signs. Absolute URLs. */
export interface StatusUrls {
  readonly crl: string
  readonly issuer: string
  /** Absent: the issuer has no responder. */
  readonly ocsp?: string | undefined
}

export function statusUrlsOf(base: string | undefined, issuer: string): StatusUrls | undefined {
  if (base === undefined) return undefined
  const url = base.replace(/\/+$/, '')
  return {
    crl: `${url}/crl/${issuer}.crl`,
    issuer: `${url}/ca/${issuer}.cer`,
    // The root's key is kept away from the network: its CRL says all there is.
    ocsp: issuer === 'root' ? undefined : `${url}/ocsp`,
  }
}

/** `true` as well when no URL is configured: a certificate that names one is not worse for that. */
export function namesStatus(certificate: X509Certificate, status: StatusUrls | undefined): boolean {
  const { extensions } = fieldsOf(certificate)
  return (status ? statusExtensions(status) : []).every(
    ({ oid, value }) => extensions.get(oid)?.equals(value) === true,
  )
}
