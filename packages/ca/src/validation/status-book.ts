/**
 * The CRLs a server knows. A list is believed for a CA only if that CA's key has signed it, and an
 * older one never takes the place of a newer (RFC 5280 §5.2.3), or whoever can replay a file could
 * take a revocation back.
 */
import { type Crl, decodeCrl } from '../encoding/crl.ts'
import { pemBlocks } from '../encoding/pem.ts'
import { isSignedBy } from '../encoding/signature.ts'
import type { ParsedCertificate } from './parsed.ts'

export class StatusBook {
  /** By the hexadecimal name of the issuer, not yet believed. */
  readonly #offered = new Map<string, readonly Crl[]>()
  /** By the fingerprint of the CA certificate, believed. */
  readonly #believed = new Map<string, Crl | undefined>()
  /** By the fingerprint of the CA certificate: the highest number ever believed. */
  readonly #highest = new Map<string, Crl>()

  /** PEM with any number of CRLs, or one CRL as DER. Throws MalformedDer. */
  offer(source: string, content: Buffer): void {
    const isDer = content[0] === 0x30
    const lists = isDer ? [content] : pemBlocks('X509 CRL', content.toString('latin1'))
    const crls = lists.map(decodeCrl)
    this.#offered.set(source, crls)
    this.#believed.clear()
  }

  /** The newest list that the CA has signed; `undefined` if there is none. */
  of(ca: ParsedCertificate): Crl | undefined {
    const { fingerprint } = ca
    if (this.#believed.has(fingerprint)) return this.#believed.get(fingerprint)
    const known = this.#highest.get(fingerprint)
    const signed = [...this.#offered.values()]
      .flat()
      .filter((crl) => crl.issuer.equals(ca.subject) && isNewer(crl, known))
      // RFC 5280 §6.3.3 (f), (g): the CA may sign lists, and has signed this one.
      .filter((crl) => ca.may?.('cRLSign') === true && isSignedBy(crl.signed, ca.publicKey))
    const newest = signed.reduce<Crl | undefined>(
      (best, crl) => (isNewer(crl, best) ? crl : best),
      known,
    )
    if (newest) this.#highest.set(fingerprint, newest)
    this.#believed.set(fingerprint, newest)
    return newest
  }
}

function isNewer(crl: Crl, than: Crl | undefined): boolean {
  return !than || crl.number > than.number
}
