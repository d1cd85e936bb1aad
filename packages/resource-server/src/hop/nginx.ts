/** nginx: `proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;`, the leaf and nothing else. */
import { fromEscapedPem, type Parsed } from './certificates.ts'

export function fromNginx(field: string): Parsed {
  const [leaf, ...others] = fromEscapedPem(field) ?? []
  return leaf && others.length === 0
    ? { leaf, intermediates: [] }
    : { malformed: 'X-SSL-Client-Cert is not the URL-encoded PEM of one certificate' }
}
