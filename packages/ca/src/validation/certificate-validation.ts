/**
 * Path validation and revocation for servers. A path is checked once per leaf; what changes with
 * time, validity and revocation, is looked up at every request, in memory. So a certificate revoked
 * while its connection is open is refused on that connection's next request, resumed or not.
 */
import { X509Certificate } from 'node:crypto'
import { MalformedDer } from '../der.ts'
import { pemBlocks } from '../pem.ts'
import { parse, type ParsedCertificate } from './parsed.ts'
import { expiry, findPath, isRefusal, nameOf, type Path } from './path.ts'
import { StatusBook } from './status-book.ts'
import { type StatusSource, statusSource } from './status-source.ts'
import { type Purpose, refuse, type Refusal, type Verdict } from './verdict.ts'

export interface ValidationOptions {
  /** PEM, one or more: what is trusted. */
  readonly roots: string
  /** PEM of CAs that peers need not send. They are believed only as far as a root has signed them. */
  readonly intermediates?: string
  /**
   * Where CRLs are: files or http(s) URLs, each one DER CRL, or PEM with any number of CRLs and
   * intermediate CA certificates, such as the authority's `status.pem`.
   */
  readonly status: readonly string[]
  /** `strict`, if absent: without a CRL in force of every CA in the path it refuses. */
  readonly policy?: 'strict' | 'soft'
  /** Between two fetches of a URL; 1 if absent. */
  readonly refreshSeconds?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface CertificateValidation {
  /** Synchronous and never throws: microseconds for a leaf that was seen before. */
  validate(
    leaf: X509Certificate,
    intermediates: readonly X509Certificate[],
    purpose: Purpose,
    at?: number,
  ): Verdict
  /** Resolves when every source has been read once more; to be awaited before listening. */
  refresh(): Promise<void>
  /** Sentences that say why status cannot be told now; none: ready. */
  problems(): readonly string[]
  /** Ends the fetching. */
  close(): void
}

/** A leaf and its path are about 10 kB. */
const REMEMBERED = 5_000
/** How far a CA's clock may be ahead of ours, in milliseconds. */
const AHEAD = 5 * 60_000

/** Throws TypeError if `roots` or `intermediates` is not PEM. */
export function certificateValidation(options: ValidationOptions): CertificateValidation {
  const { policy = 'strict', now = Date.now } = options
  const roots = parseAll(options.roots)
  if (roots.length === 0) throw new TypeError('roots has no PEM certificate')
  const configured = parseAll(options.intermediates ?? '')
  const sources = options.status.map(statusSource)
  const learned = new Map<StatusSource, readonly ParsedCertificate[]>()
  const unread = new Map<StatusSource, string>()
  const book = new StatusBook()
  const paths = new Map<string, Path>()

  function look(): void {
    for (const source of sources) {
      const content = source.look()
      if (content === undefined) continue
      try {
        book.offer(source.name, content)
        learned.set(source, parseAll(content.toString('latin1')))
        unread.delete(source)
      } catch {
        unread.set(source, `${source.name} is neither a CRL nor PEM`) // what was known stays
      }
    }
  }

  function pathOf(
    leaf: X509Certificate,
    sent: readonly X509Certificate[],
    { purpose, at }: { readonly purpose: Purpose; readonly at: number },
  ): Path | Refusal {
    const key = `${leaf.fingerprint256} ${purpose}`
    const known = paths.get(key)
    if (known && !expiry(known, at)) return known
    const intermediates = [...configured, ...[...learned.values()].flat(), ...sent.map(parse)]
    const found = findPath(parse(leaf), { roots, intermediates, purpose, at })
    if (isRefusal(found)) return found
    if (paths.size >= REMEMBERED) paths.delete(paths.keys().next().value ?? '')
    paths.set(key, found)
    return found
  }

  function statusOf(path: Path, at: number): Refusal | undefined {
    for (const [index, issuer] of path.slice(1).entries()) {
      const certificate = path[index]
      const refusal = certificate && checkRevoked(certificate, issuer, at)
      if (refusal) return refusal
    }
    return undefined
  }

  function checkRevoked(
    certificate: ParsedCertificate,
    issuer: ParsedCertificate,
    at: number,
  ): Refusal | undefined {
    const crl = book.of(issuer)
    if (crl?.entries.has(certificate.serial)) {
      return refuse('revoked', `${nameOf(certificate)} is revoked`)
    }
    if (policy === 'soft') return undefined
    const missing = crl ? ageOf(crl, at) : 'is not there'
    return missing === undefined
      ? undefined
      : {
          ...refuse('noRevocationList', `the CRL of ${nameOf(issuer)} ${missing}`),
          unavailable: true,
        }
  }

  function validate(
    leaf: X509Certificate,
    intermediates: readonly X509Certificate[],
    purpose: Purpose,
    at = now(),
  ): Verdict {
    look()
    try {
      const path = pathOf(leaf, intermediates, { purpose, at })
      return isRefusal(path) ? path : (statusOf(path, at) ?? { ok: true })
    } catch (cause) {
      // Whoever asks is inside a request: what OpenSSL or we cannot read is refused, never thrown.
      const why = cause instanceof MalformedDer ? cause.message : 'OpenSSL refuses it'
      return refuse('unreadable', `a certificate cannot be read: ${why}`)
    }
  }

  function problems(): readonly string[] {
    look()
    const unreadable = sources.flatMap((source) => source.problem ?? unread.get(source) ?? [])
    const authorities = [...roots, ...configured, ...[...learned.values()].flat()]
    const stale = authorities.flatMap((ca) => {
      const crl = book.of(ca)
      const missing = crl ? ageOf(crl, now()) : 'is not there'
      return missing === undefined ? [] : [`the CRL of ${nameOf(ca)} ${missing}`]
    })
    return policy === 'soft' ? [] : [...unreadable, ...stale]
  }

  async function refresh(): Promise<void> {
    await Promise.all(sources.map((source) => source.refresh()))
    look()
  }

  const timer = setInterval(() => void refresh(), (options.refreshSeconds ?? 1) * 1000)
  timer.unref()
  return { validate, refresh, problems, close: () => clearInterval(timer) }
}

function ageOf(
  { thisUpdate, nextUpdate }: { readonly thisUpdate: number; readonly nextUpdate: number },
  at: number,
): string | undefined {
  // RFC 5280 §6.3.3 (a): a list is of use until nextUpdate.
  if (at >= nextUpdate) return `was good until ${new Date(nextUpdate).toISOString()}`
  if (at < thisUpdate - AHEAD) return `begins on ${new Date(thisUpdate).toISOString()}`
  return undefined
}

function parseAll(pem: string): ParsedCertificate[] {
  try {
    return pemBlocks('CERTIFICATE', pem).map((der) => parse(new X509Certificate(der)))
  } catch (cause) {
    throw new TypeError('not PEM certificates', { cause })
  }
}
