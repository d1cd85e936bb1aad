/** Certificates out of text that a hop forwards: all of it is certificate, or none of it is. */
import { X509Certificate } from 'node:crypto'
import { MOST_INTERMEDIATES } from '../presented.ts'

/** The client's certificate and what it sent with it, or what is wrong. */
export type Parsed =
  | { readonly leaf: X509Certificate; readonly intermediates: readonly X509Certificate[] }
  | { readonly malformed: string }

/** `undefined`: not one DER certificate, from the first byte to the last. */
export function fromDer(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der)
    // OpenSSL stops where the certificate ends, and reads PEM as well: both would be a second
    // spelling of the same thumbprint.
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined // that is the finding: the caller refuses it with its clause
  }
}

const BLOCK =
  /-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n)*/y

/** The certificates of URL-encoded PEM, in their order; `undefined`: it is anything else. */
export function fromEscapedPem(escaped: string): readonly X509Certificate[] | undefined {
  const pem = unescape(escaped) ?? ''
  const certificates: X509Certificate[] = []
  BLOCK.lastIndex = 0
  while (BLOCK.lastIndex < pem.length) {
    const body = BLOCK.exec(pem)?.[1]
    const certificate = body === undefined ? undefined : fromDer(Buffer.from(body, 'base64'))
    if (!certificate || certificates.length > MOST_INTERMEDIATES) return undefined
    certificates.push(certificate)
  }
  return certificates.length > 0 ? certificates : undefined
}

// Once, as it was encoded once: what is still encoded afterwards is no PEM.
function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
