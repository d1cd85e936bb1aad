/**
 * Path validation and revocation for servers. A path is checked once per leaf; what changes with
 * time, validity and revocation, is looked up at every request, in memory. So a certificate revoked
 * while its connection is open is refused on that connection's next request, resumed or not.
 */
import type { X509Certificate } from 'node:crypto'
import type { Crl } from '../encoding/crl.ts'
import { MalformedDer } from '../encoding/der.ts'
import { parse, type ParsedCertificate } from './parsed.ts'
import { findPath, isRefusal, type Path } from './path.ts'
import { parseAll, PublishedStatus } from './published-status.ts'
import { type Circumstances, expiry } from './rules.ts'
import { nameOf, type Purpose, refuse, type Refusal, type Verdict } from './verdict.ts'

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
  /** Sentences that say of which authorities no list is in force; none: ready. */
  missing(): readonly string[]
  /** Those, and which sources cannot be read, though what they last said may still be in force. */
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
  const published = new PublishedStatus(options.status)
  const paths = new Map<string, Path>()

  function pathOf(
    leaf: X509Certificate,
    sent: readonly X509Certificate[],
    { purpose, at }: Circumstances,
  ): Path | Refusal {
    const key = `${leaf.fingerprint256} ${purpose}`
    const known = paths.get(key)
    if (known && !expiry(known, at)) return known
    const intermediates = [...configured, ...published.intermediates, ...sent.map(parse)]
    const found = findPath(parse(leaf), { roots, intermediates, purpose, at })
    if (isRefusal(found)) return found
    if (paths.size >= REMEMBERED) paths.delete(paths.keys().next().value ?? '')
    paths.set(key, found)
    return found
  }

  function statusOf(path: Path, at: number): Refusal | undefined {
    for (const [index, issuer] of path.slice(1).entries()) {
      const certificate = path[index]
      const list = published.listOf(issuer)
      if (certificate && list?.entries.has(certificate.serial)) {
        return refuse('revoked', `${nameOf(certificate)} is revoked`)
      }
      const problem = policy === 'soft' ? undefined : problemOf(list, issuer, at)
      if (problem !== undefined) {
        return { ...refuse('noRevocationList', problem), unavailable: true }
      }
    }
    return undefined
  }

  function validate(
    leaf: X509Certificate,
    intermediates: readonly X509Certificate[],
    purpose: Purpose,
    at = now(),
  ): Verdict {
    published.look()
    try {
      const path = pathOf(leaf, intermediates, { purpose, at })
      if (isRefusal(path)) return published.isUnread ? { ...path, unavailable: true } : path
      return statusOf(path, at) ?? { ok: true }
    } catch (cause) {
      // Whoever asks is inside a request: what OpenSSL or we cannot read is refused, never thrown.
      const why = cause instanceof MalformedDer ? cause.message : 'OpenSSL refuses it'
      return refuse('unreadable', `a certificate cannot be read: ${why}`)
    }
  }

  function missing(): readonly string[] {
    published.look()
    if (policy === 'soft') return []
    const authorities = [...roots, ...configured, ...published.intermediates]
    return authorities.flatMap((ca) => problemOf(published.listOf(ca), ca, now()) ?? [])
  }

  function problems(): readonly string[] {
    const lists = missing()
    return policy === 'soft' ? [] : [...published.problems, ...lists]
  }

  const refresh = () => published.refresh()
  const timer = setInterval(() => void refresh(), (options.refreshSeconds ?? 1) * 1000)
  timer.unref()
  return { validate, refresh, missing, problems, close: () => clearInterval(timer) }
}

/** `undefined`: the list is in force. */
function problemOf(list: Crl | undefined, ca: ParsedCertificate, at: number): string | undefined {
  const missing = list ? ageOf(list, at) : 'is not there'
  return missing === undefined ? undefined : `the CRL of ${nameOf(ca)} ${missing}`
}

function ageOf({ thisUpdate, nextUpdate }: Crl, at: number): string | undefined {
  // RFC 5280 §6.3.3 (a): a list is of use until nextUpdate.
  if (at >= nextUpdate) return `was good until ${new Date(nextUpdate).toISOString()}`
  if (at < thisUpdate - AHEAD) return `begins on ${new Date(thisUpdate).toISOString()}`
  return undefined
}
