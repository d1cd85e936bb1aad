/** What a server is told: yes, or no with the sentence of the specification that says so. */
import type { X509Certificate } from 'node:crypto'

export type Purpose = 'client' | 'server'

// oxfmt-ignore
export const CLAUSES = {
  unreadable:        'RFC5280-4.1',
  weakAlgorithm:     'RFC5280-6.1.3-a1',
  signature:         'RFC5280-6.1.3-a1',
  expired:           'RFC5280-6.1.3-a2',
  revoked:           'RFC5280-6.1.3-a3',
  noIssuer:          'RFC5280-6.1.3-a4',
  weakKey:           'FAPI2SP-5.4.1-2',
  wrongIssuerKey:    'RFC5280-4.2.1.1',
  unknownCritical:   'RFC5280-4.2',
  wrongKeyUsage:     'RFC5280-4.2.1.3',
  leafIsCa:          'RFC5280-4.2.1.9',
  wrongPurpose:      'RFC5280-4.2.1.12',
  notCa:             'RFC5280-6.1.4-k',
  pathTooLong:       'RFC5280-6.1.4-m',
  mayNotSign:        'RFC5280-6.1.4-n',
  nameConstraints:   'RFC5280-6.1.4-g',
  noRevocationList:  'RFC5280-6.3.3',
} as const

export type ValidationClause = (typeof CLAUSES)[keyof typeof CLAUSES]

export interface Refusal {
  readonly ok: false
  readonly clause: ValidationClause
  /** For a human and the log; names no key. */
  readonly reason: string
  /**
   * Nothing is known against the certificate: what is missing is a list that is not ours to make.
   * A server answers 503 with Retry-After, and is not ready.
   */
  readonly unavailable?: true
}

export type Verdict = { readonly ok: true } | Refusal

export function refuse(what: keyof typeof CLAUSES, reason: string): Refusal {
  return { ok: false, clause: CLAUSES[what], reason }
}

/** Node writes attributes in lines; a reason is one. Control characters would forge log lines. */
export function nameOf({ certificate }: { readonly certificate: X509Certificate }): string {
  const text = (certificate.subject ?? '').replaceAll(/\p{Cc}+/gu, ', ')
  return text.slice(0, 200) || '(no name)'
}
