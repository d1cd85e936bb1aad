/**
 * From a certificate to a root (RFC 5280 §6.1). Whose a certificate is, OpenSSL says, one pair at a
 * time; what each certificate of the path must be is the list of `rules.ts`. Between the two is only
 * the search below: docs/decisions/0004-certificate-validation.md says why it is here.
 */
import type { ParsedCertificate } from './parsed.ts'
import { CA_RULES, checkAll, checkSigned, type Circumstances, LEAF_RULES } from './rules.ts'
import { CLAUSES, refuse, type Refusal, nameOf } from './verdict.ts'

/** The leaf first, the root last. */
export type Path = readonly ParsedCertificate[]

export interface Question extends Circumstances {
  readonly roots: readonly ParsedCertificate[]
  readonly intermediates: readonly ParsedCertificate[]
}

/** Certificates in a path, root included. Real ones have three or four. */
const LONGEST = 6
/**
 * Signatures that are verified for one certificate. A peer that sends nine CAs of one name and key has
 * made some ten thousand paths, and would have us walk them all.
 */
const MOST_SIGNATURES = 50

interface Search extends Question {
  /** Signatures that may still be verified. */
  left: number
}

/** Of several paths the first that is good throughout; if none is, what is wrong with the best. */
export function findPath(leaf: ParsedCertificate, question: Question): Path | Refusal {
  return (
    checkAll(LEAF_RULES, leaf, { ...question, below: [] }) ??
    extend([leaf], { ...question, left: MOST_SIGNATURES })
  )
}

export function isRefusal(result: Path | Refusal): result is Refusal {
  return !Array.isArray(result)
}

function extend(path: Path, search: Search): Path | Refusal {
  const { roots, intermediates } = search
  const child = path.at(-1)
  if (!child) return refuse('noIssuer', 'no certificate')
  let worst: Refusal = refuse('noIssuer', `nobody known has signed ${nameOf(child)}`)
  for (const issuer of [...roots, ...intermediates]) {
    if (!issuer.subject.equals(child.issuer) || path.length >= LONGEST) continue
    if (path.some(({ fingerprint }) => fingerprint === issuer.fingerprint)) continue
    if (search.left === 0) return refuse('noIssuer', 'too many CAs bear one name')
    search.left -= 1
    const refusal =
      checkSigned(child, issuer) ?? checkAll(CA_RULES, issuer, { ...search, below: path })
    if (refusal) {
      // Whoever only bears the issuer's name has less to say than the issuer itself.
      if (refusal.clause !== CLAUSES.signature || worst.clause === CLAUSES.noIssuer) worst = refusal
      continue
    }
    const longer = [...path, issuer]
    if (roots.includes(issuer)) return longer
    const result = extend(longer, search)
    if (!isRefusal(result)) return result
    worst = result
  }
  return worst
}
