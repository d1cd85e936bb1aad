/** PEM (RFC 7468) of what node:crypto has no writer for. */
export type PemLabel = 'CERTIFICATE' | 'X509 CRL' | 'CERTIFICATE REQUEST'

export function pemOf(label: PemLabel, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** All blocks with the label, as DER. */
export function pemBlocks(label: PemLabel | 'NEW CERTIFICATE REQUEST', text: string): Buffer[] {
  const block = new RegExp(
    `-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`,
    'g',
  )
  return [...text.matchAll(block)].map(([, body = '']) => Buffer.from(body, 'base64'))
}
