/** RFC 9440: `Client-Cert: :MIIB…:` and `Client-Cert-Chain: :MIIB…:, :MIIC…:`. */
import type { X509Certificate } from 'node:crypto'
import { MOST_INTERMEDIATES } from '../presented.ts'
import { fromDer, type Parsed } from './certificates.ts'

// RFC 8941 §4.2.7: padding may be missing. The thumbprint is of the bytes, so that no harm is in it.
// White space is read here: to split at commas with white space around them takes the square of it.
const BYTE_SEQUENCE = /^[ \t]*:([A-Za-z0-9+/]+={0,2}):[ \t]*$/

/** @param chain the values of every Client-Cert-Chain field: together they are one list */
export function fromClientCert(leaf: string, chain: readonly string[]): Parsed {
  const certificate = fromByteSequence(leaf)
  if (!certificate)
    return { malformed: 'Client-Cert is not a Byte Sequence that holds one certificate' }
  const members = chain.length === 0 ? [] : chain.join(',').split(',')
  const intermediates = members
    .slice(0, MOST_INTERMEDIATES)
    .flatMap((m) => fromByteSequence(m) ?? [])
  if (intermediates.length !== members.length)
    return {
      malformed: `Client-Cert-Chain is not a list of at most ${MOST_INTERMEDIATES} certificates`,
    }
  return { leaf: certificate, intermediates }
}

function fromByteSequence(text: string): X509Certificate | undefined {
  const [, base64] = BYTE_SEQUENCE.exec(text) ?? []
  return base64 === undefined ? undefined : fromDer(Buffer.from(base64, 'base64'))
}
