/** The header fields that decide something here, by their names in lower case, as received. */
export type Fields = ReadonlyMap<string, readonly string[]>

const READ: ReadonlySet<string> = new Set([
  'authorization',
  'dpop',
  'host',
  ':authority', // HTTP/2 has it in the place of Host
  'forwarded',
  'x-forwarded-host',
])

/**
 * Under these names proxies forward a client certificate, and attackers try to: RFC 9440, Envoy,
 * nginx, ingress-nginx, Traefik, AWS and Azure load balancers, and what people call it themselves.
 */
const CERTIFICATE: ReadonlySet<string> = new Set([
  'client-cert',
  'client-cert-chain',
  'x-forwarded-client-cert',
  'x-ssl-client-cert',
  'x-ssl-client-cert-chain',
  'ssl-client-cert',
  'x-ssl-cert',
  'x-ssl-certificate',
  'ssl-cert',
  'x-client-cert',
  'x-client-certificate',
  'client-certificate',
  'x-tls-client-cert',
  'x-forwarded-tls-client-cert',
  'x-amzn-mtls-clientcert',
  'x-amzn-mtls-clientcert-leaf',
  'x-arr-clientcert',
])

// To what stands behind a gateway interface (CGI, WSGI), Client_Cert and Client-Cert are one name.
const isCertificateName = (name: string): boolean =>
  name.includes('cert') && CERTIFICATE.has(name.replaceAll('_', '-'))

/**
 * One walk over the fields. Not `headers` of Node: it drops a second Authorization and joins two
 * DPoP fields with a comma.
 */
export function readFields(rawHeaders: readonly string[]): Fields {
  const fields = new Map<string, string[]>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (!READ.has(name) && !isCertificateName(name)) continue
    const value = rawHeaders[index + 1] ?? ''
    const values = fields.get(name)
    if (values) values.push(value)
    else fields.set(name, [value])
  }
  return fields
}

const NONE: readonly string[] = []

export const valuesOf = (fields: Fields, name: string): readonly string[] =>
  fields.get(name) ?? NONE

/** The first field there that claims a client certificate, in whatever spelling. */
export function certificateFieldIn(fields: Fields): string | undefined {
  for (const name of fields.keys()) if (isCertificateName(name)) return name
  return undefined
}
