/**
 * Whether a certificate leads to a root, and may do what it is used for (RFC 5280 §6.1). Signatures,
 * names and key identifiers are compared by OpenSSL (`verify`, `checkIssued`); what it does not do
 * one certificate at a time is here, and whatever is not understood here is refused:
 * docs/decisions/0004-certificate-validation.md says why, and what it is held against.
 */
import { EXTENSION } from '../certificate-fields.ts'
import { EXTENDED_KEY_USAGE } from '../profiles.ts'
import { isAcceptableSignature, weaknessOf } from '../signature.ts'
import type { ParsedCertificate } from './parsed.ts'
import { type Purpose, refuse, type Refusal } from './verdict.ts'

/** The leaf first, the root last. */
export type Path = readonly ParsedCertificate[]

export interface Question {
  readonly roots: readonly ParsedCertificate[]
  readonly intermediates: readonly ParsedCertificate[]
  readonly purpose: Purpose
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Certificates in a path, root included. Real ones have three or four. */
const LONGEST = 6

/** Of several paths the first that is good throughout; if none is, what is wrong with the best. */
export function findPath(leaf: ParsedCertificate, question: Question): Path | Refusal {
  return checkLeaf(leaf, question) ?? extend([leaf], question)
}

export function isRefusal(result: Path | Refusal): result is Refusal {
  return !Array.isArray(result)
}

/** `undefined`: all are valid at the time. */
export function expiry(path: Path, at: number): Refusal | undefined {
  const out = path.find(({ from, to }) => at < from || at > to)
  if (!out) return undefined
  const when =
    at > out.to ? `has expired on ${iso(out.to)}` : `is not valid before ${iso(out.from)}`
  return refuse('expired', `${nameOf(out)} ${when}`)
}

function extend(path: Path, question: Question): Path | Refusal {
  const { roots, intermediates } = question
  const child = path.at(-1)
  if (!child) return refuse('noIssuer', 'no certificate')
  let worst: Refusal = refuse('noIssuer', `nobody known has signed ${nameOf(child)}`)
  for (const issuer of [...roots, ...intermediates]) {
    if (!issuer.subject.equals(child.issuer) || path.length >= LONGEST) continue
    if (path.some(({ fingerprint }) => fingerprint === issuer.fingerprint)) continue
    const refusal = checkSigned(child, issuer) ?? checkCa(issuer, path, question)
    if (refusal) {
      // Whoever only bears the issuer's name has less to say than the issuer itself.
      if (refusal.clause !== SIGNATURE || worst.clause === NO_ISSUER) worst = refusal
      continue
    }
    const longer = [...path, issuer]
    if (roots.includes(issuer)) return longer
    const result = extend(longer, question)
    if (!isRefusal(result)) return result
    worst = result
  }
  return worst
}

const SIGNATURE = refuse('signature', '').clause
const NO_ISSUER = refuse('noIssuer', '').clause

// oxfmt-ignore
/** Understood in the sense of RFC 5280 §4.2: a critical extension that is not here refuses. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints, EXTENSION.keyUsage, EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  // No policy is asked for (user-initial-policy-set is any-policy), so every policy will do.
  EXTENSION.certificatePolicies,
])

function checkLeaf(leaf: ParsedCertificate, { purpose, at }: Question): Refusal | undefined {
  const named = nameOf(leaf)
  if (leaf.ca) return refuse('leafIsCa', `${named} is the certificate of a CA`)
  // TLS 1.3 and the suites of FAPI 2.0 for TLS 1.2 only ever sign.
  if (leaf.may?.('digitalSignature') === false) {
    return refuse('wrongKeyUsage', `the key of ${named} may not sign`)
  }
  return checkAny(leaf) ?? checkPurpose(leaf, purpose) ?? expiry([leaf], at)
}

function checkCa(ca: ParsedCertificate, below: Path, question: Question): Refusal | undefined {
  const named = nameOf(ca)
  if (!ca.ca) return refuse('notCa', `${named} is not a CA and has signed a certificate`)
  if (ca.may?.('keyCertSign') !== true) {
    return refuse('mayNotSign', `${named} may not sign certificates`)
  }
  // RFC 5280 §6.1.4 (l): self-issued certificates below do not count, the leaf does not either.
  const depth = below.slice(1).filter(({ subject, issuer }) => !subject.equals(issuer)).length
  if (ca.pathLength !== undefined && depth > ca.pathLength) {
    return refuse(
      'pathTooLong',
      `${named} allows ${ca.pathLength} CAs below it, there are ${depth}`,
    )
  }
  if (ca.extensions.has(EXTENSION.nameConstraints)) {
    return refuse('nameConstraints', `${named} has name constraints, which are not understood here`)
  }
  return checkAny(ca) ?? checkPurpose(ca, question.purpose) ?? expiry([ca], question.at)
}

/** Asked of leaf and CA alike. */
function checkAny(any: ParsedCertificate): Refusal | undefined {
  const named = nameOf(any)
  const unknown = [...any.critical].find((oid) => !UNDERSTOOD.has(oid))
  if (unknown) return refuse('unknownCritical', `${named} has the critical extension ${unknown}`)
  const weakness = weaknessOf(any.publicKey)
  return weakness === undefined ? undefined : refuse('weakKey', `${named} has ${weakness}`)
}

function checkPurpose({ purposes, ...rest }: ParsedCertificate, purpose: Purpose) {
  const wanted = purpose === 'client' ? 'clientAuth' : 'serverAuth'
  // As OpenSSL: anyExtendedKeyUsage is not enough, no extension is no restriction.
  if (!purposes || purposes.includes(EXTENDED_KEY_USAGE[wanted])) return undefined
  return refuse('wrongPurpose', `${nameOf(rest)} is not for ${wanted}`)
}

function checkSigned(child: ParsedCertificate, issuer: ParsedCertificate): Refusal | undefined {
  const { signatureAlgorithm, signatureAlgorithmOid } = child.certificate
  if (!isAcceptableSignature(signatureAlgorithmOid)) {
    return refuse('weakAlgorithm', `${nameOf(child)} is signed with ${signatureAlgorithm}`)
  }
  if (!child.certificate.verify(issuer.publicKey)) {
    return refuse(
      'signature',
      `${nameOf(child)} is not signed by the ${nameOf(issuer)} that is known`,
    )
  }
  if (issuer.may?.('keyCertSign') === false || child.certificate.checkIssued(issuer.certificate)) {
    return undefined
  }
  return refuse('wrongIssuerKey', `${nameOf(child)} names another key of ${nameOf(issuer)}`)
}

/** Node writes attributes in lines; a reason is one. Control characters would forge log lines. */
export function nameOf({ certificate }: Pick<ParsedCertificate, 'certificate'>): string {
  const text = (certificate.subject ?? '').replaceAll(/\p{Cc}+/gu, ', ')
  return text.slice(0, 200) || '(no name)'
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
