/** Certificates and keys of PEM files; what is none is refused by the file's name. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { AuthorityError } from '../error.ts'
import { keyTypeOf } from '../encoding/key-types.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** All certificates of a PEM file, of which there is at least one. */
export function parseCertificates(file: string, text: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? []
  try {
    if (blocks.length === 0) throw new Error('no PEM block')
    return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw corrupt(file, 'is not a PEM certificate', cause)
  }
}

export function parseCertificate(file: string, text: string): X509Certificate {
  const [certificate, ...more] = parseCertificates(file, text)
  if (!certificate || more.length > 0) throw corrupt(file, 'holds more than one certificate')
  return certificate
}

export function parseKey(file: string, text: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch (cause) {
    throw corrupt(file, 'is not a PEM private key without a passphrase', cause)
  }
  if (!keyTypeOf(key))
    throw corrupt(file, 'is not a P-256, P-384, Ed25519 or 2048, 3072 or 4096 bit RSA key')
  return key
}

function corrupt(file: string, problem: string, cause?: unknown): AuthorityError {
  const remedy = 'Put the right file back, or move it and its pair away to have new ones made'
  return new AuthorityError({ code: 'corrupt', file, problem, remedy }, cause)
}
