/** What CAs have published, out of all sources: their lists, and certificates of CAs below them. */
import { X509Certificate } from 'node:crypto'
import type { Crl } from '../encoding/crl.ts'
import { pemBlocks } from '../encoding/pem.ts'
import { parse, type ParsedCertificate } from './parsed.ts'
import { StatusBook } from './status-book.ts'
import { type StatusSource, statusSource } from './status-source.ts'

export class PublishedStatus {
  readonly #sources: readonly StatusSource[]
  readonly #book = new StatusBook()
  readonly #learned = new Map<StatusSource, readonly ParsedCertificate[]>()
  readonly #unread = new Map<StatusSource, string>()

  /** Paths and http(s) URLs. */
  constructor(locations: readonly string[]) {
    this.#sources = locations.map(statusSource)
  }

  /** Takes in what is new. Never throws: what was known stays. */
  look(): void {
    for (const source of this.#sources) {
      const content = source.look()
      if (content === undefined) continue
      try {
        this.#book.offer(source.name, content)
        this.#learned.set(source, parseAll(content.toString('latin1')))
        this.#unread.delete(source)
      } catch {
        this.#unread.set(source, `${source.name} is neither a CRL nor PEM`)
      }
    }
  }

  /** Resolves when every source has been read once more. */
  async refresh(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.refresh()))
    this.look()
  }

  get intermediates(): readonly ParsedCertificate[] {
    return [...this.#learned.values()].flat()
  }

  /** The newest list that the CA has signed; `undefined` if there is none. */
  listOf(ca: ParsedCertificate): Crl | undefined {
    return this.#book.of(ca)
  }

  /** Nothing was ever read: what would lead from a certificate to a root may be missing. */
  get isUnread(): boolean {
    return this.#learned.size === 0 && this.#sources.length > 0
  }

  /** Sentences that say what cannot be read. */
  get problems(): readonly string[] {
    return this.#sources.flatMap((source) => source.problem ?? this.#unread.get(source) ?? [])
  }
}

/** Throws TypeError. */
export function parseAll(pem: string): ParsedCertificate[] {
  try {
    return pemBlocks('CERTIFICATE', pem).map((der) => parse(new X509Certificate(der)))
  } catch (cause) {
    throw new TypeError('not PEM certificates', { cause })
  }
}
