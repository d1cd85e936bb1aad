/** The names of a certificate as text, as `tls_client_auth_subject_dn` and its like are written. */
import type { X509Certificate } from 'node:crypto'
import { type AlternativeNames, readAlternativeNames } from './alternative-names.ts'
import { EXTENSION, fieldsOf } from './certificate-fields.ts'
import { decodeName } from './distinguished-name.ts'
import { formatName } from './rfc4514.ts'

/** RFC 4514; empty for an empty subject. */
export function subjectOf(certificate: Pick<X509Certificate, 'raw'>): string {
  return formatName(decodeName(fieldsOf(certificate).subject))
}

export function alternativeNamesOf(certificate: Pick<X509Certificate, 'raw'>): AlternativeNames {
  const extension = fieldsOf(certificate).extensions.get(EXTENSION.subjectAltName)
  return extension ? readAlternativeNames(extension).names : {}
}
