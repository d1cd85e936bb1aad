import type { X509Certificate } from 'node:crypto'
import type { ClientCertificate } from '../facts.ts'
import { sha256 } from '../jose/hash.ts'

/** The thumbprint is that of the DER (RFC 8705 §3.1), however the certificate was written. */
export const certificateFacts = (leaf: X509Certificate): ClientCertificate => ({
  thumbprint: sha256(leaf.raw),
  notBefore: timeOf(leaf.validFrom, leaf.validFromDate),
  notAfter: timeOf(leaf.validTo, leaf.validToDate),
})

// For a time that cannot be read Node's text says so; its date is what happened to be in memory.
const timeOf = (text: string, date: X509Certificate['validToDate']): number =>
  text.endsWith(' GMT') ? date.getTime() : NaN
