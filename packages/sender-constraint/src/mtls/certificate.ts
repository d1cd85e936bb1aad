import type { X509Certificate } from 'node:crypto'
import type { ClientCertificate } from '../facts.ts'
import { sha256 } from '../jose/hash.ts'

/** The thumbprint is that of the DER (RFC 8705 §3.1), however the certificate was written. */
export const certificateFacts = (leaf: X509Certificate): ClientCertificate => ({
  thumbprint: sha256(leaf.raw),
  notBefore: leaf.validFromDate.getTime(),
  notAfter: leaf.validToDate.getTime(),
})
