/** Where a CA publishes its list, its certificate and its answers. */

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
